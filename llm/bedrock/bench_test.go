package bedrock

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
	b.WriteString(start)
	for i := range n {
		b.WriteString(add(0, `{"text":" piece \"`+strconv.Itoa(i)+`\""}`))
	}
	b.WriteString(stops(0) + ends("end_turn") + metadata)
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
	s := Dialect{}.NewStreamEncoder(llm.View{})
	e := llm.Event{Kind: llm.EventText, Text: " a piece of text, as models send it"}
	dst := s.Append(nil, &llm.Event{Kind: llm.EventStart})
	b.ReportAllocs()
	for b.Loop() {
		dst = s.Append(dst[:0], &e)
	}
}

func BenchmarkRelay(b *testing.B) {
	var frames [8][]byte
	for i := range frames {
		frames[i] = []byte(add(0, `{"text":" piece `+strconv.Itoa(i)+`"}`))
	}
	r := Dialect{}.NewRelay(llm.RelayOptions{Model: "chat-fast"})
	dst := make([]byte, 0, 1<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(frames[0])))
	for i := 0; b.Loop(); i++ {
		if _, err := r.Event(dst, frames[i&7]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	small := []byte(`{"messages":[{"role":"user","content":[{"text":"What should I pack for \"Lisbon\"?"}]}],"system":[{"text":"You are a helpful assistant."}],"inferenceConfig":{"maxTokens":512,"temperature":0.7}}`)
	long := []byte(`{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat(`A line of a long prompt.\n`, 8000) + `"}]}]}`)
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
				e, err := Dialect{}.AppendRequest(dst[:0], r, llm.Target{Model: claude})
				if err != nil {
					b.Fatal(err)
				}
				dst = e.Body
			}
		})
	}
}
