package ledger

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// TestCountTokens compares with what the tokenizer o200k_base, of OpenAI's
// models since GPT-4o, makes of the texts.
func TestCountTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"":                               0,
		"a":                              1,
		"What is the capital of France?": 7,
		"Sentences have words, and words have letters; some of them are extraordinarily long.": 17,
		"func main() {\n\tfmt.Println(\"hello\")\n}":                                           10,
		"1234567890": 4,
		"What is the weather like in Zürich today?": 9,
	} {
		if got := CountTokens(text); got < want-want/3-1 || got > want+want/3+1 {
			t.Errorf("%q: %d tokens, want about %d", text, got, want)
		}
	}
	// Scripts without spaces are not free, and nothing is much more than its bytes.
	for _, text := range []string{"東京の天気はどうですか", "Какая сегодня погода?", "🙂🙂🙂", "\xff\xfe\xfd\xfc"} {
		if got := CountTokens(text); got < 2 || got > int64(len(text))+1 {
			t.Errorf("%q: %d tokens", text, got)
		}
	}
	if one, many := CountTokens(" word"), CountTokens(strings.Repeat(" word", 1000)); many < 900*one || many > 1100*one {
		t.Errorf("a thousand words are %d, one is %d", many, one)
	}
}

// TestEstimatePrompt holds that all that a request has weighs something.
func TestEstimatePrompt(t *testing.T) {
	t.Parallel()
	text := llm.Part{Kind: llm.PartText, Text: "What is the capital of France?"}
	r := &llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{text}}}}
	last := EstimatePrompt(r, "")
	for name, add := range map[string]func(){
		"a message": func() { r.Messages = append(r.Messages, r.Messages[0]) },
		"an image": func() {
			r.Messages[0].Parts = append(r.Messages[0].Parts, llm.Part{Kind: llm.PartImage, Media: &llm.Media{}})
		},
		"a document": func() { r.Messages[0].Parts = append(r.Messages[0].Parts, llm.Part{Kind: llm.PartDocument}) },
		"a sound":    func() { r.Messages[0].Parts = append(r.Messages[0].Parts, llm.Part{Kind: llm.PartAudio}) },
		"a film":     func() { r.Messages[0].Parts = append(r.Messages[0].Parts, llm.Part{Kind: llm.PartVideo}) },
		"a call": func() {
			r.Messages[0].Parts = append(r.Messages[0].Parts, llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{Name: "t", Arguments: "{}"}})
		},
		"a result": func() {
			r.Messages[0].Parts = append(r.Messages[0].Parts, llm.Part{Kind: llm.PartToolResult, Result: &llm.ToolResult{Parts: []llm.Part{text}}})
		},
		"a block": func() {
			r.Messages[0].Parts = append(r.Messages[0].Parts, llm.Part{Kind: llm.PartOpaque, Data: []byte(`{"type":"x"}`)})
		},
		"a tool":   func() { r.Tools = append(r.Tools, llm.Tool{Name: "t", Parameters: []byte(`{"type":"object"}`)}) },
		"a schema": func() { r.Output = &llm.OutputFormat{Schema: []byte(`{"type":"object"}`)} },
	} {
		add()
		n := EstimatePrompt(r, "")
		if n <= last {
			t.Errorf("%s weighs nothing", name)
		}
		last = n
	}
	if o, a := EstimatePrompt(r, "openai"), EstimatePrompt(r, "anthropic"); o >= a {
		t.Errorf("tools weigh %d at OpenAI and %d at Anthropic", o, a)
	}
}

// BenchmarkCountTokens is what a prompt of a usual size costs.
func BenchmarkCountTokens(b *testing.B) {
	text := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 200)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		CountTokens(text)
	}
}
