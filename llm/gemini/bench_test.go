package gemini

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// benchStream is a stream of n chunks of text as Google sends them.
func benchStream(n int) string {
	var b strings.Builder
	for i := range n {
		finish := ""
		if i == n-1 {
			finish = `"finishReason": "STOP",`
		}
		b.WriteString(`data: {"candidates": [{"content": {"parts": [{"text": " it's quite \"hot\",\n number ` + strconv.Itoa(i) + `"}],"role": "model"},` + finish +
			`"index": 0}],"usageMetadata": {"promptTokenCount": 95,"candidatesTokenCount": ` + strconv.Itoa(i) +
			`,"totalTokenCount": 192,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 95}],"thoughtsTokenCount": 68},"modelVersion": "gemini-3.1-pro-preview","responseId": "ywCzae2oL5ODz7IP29qJmQw"}` + "\r\n\r\n")
	}
	return b.String()
}

func BenchmarkStreamDecoder(b *testing.B) {
	body := benchStream(60)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		d := Dialect{}.NewStreamDecoder(strings.NewReader(body), llm.StreamOptions{})
		for {
			if _, err := d.Next(); err != nil {
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
				break
			}
		}
	}
}

func BenchmarkStreamEncoder(b *testing.B) {
	text := llm.Event{Kind: llm.EventText, Text: " it's quite \"hot\",\n number 7"}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		s := Dialect{}.NewStreamEncoder(llm.View{Model: "public", ID: "id"})
		dst = dst[:0]
		for range 60 {
			dst = s.Append(dst, &text)
		}
		dst = s.Append(dst, &llm.Event{Kind: llm.EventFinish, Finish: llm.FinishStop, NativeFinish: "STOP"})
		dst = s.Append(dst, &llm.Event{Kind: llm.EventEnd})
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkDecodeResponse(b *testing.B) {
	body := []byte(`{"candidates": [{"content": {"parts": [{"text": "` + strings.Repeat("word ", 400) + `"}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {"promptTokenCount": 95,"candidatesTokenCount": 400,"totalTokenCount": 495,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 95}]},"modelVersion": "gemini-2.5-flash","responseId": "ywCzae2oL5ODz7IP29qJmQw"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := (Dialect{}).DecodeResponse(body); err != nil {
			b.Fatal(err)
		}
	}
}

func benchRequest(size int) *llm.Request {
	r := &llm.Request{Messages: []llm.Message{system("You are helpful.")}, Temperature: ptr(0.5), MaxTokens: ptr(int64(100))}
	for n := 0; n < size; n += 1000 {
		r.Messages = append(r.Messages, user(strings.Repeat("word ", 100)), model(strings.Repeat("more ", 100)))
	}
	r.Messages = append(r.Messages, user("and now?"), calls(call("c1", "f", `{"x":1}`)), result("c1", "ok"))
	r.Tools = []llm.Tool{{Name: "f", Description: "d", Parameters: []byte(`{"type":"object","properties":{"x":{"type":"integer"}}}`)}}
	return r
}

func BenchmarkAppendRequest(b *testing.B) {
	for _, size := range []int{1000, 200000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			r := benchRequest(size)
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				e, err := Dialect{}.AppendRequest(dst[:0], r, llm.Target{Model: "gemini-2.5-flash"})
				if err != nil {
					b.Fatal(err)
				}
				dst = e.Body
			}
			b.SetBytes(int64(len(dst)))
		})
	}
}

func BenchmarkRequest(b *testing.B) {
	for _, size := range []int{1000, 200000} {
		e, err := Dialect{}.AppendRequest(nil, benchRequest(size), llm.Target{Model: "gemini-2.5-flash"})
		if err != nil {
			b.Fatal(err)
		}
		body := bytes.Clone(e.Body)
		b.Run("inspect/"+strconv.Itoa(size), func(b *testing.B) {
			var in llm.Inspection
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				in.Reset()
				if err := (Dialect{}).Inspect(body, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("decode/"+strconv.Itoa(size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := (Dialect{}).DecodeRequest(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
