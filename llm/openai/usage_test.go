package openai

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       llm.Usage
	}{
		{"plain", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}`, llm.Usage{Input: 10, Output: 5}},
		{"without a total", `{"prompt_tokens":10,"completion_tokens":5}`, llm.Usage{Input: 10, Output: 5}},
		{"nulls", `{"prompt_tokens":10,"completion_tokens":null,"total_tokens":null,"prompt_tokens_details":null}`, llm.Usage{Input: 10}},
		{"zeros are figures", `{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}`, llm.Usage{}},
		{
			"details within", `{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":60,"audio_tokens":10},"completion_tokens_details":{"reasoning_tokens":30,"audio_tokens":5,"image_tokens":2}}`,
			llm.Usage{Input: 30, CacheRead: 60, AudioInput: 10, Output: 13, Reasoning: 30, AudioOutput: 5, ImageOutput: 2},
		},
		{
			"cached and an image at once", `{"prompt_tokens":504,"completion_tokens":91,"total_tokens":595,"prompt_tokens_details":{"cached_tokens":370,"text_tokens":248,"image_tokens":256}}`,
			llm.Usage{CacheRead: 370, ImageInput: 134, Output: 91},
		},
		{"DeepSeek's cache", `{"prompt_tokens":495,"completion_tokens":65,"total_tokens":560,"prompt_cache_hit_tokens":384,"prompt_cache_miss_tokens":111}`, llm.Usage{Input: 111, CacheRead: 384, Output: 65}},
		{"Moonshot's cache", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"cached_tokens":4}`, llm.Usage{Input: 6, CacheRead: 4, Output: 5}},
		{"Mistral's cache", `{"prompt_tokens":979,"completion_tokens":161,"total_tokens":1140,"num_cached_tokens":48}`, llm.Usage{Input: 931, CacheRead: 48, Output: 161}},
		{"OpenRouter's cache", `{"prompt_tokens":2649,"completion_tokens":100,"total_tokens":2749,"prompt_tokens_details":{"cached_tokens":2569,"cache_write_tokens":79}}`, llm.Usage{Input: 1, CacheRead: 2569, CacheWrite5m: 79, Output: 100}},
		{"Anthropic's cache, long", `{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11,"cache_creation_input_tokens":8,"cache_creation":{"ephemeral_1h_input_tokens":3}}`, llm.Usage{Input: 2, CacheWrite5m: 5, CacheWrite1h: 3, Output: 1}},
		{"a cache beside the prompt", `{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11,"cache_read_input_tokens":50}`, llm.Usage{Input: 10, CacheRead: 50, Output: 1}},
		{"reasoning beside the completion", `{"prompt_tokens":466,"completion_tokens":68,"total_tokens":800,"completion_tokens_details":{"reasoning_tokens":266}}`, llm.Usage{Input: 466, Output: 68, Reasoning: 266}},
		{"reasoning beside it, and not in the total", `{"prompt_tokens":40,"completion_tokens":14,"total_tokens":54,"completion_tokens_details":{"reasoning_tokens":112}}`, llm.Usage{Input: 40, Output: 14, Reasoning: 112}},
		{"reasoning in the total alone", `{"prompt_tokens":66,"completion_tokens":6,"total_tokens":100}`, llm.Usage{Input: 66, Output: 6, Reasoning: 28}},
		{"sound beside the prompt", `{"prompt_tokens":11,"completion_tokens":15,"total_tokens":401,"prompt_tokens_details":{"audio_tokens":375,"cached_tokens":9}}`, llm.Usage{Input: 2, CacheRead: 9, AudioInput: 375, Output: 15}},
		{"searches", `{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"num_search_queries":2}`, llm.Usage{Input: 1, Output: 1, WebSearches: 2}},
		{"hosted searches", `{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"server_tool_use":{"web_search_requests":3}}`, llm.Usage{Input: 1, Output: 1, WebSearches: 3}},
		{"below nothing", `{"prompt_tokens":-5,"completion_tokens":1}`, llm.Usage{Output: 1, Suspect: true}},
		{"a cache below nothing", `{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":-5}}`, llm.Usage{Input: 5, Output: 1, Suspect: true}},
		{"beyond belief", `{"prompt_tokens":1000000000000,"completion_tokens":1}`, llm.Usage{Input: 1 << 30, Output: 1, Suspect: true}},
		{"words", `{"prompt_tokens":"many","completion_tokens":1}`, llm.Usage{Output: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var a answer
			if err := a.parse([]byte(`{"usage":` + c.text + `}`)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, a.consumed().neutral()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestUsagePlaces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*llm.Usage{
		`{}`:             nil,
		`{"usage":null}`: nil,
		`{"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}`:       {Input: 1, Output: 2},
		`{"x_groq":{"usage":{"prompt_tokens":1}},"usage":{"prompt_tokens":3}}`: {Input: 3},
	} {
		var a answer
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, a.consumed().neutral()); diff != "" {
			t.Errorf("%s: -want +got\n%s", text, diff)
		}
	}
}

func TestAppendUsage(t *testing.T) {
	t.Parallel()
	u := llm.Usage{Input: 1, CacheRead: 2, CacheWrite5m: 3, CacheWrite1h: 4, AudioInput: 5, ImageInput: 6, ToolPrompt: 7, Output: 8, Reasoning: 9, AudioOutput: 10, ImageOutput: 11}
	const want = `{"prompt_tokens":28,"completion_tokens":38,"total_tokens":66,` +
		`"prompt_tokens_details":{"cached_tokens":2,"cache_write_tokens":7,"image_tokens":6,"audio_tokens":5},` +
		`"completion_tokens_details":{"reasoning_tokens":9,"image_tokens":11,"audio_tokens":10,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`
	if got := string(appendUsage(nil, &u)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
