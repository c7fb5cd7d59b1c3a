package openai

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// chunks is a stream of n pieces of text as OpenAI sends it.
func chunks(n int) string {
	var b strings.Builder
	const head = `data: {"id":"chatcmpl-abc","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5-mini","service_tier":"default","system_fingerprint":null,"choices":[`
	b.WriteString(head + `{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}` + "\n\n")
	for i := range n {
		fmt.Fprintf(&b, head+`{"index":0,"delta":{"content":" piece %d"},"logprobs":null,"finish_reason":null}],"usage":null}`+"\n\n", i)
	}
	b.WriteString(head + `{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}` + "\n\n")
	b.WriteString(head + `],"usage":{"prompt_tokens":19,"completion_tokens":60,"total_tokens":79}}` + "\n\ndata: [DONE]\n\n")
	return b.String()
}

func BenchmarkStreamDecoder(b *testing.B) {
	text := chunks(60)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		d := Dialect{}.NewStreamDecoder(strings.NewReader(text), llm.StreamOptions{})
		for {
			if _, err := d.Next(); err != nil {
				break
			}
		}
	}
}

func BenchmarkStreamEncoderText(b *testing.B) {
	enc := Dialect{}.NewStreamEncoder(llm.View{Model: "fast", ID: "x", IncludeUsage: true})
	dst := enc.Append(nil, &llm.Event{Kind: llm.EventStart})
	e := llm.Event{Kind: llm.EventText, Text: " a piece of text, as models send it"}
	b.ReportAllocs()
	for b.Loop() {
		dst = enc.Append(dst[:0], &e)
	}
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := []byte(`{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat(`A line of a long prompt.\n`, 8000) + `"}],"temperature":0.5,"stream":true}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := (Dialect{}).DecodeRequest(body); err != nil {
			b.Fatal(err)
		}
	}
}
