package policy

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/fairwaygw/fairway/llm"
	claude "github.com/fairwaygw/fairway/llm/anthropic"
	"github.com/fairwaygw/fairway/llm/bedrock"
	command "github.com/fairwaygw/fairway/llm/cohere"
	google "github.com/fairwaygw/fairway/llm/gemini"
	llama "github.com/fairwaygw/fairway/llm/ollama"
	chat "github.com/fairwaygw/fairway/llm/openai"
	answers "github.com/fairwaygw/fairway/llm/responses"
)

var update = flag.Bool("update", false, "write docs/dialects.md")

// knows is a model that can do all, but for what a change takes away.
func knows(change func(*llm.ModelFacts)) llm.ModelFacts {
	f := llm.ModelFacts{
		Known: true, ContextWindow: 1_000_000, MaxOutput: 100_000, Reasoning: true, StructuredOutput: true, Tools: true,
		ImageInput: true, DocumentInput: true, AudioInput: true,
	}
	if change != nil {
		change(&f)
	}
	return f
}

func plain(f *llm.ModelFacts) { f.Reasoning = false }
func still(f *llm.ModelFacts) { f.NoSampling = true }

// textOnly is a model that does nothing but converse.
func textOnly(f *llm.ModelFacts) {
	*f = llm.ModelFacts{Known: true, ContextWindow: 1_000_000, MaxOutput: 100_000, Tools: true}
}

// upstreams are the dialects with the targets that fates are looked at for.
var upstreams = map[string]struct {
	llm.Dialect
	targets []llm.Target
}{
	"openai": {chat.Dialect{}, []llm.Target{
		{Model: "gpt-4.1", Vendor: "openai", Facts: knows(plain)},
		{Model: "gpt-5.5", Vendor: "openai", Facts: knows(still)},
		{Model: "mistral-large", Vendor: "mistral", Facts: knows(plain)},
		{Model: "some", Vendor: "openrouter", Facts: knows(nil)},
		{Model: "some", Vendor: "vllm", Facts: knows(textOnly)},
		{Model: "some"},
	}},
	"responses": {answers.Dialect{}, []llm.Target{
		{Model: "gpt-4.1", Vendor: "openai", Facts: knows(plain)},
		{Model: "gpt-5.5", Vendor: "openai", Facts: knows(still)},
		{Model: "some"},
	}},
	"anthropic": {claude.Dialect{}, []llm.Target{
		{Model: "claude-sonnet-4-5", Vendor: "anthropic", Facts: knows(nil)},
		{Model: "claude-opus-4-8", Vendor: "anthropic", Facts: knows(func(f *llm.ModelFacts) { f.NoSampling, f.Efforts = true, []string{"low", "medium", "high"} })},
		{Model: "claude-3-haiku-20240307", Vendor: "anthropic", Facts: knows(func(f *llm.ModelFacts) { f.Reasoning, f.StructuredOutput = false, false })},
		{Model: "some"},
	}},
	"gemini": {google.Dialect{}, []llm.Target{
		{Model: "gemini-2.5-flash", Vendor: "google", Facts: knows(nil)},
		{Model: "gemini-3.5-flash", Vendor: "google", Facts: knows(nil)},
		{Model: "gemini-2.0-flash", Vendor: "vertex", Facts: knows(plain)},
		{Model: "some", Vendor: "google", Facts: knows(textOnly)},
	}},
	"bedrock": {bedrock.Dialect{}, []llm.Target{
		{Model: "anthropic.claude-sonnet-4-5-20250929-v1:0", Vendor: "amazon-bedrock", Facts: knows(nil)},
		{Model: "anthropic.claude-opus-4-8", Vendor: "amazon-bedrock", Facts: knows(still)},
		{Model: "amazon.nova-pro-v1:0", Vendor: "amazon-bedrock", Facts: knows(plain)},
		{Model: "meta.llama3-1-70b-instruct-v1:0", Vendor: "amazon-bedrock", Facts: knows(textOnly)},
		{Model: "openai.gpt-oss-120b-1:0", Vendor: "amazon-bedrock", Facts: knows(func(f *llm.ModelFacts) { f.ImageInput, f.DocumentInput = false, false })},
	}},
	"cohere": {command.Dialect{}, []llm.Target{
		{Model: "command-a-03-2025", Vendor: "cohere", Facts: knows(textOnly)},
		{Model: "command-a-reasoning-08-2025", Vendor: "cohere", Facts: knows(func(f *llm.ModelFacts) { textOnly(f); f.Reasoning = true })},
		{Model: "command-a-vision-07-2025", Vendor: "cohere", Facts: knows(plain)},
	}},
	"ollama": {llama.Dialect{}, []llm.Target{
		{Model: "some", Vendor: "ollama"},
		{Model: "thinks", Vendor: "ollama-cloud", Facts: knows(nil)},
		{Model: "plain", Vendor: "ollama-cloud", Facts: knows(textOnly)},
	}},
}

var fronts = map[string]llm.Dialect{
	"openai": chat.Dialect{}, "responses": answers.Dialect{}, "anthropic": claude.Dialect{}, "gemini": google.Dialect{},
	"cohere": command.Dialect{}, "ollama": llama.Dialect{},
}

// told is what a target is told of a request, and what is reported of it.
func told(t *testing.T, d llm.Dialect, r *llm.Request, to llm.Target) (body string, reported []string, err error) {
	t.Helper()
	e, err := d.AppendRequest(nil, r, to)
	if err != nil {
		return "", nil, err
	}
	if !json.Valid(e.Body) {
		t.Fatalf("%s writes %s", d.Name(), e.Body)
	}
	for _, f := range e.Dropped {
		reported = append(reported, string(f))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Extra)) {
		if !slices.Contains(e.Extra, name) {
			reported = append(reported, name)
		}
	}
	return string(e.Body) + fmt.Sprint(e.Header), reported, nil
}

// fate compares a request with a field with one without, before all targets of
// a dialect.
func fate(t *testing.T, upstream string, without, with *llm.Request) Fate {
	t.Helper()
	u := upstreams[upstream]
	seen := map[Fate]bool{}
	for _, to := range u.targets {
		base, before, err := told(t, u.Dialect, without, to)
		if err != nil {
			t.Fatalf("%s refuses the request without the field: %v", upstream, err)
		}
		body, after, err := told(t, u.Dialect, with, to)
		more := len(after) > len(before)
		switch {
		case err != nil:
			seen[Refused] = true
		case body == base && more:
			seen[Dropped] = true
		case body == base:
			seen[Implied] = true
		case more:
			seen[Bent] = true
		default:
			seen[Carried] = true
		}
	}
	if len(seen) > 1 {
		return Varies
	}
	for f := range seen {
		return f
	}
	return 0
}

func TestNeutralFields(t *testing.T) {
	t.Parallel()
	for _, n := range Neutrals {
		request := func(set ...func(*llm.Request)) *llm.Request {
			r := &llm.Request{Model: "m", Messages: []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{{Kind: llm.PartText, Text: "hi"}}}}}
			for _, s := range set {
				if s != nil {
					s(r)
				}
			}
			return r
		}
		var got Fates
		for _, u := range Upstreams {
			got += Fates(fate(t, u, request(n.With), request(n.With, n.Set)))
		}
		if got != n.Fates {
			t.Errorf("neutral\t%s\t%s", n.Field, got)
		}
	}
}

// decode reads a body with some more members. refused is set when not even a
// provider of the same dialect gets it.
func decode(t *testing.T, d llm.Dialect, body string, members ...string) (r *llm.Request, refused bool, err error) {
	t.Helper()
	all := map[string]json.RawMessage{}
	for _, text := range append([]string{body}, members...) {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Inspect(text, new(llm.Inspection)); err != nil {
		return nil, true, err
	}
	r, err = d.DecodeRequest(text)
	return r, false, err
}

func TestFrontFields(t *testing.T) {
	t.Parallel()
	for _, front := range Fronts() {
		d := fronts[front.Name]
		for _, f := range front.Fields {
			without, _, err := decode(t, d, front.Body, f.With)
			if err != nil {
				t.Fatalf("%s: %s: without it: %v", front.Name, f.Name, err)
			}
			with, refused, err := decode(t, d, front.Body, f.With, f.Set)
			var got Fates
			for _, u := range Upstreams {
				switch {
				case u == front.Name && !refused:
					got += Fates(Passes)
				case err != nil:
					got += Fates(Refused)
				default:
					got += Fates(fate(t, u, without, with))
				}
			}
			if got != f.Fates {
				t.Errorf("%s\t%s\t%s", front.Name, f.Name, got)
			}
		}
	}
}
