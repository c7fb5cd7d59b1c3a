package responses

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// The events of three vendors, with places for text, padding and number.
const (
	openaiEvent = "event: response.output_text.delta\ndata: " + `{"type":"response.output_text.delta","content_index":0,"delta":"%s","item_id":"msg_0ecff685e411ca7b0069e063580128819b9ec474594c61b988","logprobs":[],"obfuscation":"%s","output_index":0,"sequence_number":%d}` + "\n\n"
	plainEvent  = "event: response.output_text.delta\ndata: " + `{"type":"response.output_text.delta","item_id":"msg_j8xwiqp4xj0qgn3hrsoit9","output_index":0,"content_index":0,"delta":"%s","logprobs":[],"sequence_number":%[3]d}` + "\n\n"
	olderEvent  = "event: response.output_text.delta\ndata: " + `{"type":"response.output_text.delta","sequence_number":%[3]d,"item_id":"msg_006dcb10dc68b990006931d75a58dc819bb156d745aff1ee2a","output_index":1,"content_index":0,"delta":"%[1]s","logprobs":[],"obfuscation":"%[2]s"}` + "\n\n"
)

func deltas(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(openaiEvent, fmt.Sprintf(" piece %d", i), "k3NzVmGa"[:1+i%8], i+4)
	}
	return list
}

// longStream is a stream of n pieces of text as OpenAI sends it.
func longStream(n int) string {
	lines := []string{`created`, `added 0 {"type":"message","id":"m","status":"in_progress","content":[],"role":"assistant"}`, `response.content_part.added {"content_index":0,"item_id":"m","output_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}`}
	lines = append(lines, "data: "+strings.Join(deltas(n), "")[len("event: response.output_text.delta\ndata: "):])
	lines = append(lines, `done 0 {"type":"message","id":"m","status":"completed","content":[{"type":"output_text","annotations":[],"text":"a"}],"role":"assistant"}`, `completed`)
	return streamOf(lines...)
}

func BenchmarkStreamDecoder(b *testing.B) {
	text := longStream(60)
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
	e := llm.Event{Kind: llm.EventText, Text: " a piece of text, as models send it"}
	var enc llm.StreamEncoder
	var dst []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i&1023 == 0 { // what was said is kept for the end
			enc = Dialect{}.NewStreamEncoder(llm.View{Model: "fast", ID: "x"})
			dst = enc.Append(dst[:0], &llm.Event{Kind: llm.EventStart})
		}
		dst = enc.Append(dst[:0], &e)
	}
}

func BenchmarkStreamEncoder(b *testing.B) {
	events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(longStream(60)), llm.StreamOptions{}))
	if len(events) < 60 {
		b.Fatal(err)
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		enc := Dialect{}.NewStreamEncoder(llm.View{Model: "fast", ID: "x"})
		dst = dst[:0]
		for i := range events {
			dst = enc.Append(dst, &events[i])
		}
	}
}

func BenchmarkDecodeRequest(b *testing.B) {
	body := []byte(`{"model":"m","input":[{"role":"user","content":"` + strings.Repeat(`A line of a long prompt.\n`, 8000) + `"}],"temperature":0.5,"stream":true}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := (Dialect{}).DecodeRequest(body); err != nil {
			b.Fatal(err)
		}
	}
}

// agentRequest is a conversation of an agent, with many calls.
func agentRequest() []byte {
	var items strings.Builder
	for i := range 100 {
		fmt.Fprintf(&items, `,{"type":"reasoning","summary":[],"encrypted_content":"%s"},{"type":"function_call","call_id":"call_%d","name":"exec_command","arguments":"{\"cmd\":\"ls -l\"}"},{"type":"function_call_output","call_id":"call_%d","output":"%s"}`,
			strings.Repeat("gAAAAAB", 80), i, i, strings.Repeat(`drwxr-xr-x  2 root root  4096 src\n`, 20))
	}
	return []byte(`{"model":"gpt-5-codex","instructions":"` + strings.Repeat("You are an agent. ", 500) + `","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"List the files."}]}` + items.String() + `],"tools":[{"type":"function","name":"exec_command","description":"Runs a command.","strict":false,"parameters":{"type":"object","properties":{"cmd":{"type":"string"}},"required":["cmd"]}}],"tool_choice":"auto","parallel_tool_calls":false,"reasoning":{"effort":"medium","summary":"auto"},"store":false,"stream":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k"}`)
}

func BenchmarkTranslateRequest(b *testing.B) {
	body := agentRequest()
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r, err := Dialect{}.DecodeRequest(body)
		if err != nil {
			b.Fatal(err)
		}
		out, err := Dialect{}.AppendRequest(dst[:0], r, llm.Target{Model: "gpt-5-codex", Vendor: "openai"})
		if err != nil {
			b.Fatal(err)
		}
		dst = out.Body
	}
}

func BenchmarkInspect(b *testing.B) {
	small := []byte(`{"model":"gpt-4o-mini","instructions":"You are a helpful assistant that answers questions about the weather, travel and local customs. Be brief, and say so when you do not know.","input":[{"role":"user","content":"What should I pack for a trip to Lisbon in late October? I plan to walk a lot, and to visit Sintra for a day."},{"role":"assistant","content":"Layers, a light rain jacket and comfortable shoes.\n\n- It is 15 to 22 degrees.\n- Sintra is cooler and damp."},{"role":"user","content":"And is \"tram 28\" worth it?"}],"temperature":0.7,"top_p":1,"max_output_tokens":512,"stream":true,"tools":[{"type":"function","name":"get_weather","description":"Gets the weather for a city.","parameters":{"type":"object","properties":{"city":{"type":"string","description":"The city"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"]}}]}`)
	image := []byte(`{"model":"gpt-4o-mini","input":[{"role":"user","content":[{"type":"input_text","text":"What is this?"},{"type":"input_image","image_url":"data:image/png;base64,` + strings.Repeat("iVBORw0KGgoAAAANSUhEUgAA", 20<<20/24) + `"}]}]}`)
	for _, bb := range []struct {
		name string
		body []byte
	}{{"1KB", small}, {"agent", agentRequest()}, {"20MB-image", image}} {
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
}

func BenchmarkRelay(b *testing.B) {
	for _, bb := range []struct{ name, event string }{{"openai", openaiEvent}, {"plain", plainEvent}, {"older", olderEvent}} {
		b.Run(bb.name, func(b *testing.B) {
			var events [8][]byte
			for i := range events {
				events[i] = fmt.Appendf(nil, bb.event, strings.Repeat(" word", i&3), "padding"[:i&7], 100+i)
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
		})
	}
}

// BenchmarkRelayUnlike relays events that do not look like the one before, so
// that each is walked in full.
func BenchmarkRelayUnlike(b *testing.B) {
	var events [8][]byte
	for i := range events {
		events[i] = []byte(strings.Replace(fmt.Sprintf(openaiEvent, strings.Repeat(" word", i&3), "padding", 100+i), `"msg_`, fmt.Sprintf(`"msg%d`, i), 1))
	}
	r := Dialect{}.NewRelay(llm.RelayOptions{Model: "chat-fast"})
	dst := make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := r.Event(dst, events[i&7]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEditResponse(b *testing.B) {
	body := []byte(whole(`{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Hello! How can I help you today?"}]}`, `,"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":0},"output_tokens":9,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":18}`))
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
