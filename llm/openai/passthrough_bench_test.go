package openai

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// The chunks of three vendors, with a place for text.
const (
	openaiChunk = `data: {"id":"chatcmpl-CIxYyTr3Rl0KbA6ZJ1uuMBtTmvLRQ","object":"chat.completion.chunk","created":1758624112,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_560af6e559","choices":[{"index":0,"delta":{"content":"%s"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"k3NzVmGa"}` + "\n\n"
	vllmChunk   = `data: {"id":"chatcmpl-4a1e90c2f1d14a2f","object":"chat.completion.chunk","created":1758624112,"model":"meta-llama/Llama-3.3-70B-Instruct","choices":[{"index":0,"delta":{"content":"%s"},"logprobs":null,"finish_reason":null,"token_ids":null}]}` + "\n\n"
	sortedChunk = `data: {"choices":[{"delta":{"content":"%s"},"finish_reason":null,"index":0,"logprobs":null}],"created":1758624112,"id":"chatcmpl-CIxYyTr3Rl0KbA6ZJ1uuMBtTmvLRQ","model":"gpt-4o-mini-2024-07-18","object":"chat.completion.chunk","system_fingerprint":"fp_560af6e559","usage":null}` + "\n\n"
)

func BenchmarkRelay(b *testing.B) {
	for _, bb := range []struct {
		name, chunk string
		hide        bool
	}{
		{"openai", openaiChunk, false}, {"openai-hidden-usage", openaiChunk, true}, {"vllm", vllmChunk, false}, {"sorted-keys", sortedChunk, true},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var events [8][]byte
			for i := range events {
				events[i] = fmt.Appendf(nil, bb.chunk, strings.Repeat(" word", i&3))
			}
			r := Dialect{}.NewRelay(llm.RelayOptions{Model: "chat-fast", HideUsage: bb.hide})
			dst := make([]byte, 0, 1<<10)
			b.ReportAllocs()
			b.SetBytes(int64(len(events[0])))
			for i := 0; b.Loop(); i++ {
				if _, err := r.Event(dst, events[i&7]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkInspect(b *testing.B) {
	small := []byte(`{"model":"gpt-4o-mini","messages":[{"role":"system","content":"You are a helpful assistant that answers questions about the weather, travel and local customs. Be brief, and say so when you do not know."},{"role":"user","content":"What should I pack for a trip to Lisbon in late October? I plan to walk a lot, and to visit Sintra for a day."},{"role":"assistant","content":"Layers, a light rain jacket and comfortable shoes.\n\n- It is 15 to 22 degrees.\n- Sintra is cooler and damp."},{"role":"user","content":"And is \"tram 28\" worth it?"}],"temperature":0.7,"top_p":1,"max_tokens":512,"stream":true,"tools":[{"type":"function","function":{"name":"get_weather","description":"Gets the weather for a city.","parameters":{"type":"object","properties":{"city":{"type":"string","description":"The city"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"]}}}]}`)
	long := []byte(`{"model":"gpt-4o-mini","messages":[{"role":"user","content":"` + strings.Repeat(strings.Repeat("lorem ipsum ", 6)+`dolor.\n`, 200<<10/79) + `"}],"stream":true}`)
	image := []byte(`{"model":"gpt-4o-mini","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,` + strings.Repeat("iVBORw0KGgoAAAANSUhEUgAA", 20<<20/24) + `"}}]}]}`)
	for _, bb := range []struct {
		name string
		body []byte
	}{{"1KB", small}, {"200KB", long}, {"20MB-image", image}} {
		b.Run(bb.name, func(b *testing.B) {
			var in llm.Inspection
			b.ReportAllocs()
			b.SetBytes(int64(len(bb.body)))
			for b.Loop() {
				in.Reset()
				if err := (Dialect{}).Inspect(bb.body, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("1KB-and-edit", func(b *testing.B) {
		var in llm.Inspection
		dst := make([]byte, 0, 4<<10)
		b.ReportAllocs()
		for b.Loop() {
			in.Reset()
			if err := (Dialect{}).Inspect(small, &in); err != nil {
				b.Fatal(err)
			}
			Dialect{}.EditRequest(dst, small, &in, llm.RequestEdit{Model: "gpt-4o-mini-2024-07-18", IncludeUsage: true})
		}
	})
}

func BenchmarkEditResponse(b *testing.B) {
	body := []byte(`{"id":"chatcmpl-CIxYyTr3Rl0KbA6ZJ1uuMBtTmvLRQ","object":"chat.completion","created":1758624112,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I help you today?","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_560af6e559"}`)
	dst := make([]byte, 0, 4<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var f llm.AnswerFacts
		if _, err := (Dialect{}).EditResponse(dst, body, "chat-fast", &f); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRelayUnlike relays chunks that do not look like the one before, so
// that each is walked in full.
func BenchmarkRelayUnlike(b *testing.B) {
	for _, bb := range []struct{ name, chunk string }{{"openai", openaiChunk}, {"vllm", vllmChunk}, {"sorted-keys", sortedChunk}} {
		b.Run(bb.name, func(b *testing.B) {
			var events [8][]byte
			for i := range events {
				text := fmt.Sprintf(bb.chunk, strings.Repeat(" word", i&3))
				events[i] = []byte(strings.Replace(text, `"chatcmpl-`, fmt.Sprintf(`"chatcmpl%d`, i), 1))
			}
			r := Dialect{}.NewRelay(llm.RelayOptions{Model: "chat-fast", HideUsage: true})
			dst := make([]byte, 0, 1<<10)
			b.ReportAllocs()
			b.SetBytes(int64(len(events[0])))
			for i := 0; b.Loop(); i++ {
				if _, err := r.Event(dst, events[i&7]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
