package anthropic

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// benchStream is a stream of n pieces of text as Anthropic sends them.
func benchStream(n int) string {
	var b strings.Builder
	b.WriteString("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-sonnet-4-5-20250929\",\"id\":\"msg_01Xf6SmUVY1mDrSwFc5RsY3n\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":690,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0},\"output_tokens\":3,\"service_tier\":\"standard\"}}  }\n\n")
	b.WriteString("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}   }\n\n")
	b.WriteString("event: ping\ndata: {\"type\": \"ping\"}\n\n")
	for i := range n {
		b.WriteString("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" it's quite \\\"hot\\\",\\n number " + strconv.Itoa(i) + "\"}" + strings.Repeat(" ", i*7%15) + "}\n\n")
	}
	b.WriteString("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0   }\n\n")
	b.WriteString("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"input_tokens\":690,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":354}        }\n\n")
	b.WriteString("event: message_stop\ndata: {\"type\":\"message_stop\"         }\n\n")
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
		dst = s.Append(dst, &llm.Event{Kind: llm.EventFinish, Finish: llm.FinishStop, NativeFinish: "stop"})
		dst = s.Append(dst, &llm.Event{Kind: llm.EventEnd})
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkRelay(b *testing.B) {
	body := benchStream(60)
	events := strings.SplitAfter(strings.TrimSuffix(body, "\n\n"), "\n\n")
	events[len(events)-1] += "\n\n"
	raw := make([][]byte, len(events))
	for i := range events {
		raw[i] = []byte(events[i])
	}
	dst := make([]byte, 0, len(body)+100)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r := Dialect{}.NewRelay(llm.RelayOptions{Model: "public"})
		out := dst
		for _, e := range raw {
			var err error
			if out, err = r.Event(out, e); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := r.End(out); err != nil {
			b.Fatal(err)
		}
	}
}

var benchAnswer = []byte(`{"model":"claude-haiku-4-5-20251001","id":"msg_01Js8aWE7YbmiaUPneGiCskE","type":"message","role":"assistant","content":[{"type":"text","text":"` + strings.Repeat("word ", 400) + `"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":95,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":400,"service_tier":"standard"}}`)

func BenchmarkDecodeResponse(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchAnswer)))
	for b.Loop() {
		if _, err := (Dialect{}).DecodeResponse(benchAnswer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEditResponse(b *testing.B) {
	dst := make([]byte, 0, 4<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(benchAnswer)))
	for b.Loop() {
		var f llm.AnswerFacts
		if _, err := (Dialect{}).EditResponse(dst, benchAnswer, "public", &f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendResponse(b *testing.B) {
	r, err := Dialect{}.DecodeResponse(benchAnswer)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 0, 4<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(benchAnswer)))
	for b.Loop() {
		if _, err := (Dialect{}).AppendResponse(dst, r, llm.View{Model: "public"}); err != nil {
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
				e, err := Dialect{}.AppendRequest(dst[:0], r, llm.Target{Model: "claude-sonnet-4-5"})
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
		e, err := Dialect{}.AppendRequest(nil, benchRequest(size), llm.Target{Model: "claude-sonnet-4-5"})
		if err != nil {
			b.Fatal(err)
		}
		body := e.Body
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
