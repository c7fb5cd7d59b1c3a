package cohere

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func benchStream(n int) string {
	var b strings.Builder
	b.WriteString(begin + openBlock("0", "text"))
	for i := range n {
		b.WriteString(delta("0", "text", ` piece \"`+strconv.Itoa(i)+`\"`))
	}
	b.WriteString(endOf("content-end", "0") + end("COMPLETE") + done)
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

func BenchmarkStreamEncoderText(b *testing.B) {
	s := Dialect{}.NewStreamEncoder(llm.View{Model: "fast"})
	e := llm.Event{Kind: llm.EventText, Text: " a piece of text, as models send it"}
	dst := s.Append(nil, &llm.Event{Kind: llm.EventStart})
	b.ReportAllocs()
	for b.Loop() {
		dst = s.Append(dst[:0], &e)
	}
}

func BenchmarkRelay(b *testing.B) {
	var events [8][]byte
	for i := range events {
		events[i] = []byte(delta("0", "text", " piece "+strconv.Itoa(i)))
	}
	r := Dialect{}.NewRelay(llm.RelayOptions{Model: "chat-fast"})
	dst := make([]byte, 0, 1<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(events[0])))
	for i := 0; b.Loop(); i++ {
		if _, err := r.Event(dst, events[i&7]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	small := []byte(`{"model":"m","messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"What should I pack for \"Lisbon\"?"}],"max_tokens":512,"temperature":0.7,"stream":true}`)
	long := []byte(`{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat(`A line of a long prompt.\n`, 8000) + `"}],"temperature":0.5}`)
	for _, bb := range []struct {
		name string
		body []byte
	}{{"1KB", small}, {"200KB", long}} {
		b.Run("inspect/"+bb.name, func(b *testing.B) {
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
		b.Run("decode/"+bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bb.body)))
			for b.Loop() {
				if _, err := (Dialect{}).DecodeRequest(bb.body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("encode/"+bb.name, func(b *testing.B) {
			r, err := Dialect{}.DecodeRequest(bb.body)
			if err != nil {
				b.Fatal(err)
			}
			var dst []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(bb.body)))
			for b.Loop() {
				e, err := Dialect{}.AppendRequest(dst[:0], r, llm.Target{Model: "m"})
				if err != nil {
					b.Fatal(err)
				}
				dst = e.Body
			}
		})
	}
}
