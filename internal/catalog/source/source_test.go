package source

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/ledger"
)

const ownText = `{"vendors":[
 {"vendor":"acme","version":"acme/1","source":"a price list","notice":"https://acme.example/ends","models":[
  {"id":"m-2","context":10,"price":{"input":"1.5","output":"2"},"retires_at":"2030-01-02"},
  {"id":"m-1","context":10,"newer_field":true},
  {"id":"m-1"},
  {"id":"dear","price":{"input":"1000001"}},
  {"id":"float","price":{"input":1.5}},
  {"id":"ends","deprecated_at":"2030-01-02","retires_at":"2029-01-02"},
  {"id":"day","retires_at":"soon"},
  {"id":"a b"},
  {"id":"x","kind":"teapot"},
  {"id":"big","context":1000000001},
  {"id":"mode","modes":{"fast":{"input":"-1"}}},
  "m"]},
 {"vendor":"../acme","version":"v","models":[{"id":"m"}]},
 {"vendor":"acme","version":"v","models":[{"id":"m"}]},
 {"vendor":"blank","models":[{"id":"m"}]},
 {"vendor":"empty","version":"v","models":[]},
 7]}`

const liteText = `{
"sample_spec": {"litellm_provider":"one of them","mode":"one of them","max_tokens":"a number"},
"gpt-x": {"litellm_provider":"openai","mode":"chat","max_input_tokens":272000,"max_output_tokens":"128000","max_tokens":1,
 "input_cost_per_token":1.25e-06,"output_cost_per_token":1e-05,"cache_read_input_token_cost":1.25e-07,
 "input_cost_per_token_above_200k_tokens":2.5e-06,"output_cost_per_token_above_200k_tokens":1.5e-05,
 "input_cost_per_token_priority":2.5e-06,"output_cost_per_token_priority":2e-05,"input_cost_per_token_flex":6.25e-07,
 "supports_function_calling":true,"supports_vision":true,"supports_reasoning":true,"supports_response_schema":true,"deprecation_date":"2030-02-03"},
"gemini/gemini-x": {"litellm_provider":"gemini","mode":"chat","max_tokens":8.192e3,"input_cost_per_token":0,"output_cost_per_token":0.0},
"voyage/v": {"litellm_provider":"voyage","mode":"embedding","max_input_tokens":100,"input_cost_per_token":6e-08,"output_cost_per_token":null},
"whisper-x": {"litellm_provider":"openai","mode":"audio_transcription","input_cost_per_second":0.0001,"output_cost_per_second":0.0001},
"dall-x": {"litellm_provider":"openai","mode":"image_generation","output_cost_per_image":0.04},
"gpt-image-x": {"litellm_provider":"openai","mode":"image_generation","input_cost_per_token":5e-06,"output_cost_per_image_token":4e-05},
"claude-x": {"litellm_provider":"anthropic","mode":"chat","max_input_tokens":200,"max_output_tokens":400,"input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05,
 "cache_creation_input_token_cost":3.75e-06,"cache_creation_input_token_cost_above_1hr":6e-06},
"tavily/search": {"litellm_provider":"tavily","mode":"search","input_cost_per_query":0.008},
"huge": {"litellm_provider":"openai","mode":"chat","input_cost_per_token":1e999999999},
"below": {"litellm_provider":"openai","mode":"chat","input_cost_per_token":-1e-06},
"word": {"litellm_provider":"openai","mode":"chat","input_cost_per_token":"cheap"},
"tiny": {"litellm_provider":"openai","mode":"chat","input_cost_per_token":1e-14,"output_cost_per_token":1e-6},
"dear": {"litellm_provider":"openai","mode":"chat","input_cost_per_token":2},
"day": {"litellm_provider":"openai","mode":"chat","deprecation_date":"soon"},
"nobody": {"litellm_provider":"../x","mode":"chat"},
"list": {"litellm_provider":["openai"],"mode":"chat"},
"\u001b[2Jbare": 7}`

func TestFairway(t *testing.T) {
	t.Parallel()
	c, err := Read([]byte(ownText))
	if err != nil {
		t.Fatal(err)
	}
	want := []catalog.File{{
		Vendor: "acme", Version: "acme/1", Source: "a price list", Notice: "https://acme.example/ends",
		Models: []catalog.Entry{
			{ID: "m-1", Context: 10},
			{ID: "m-2", Context: 10, RetiresAt: "2030-01-02", Price: &catalog.Rates{Rates: ledger.Rates{Input: "1.5", Output: "2"}}},
		},
	}}
	if diff := cmp.Diff(want, c.Vendors); diff != "" || c.Shape != Fairway || c.Partial {
		t.Errorf("%s partial %t: %s", c.Shape, c.Partial, diff)
	}
	refusals(t, c,
		`acme.models.m-1: is there twice`,
		`acme.models[3]: price: reading price input "1000001": too large`,
		`acme.models[4]: price.input: must not be of kind number`,
		`acme.models[5]: retires_at: is before deprecated_at`,
		`acme.models[6]: retires_at: "soon" is not a day such as 2026-07-02`,
		`acme.models[7]: id: "a b" has what no name has`,
		`acme.models[8]: kind: "teapot" is unknown`,
		`acme.models[9]: context: 1000000001 is not a number of tokens from 0 to 1000000000`,
		`acme.models[10]: modes.fast: reading price input "-1": not a plain decimal number such as "0.25"`,
		`acme.models[11]: is not well-formed`,
		`vendors[1].vendor: "../acme" is no vendor's name`,
		`vendors[2]: vendor "acme" is there twice`,
		`blank.version: must be given, in at most 128 bytes that can be seen`,
		`vendors[5]: is not well-formed`,
	)
	// What we write ourselves is read likewise.
	text, err := want[0].Text()
	if err != nil {
		t.Fatal(err)
	}
	c, err = Read(text)
	if err != nil || len(c.Refused) > 0 {
		t.Fatal(err, c.Refused)
	}
	if diff := cmp.Diff(want, c.Vendors); diff != "" {
		t.Error(diff)
	}
}

func refusals(t *testing.T, c *Content, want ...string) {
	t.Helper()
	var got []string
	for _, n := range c.Refused {
		got = append(got, n.String())
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
}

func TestLiteLLM(t *testing.T) {
	t.Parallel()
	c, err := Read([]byte(liteText))
	if err != nil {
		t.Fatal(err)
	}
	price := func(r ledger.Rates) *catalog.Rates { return &catalog.Rates{Rates: r} }
	gpt := price(ledger.Rates{Input: "1.25", Output: "10", CacheRead: "0.125"})
	gpt.Tiers = []ledger.TierRates{{Above: 200_000, Rates: ledger.Rates{Input: "2.5", Output: "15"}}}
	want := []catalog.File{
		{Vendor: "anthropic", Models: []catalog.Entry{{
			ID: "claude-x", Context: 200, MaxOutput: 200,
			Price: price(ledger.Rates{Input: "3", Output: "15", CacheWrite: "3.75", CacheWrite1h: "6"}),
		}}},
		{Vendor: "google", Models: []catalog.Entry{{ID: "gemini-x", Context: 8192, Price: price(ledger.Rates{Input: "0", Output: "0"})}}},
		{Vendor: "openai", Models: []catalog.Entry{
			{ID: "dall-x", Kind: catalog.Image},
			{ID: "gpt-image-x", Kind: catalog.Image, Price: price(ledger.Rates{Input: "5", ImageInput: "?", ImageOutput: "40"})},
			{
				ID: "gpt-x", Context: 272000, MaxOutput: 128000, Input: []string{"image"}, Tools: true, StructuredOutput: true, Reasoning: true,
				Deprecated: true, RetiresAt: "2030-02-03", Price: gpt,
				Modes: map[string]*catalog.Rates{"priority": price(ledger.Rates{Input: "2.5", Output: "20"})},
			},
			{ID: "tiny", Price: price(ledger.Rates{Output: "1"})},
			{ID: "whisper-x", Kind: catalog.Transcription, Price: price(ledger.Rates{AudioMinute: "0.006"})},
		}},
		{Vendor: "voyage", Models: []catalog.Entry{{ID: "v", Kind: catalog.Embedding, Context: 100, Price: price(ledger.Rates{Input: "0.06"})}}},
	}
	if diff := cmp.Diff(want, c.Vendors); diff != "" || c.Shape != LiteLLM || !c.Partial {
		t.Errorf("%s partial %t: %s", c.Shape, c.Partial, diff)
	}
	refusals(t, c,
		`huge.input_cost_per_token: "1e999999999" is no price`,
		`below.input_cost_per_token: "-1e-06" is no price`,
		`word.input_cost_per_token: is no number`,
		`dear: price: reading price input "2000000": too large`,
		`day: retires_at: "soon" is not a day such as 2026-07-02`,
		`nobody.litellm_provider: "../x" is no vendor's name`,
		`list: litellm_provider: must not be of kind array`,
		"\uFFFD[2Jbare: is not well-formed",
	)
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                                "reading the catalog",
		`[]`:                              "reading the catalog",
		`{}`:                              "neither in our own form",
		`{"a":{"b":1}}`:                   "neither in our own form",
		`{"vendors":[]}`:                  "it has no model",
		`{"openai":{"models":{}}}`:        "it has no model",
		`{"openai":{"models":{"m":[]}}}`:  "it has no model that can be used; the first: openai.models.m: is not well-formed",
		`{"m":{"litellm_provider":"x"}}`:  "it has no model",
		`{"vendors":[{"vendor":"x"}]} {}`: "reading the catalog",
	} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

// TestModelsDevAsPublished reads all of a real file.
func TestModelsDevAsPublished(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(published(t))
	if err != nil {
		t.Skipf("the published file is not here: %v", err)
	}
	c, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	models := 0
	for _, f := range c.Vendors {
		models += len(f.Models)
		f.Version = "v"
		if _, err := catalog.New(&f); err != nil {
			t.Error(err)
		}
	}
	if c.Shape != ModelsDev || models < 5000 || len(c.Refused) > 0 {
		t.Errorf("%s: %d models, refused %v", c.Shape, models, c.Refused)
	}
}

// published is where a published api.json of models.dev is, beside the corpus
// of recorded exchanges.
func published(t *testing.T) string {
	t.Helper()
	corpus := os.Getenv("FAIRWAY_CORPUS")
	if corpus == "" {
		corpus = "../../../../shared/corpus"
	}
	return filepath.Join(corpus, "..", "data", "models.dev.json")
}

// fuzz feeds a parser, and looks at what must hold of all it takes.
func fuzz(f *testing.F, shape Shape, seeds ...string) {
	f.Helper()
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		// The shape is told by the text; what is fuzzed here is one parser.
		var top map[string]json.RawMessage
		if json.Unmarshal(text, &top) != nil {
			return
		}
		r := &reader{Content: &Content{}}
		switch shape {
		case Fairway:
			r.fairway(text, top)
		case ModelsDev:
			r.modelsDev(top)
		case LiteLLM:
			r.liteLLM(top)
		}
		for i := range r.Vendors {
			v := &r.Vendors[i]
			if !catalog.ValidVendor(v.Vendor) || len(v.Models) == 0 {
				t.Fatalf("vendor %q with %d models", v.Vendor, len(v.Models))
			}
			if v.Version == "" {
				v.Version = "v"
			}
			if _, err := catalog.New(v); err != nil {
				t.Fatal(err)
			}
			out, err := v.Text()
			if err != nil {
				t.Fatal(err)
			}
			again, err := catalog.Read(out)
			if err != nil || len(again.Models) != len(v.Models) {
				t.Fatalf("%d models are %v when written and read: %v", len(v.Models), again, err)
			}
		}
	})
}

func FuzzFairway(f *testing.F) {
	fuzz(f, Fairway, ownText, `{"vendor":"x","version":"v","models":[{"id":"m","price":{"input":"1","tiers":[{"above":1,"input":"2"}]}}]}`)
}

func FuzzLiteLLM(f *testing.F) { fuzz(f, LiteLLM, liteText) }

func FuzzModelsDev(f *testing.F) {
	fuzz(f, ModelsDev, `{"anthropic":{"models":{"claude-x-20300101":{"id":"claude-x-20300101","family":"claude","limit":{"context":10,"output":20},
"modalities":{"input":["text","audio"],"output":["text","image"]},"reasoning":true,"reasoning_options":[{"type":"effort","values":[null,"low"]}],
"cost":{"input":1e-1,"output":2.5,"cache_read":0,"tiers":[{"input":1,"output":2,"tier":{"size":5,"type":"context"}}]},
"experimental":{"modes":{"fast":{"cost":{"input":6,"output":30},"provider":{"body":{"speed":"fast"}}}}}}}},"openrouter":{"models":{"anthropic/claude-x":{"structured_output":true}}}}`)
}
