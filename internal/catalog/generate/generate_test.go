package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fixture = `{
"anthropic": {"models": {
 "claude-x-1-20300101": {"id":"claude-x-1-20300101","family":"claude-x","tool_call":true,"reasoning":true,"temperature":false,
  "limit":{"context":1000,"output":100},"modalities":{"input":["text","pdf"],"output":["text"]},
  "reasoning_options":[{"type":"toggle"},{"type":"effort","values":[null,"low"]}],
  "cost":{"input":3.0,"output":15.0,"cache_read":0.3,"cache_write":3.75},
  "experimental":{"modes":{
   "fast":{"cost":{"input":6,"output":30},"provider":{"body":{"speed":"fast"}}},
   "odd":{"cost":{"input":6,"output":30},"provider":{"body":{"a":"b","c":"d"}}}}}},
 "claude-slip": {"id":"claude-slip","family":"claude-x","limit":{"context":1,"output":1},"modalities":{"input":["text"],"output":["text"]},
  "cost":{"input":3,"output":15,"cache_write":0.3}}}},
"google": {"models": {
 "g-free": {"id":"g-free","limit":{"context":1,"output":1},"modalities":{"input":["text"],"output":["text"]}},
 "g-tiers": {"id":"g-tiers","status":"deprecated","limit":{"context":10,"input":5,"output":1},"modalities":{"input":["text","audio"],"output":["text"]},
  "cost":{"input":1.25,"output":10,"cache_read":0,"tiers":[{"input":2.5,"output":15,"input_audio":9,"tier":{"size":200000,"type":"context"}}]}},
 "g-paints": {"id":"g-paints","limit":{"context":10,"output":1},"modalities":{"input":["text"],"output":["text","image"]},"cost":{"input":1e-1,"output":30}},
 "g-speaks": {"id":"g-speaks","limit":{"context":10,"output":1},"modalities":{"input":["text"],"output":["audio"]},"cost":{"input":1,"output":30}}}},
"openai": {"models": {
 "o": {"id":"o","structured_output":true,"temperature":false,"limit":{"context":10,"output":1},"modalities":{"input":["text"],"output":["text"]},
  "cost":{"input":0.0833333333,"output":1}}}},
"openrouter": {"models": {"anthropic/claude-x.1": {"id":"anthropic/claude-x.1","structured_output":true}}}
}`

// announced is what a vendor has announced of its models.
const announced = `[{"vendor":"openai","notice":"https://openai.example/ends","as_of":"2030-01-01","models":[{"ids":["o"],"deprecated_at":"2029-01-01","retires_at":"2031-01-01","successor":"p"}]}]`

func generate(t *testing.T, text string, notes io.Writer) (dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	api := filepath.Join(dir, "api.json")
	if err := os.WriteFile(api, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, run([]string{"-commit", "abc", "-date", "2030-01-02", "-dir", dir, "-vendors", "anthropic,google,openai", api}, []byte(announced), notes)
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	var notes strings.Builder
	dir, err := generate(t, fixture, &notes)
	if err != nil {
		t.Fatal(err)
	}
	head := func(vendor string) string {
		return "{\n\"vendor\": \"" + vendor + "\",\n\"version\": \"models.dev/2030-01-02\",\n" +
			"\"source\": \"models.dev (MIT), github.com/anomalyco/models.dev commit abc, 2030-01-02\",\n\"models\": [\n"
	}
	for vendor, want := range map[string]string{
		"anthropic": `{"id":"claude-slip","context":1,"max_output":1,"price":{"input":"3","output":"15","cache_write_1h":"6"}},
{"id":"claude-x-1-20300101","context":1000,"max_output":100,"input":["pdf"],"tools":true,"structured_output":true,"reasoning":true,"efforts":["low"],"no_sampling":true,"price":{"input":"3","output":"15","cache_read":"0.3","cache_write":"3.75","cache_write_1h":"6"},"modes":{"fast":{"input":"6","output":"30","cache_write_1h":"12"}}}
`,
		"google": `{"id":"g-free","context":1,"max_output":1},
{"id":"g-paints","context":10,"max_output":1,"output":["image"],"price":{"input":"0.1","image_output":"30"}},
{"id":"g-speaks","kind":"speech","context":10,"max_output":1,"output":["audio"]},
{"id":"g-tiers","context":10,"max_input":5,"max_output":1,"input":["audio"],"deprecated":true,"price":{"input":"1.25","output":"10","audio_input":"1.25","tiers":[{"above":200000,"input":"2.5","output":"15","audio_input":"9"}]}}
`,
		"openai": `{"id":"o","context":10,"max_output":1,"structured_output":true,"deprecated":true,"deprecated_at":"2029-01-01","retires_at":"2031-01-01","successor":"p","price":{"input":"0.083333","output":"1"}}
`,
	} {
		got, err := os.ReadFile(filepath.Join(dir, vendor+".json"))
		if err != nil {
			t.Fatal(err)
		}
		head := head(vendor)
		if vendor == "openai" {
			head = strings.Replace(head, "2030-01-02\",\n\"models", "2030-01-02; ends of models as announced at https://openai.example/ends, seen 2030-01-01\",\n\"notice\": \"https://openai.example/ends\",\n\"models", 1)
		}
		if string(got) != head+want+"]\n}\n" {
			t.Errorf("%s:\n%s", vendor, got)
		}
	}
	for _, want := range []string{
		"anthropic.models.claude-slip: cache_write 0.3 left out", "anthropic.models.claude-x-1-20300101: mode odd left out",
		"google.models.g-tiers: cache_read of 0 left out", "google.models.g-speaks: price left out", "openai.models.o: price 0.0833333333 rounded to 0.083333",
	} {
		if !strings.Contains(notes.String(), want) {
			t.Errorf("no note of %q in:\n%s", want, notes.String())
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"no JSON":           {`{`, ``, "reading"},
		"a vendor is gone":  {`"openai"`, `"closedai"`, "converting openai: the source has no such vendor"},
		"a negative price":  {`"input":1e-1`, `"input":-1`, `converting google: google.models.g-paints: cost: input: "-1" is no price`},
		"a tier of no size": {`"size":200000`, `"size":0`, "google.models.g-tiers: price: reading tier 0: above"},
		"an ending of none": {`"o": {"id":"o"`, `"q": {"id":"q"`, "endings.json has openai/o, which the source has not"},
		"an unknown tier":   {`"type":"context"`, `"type":"moon"`, `google.models.g-tiers: cost: tiers[0]: type "moon" is unknown`},
	} {
		changed := strings.Replace(fixture, c.old, c.new, 1)
		if changed == fixture {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, err := generate(t, changed, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
	for _, args := range [][]string{{}, {"api.json"}, {"-commit", "a", "-date", "today", "api.json"}, {"-commit", "a", "-date", "2030-01-02", "missing.json"}, {"-what"}} {
		if err := run(args, []byte(announced), io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
