package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// streamOf writes chunks of the first choice with the given insides: `D…` is a
// delta, `F…` a reason to finish, anything else is sent as it stands.
func streamOf(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		switch l[0] {
		case 'D':
			fmt.Fprintf(&b, "data: {\"id\":\"r1\",\"created\":7,\"model\":\"up\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":null}]}\n\n", l[1:])
		case 'F':
			fmt.Fprintf(&b, "data: {\"id\":\"r1\",\"created\":7,\"model\":\"up\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":%q}]}\n\n", l[1:])
		case '{':
			fmt.Fprintf(&b, "data: %s\n\n", l)
		default:
			b.WriteString(l)
		}
	}
	return b.String()
}

const done = "data: [DONE]\n\n"

// outline writes events as short lines.
func outline(events []llm.Event) string {
	var b strings.Builder
	for i := range events {
		e := &events[i]
		if e.Choice != 0 {
			fmt.Fprintf(&b, "#%d ", e.Choice)
		}
		switch e.Kind {
		case llm.EventStart:
			fmt.Fprintf(&b, "start %s %s", e.ID, e.Model)
		case llm.EventText:
			fmt.Fprintf(&b, "text %q%s", e.Text, e.LogProbs)
		case llm.EventReasoning:
			fmt.Fprintf(&b, "thought %q", e.Text)
		case llm.EventRefusal:
			fmt.Fprintf(&b, "refusal %q", e.Text)
		case llm.EventSignature:
			fmt.Fprintf(&b, "signature %s %s", e.Signature, e.Issuer)
		case llm.EventRedacted:
			fmt.Fprintf(&b, "redacted %s %s", e.Data, e.Issuer)
		case llm.EventOpaque:
			fmt.Fprintf(&b, "opaque %s %s", e.Data, e.Issuer)
		case llm.EventToolStart:
			fmt.Fprintf(&b, "tool %d %s %s%s", e.Index, e.ID, e.Name, e.Signature)
		case llm.EventToolArguments:
			fmt.Fprintf(&b, "args %d %s", e.Index, e.Text)
		case llm.EventToolEnd:
			fmt.Fprintf(&b, "tool end %d", e.Index)
		case llm.EventMedia:
			fmt.Fprintf(&b, "media %s %s", e.Media.MIMEType, e.Media.Data)
		case llm.EventCitation:
			fmt.Fprintf(&b, "source %s", e.Citation.URL)
		case llm.EventFinish:
			fmt.Fprintf(&b, "finish %s (%s)", e.Finish, e.NativeFinish)
		case llm.EventUsage:
			fmt.Fprintf(&b, "usage %d %d", e.Usage.InputTotal(), e.Usage.OutputTotal())
		case llm.EventPing:
			b.WriteString("ping")
		case llm.EventError:
			fmt.Fprintf(&b, "error %s", e.Err.Message)
		case llm.EventEnd:
			b.WriteString("end")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestStreamDecoder(t *testing.T) {
	t.Parallel()
	call := func(index int, id, name, args string) string {
		return fmt.Sprintf(`D{"tool_calls":[{"index":%d,"id":%q,"type":"function","function":{"name":%q,"arguments":%q}}]}`, index, id, name, args)
	}
	args := func(index int, args string) string {
		return fmt.Sprintf(`D{"tool_calls":[{"index":%d,"function":{"arguments":%q}}]}`, index, args)
	}
	const start, stopped = "start r1 up\n", "finish stop (stop)\nend\n"
	invented := func(index int, name string) string { return inventedID("r1", 7, 0, index, name) }
	for _, c := range []struct {
		name, stream, want string
		err                error
	}{
		{"text", streamOf(`D{"role":"assistant","content":""}`, `D{"content":"a"}`, `D{"content":"\n\ud83d\ude00"}`, `Fstop`, done), start + "text \"a\"\ntext \"\\n😀\"\n" + stopped, io.EOF},
		{"CRLF, comments, no space, no last blank line", strings.ReplaceAll(streamOf(": OPENROUTER PROCESSING\n\n", `D{"content":"a"}`, `Fstop`), "\n", "\r\n") + "data:[DONE]", "ping\n" + start + "text \"a\"\n" + stopped, io.EOF},
		{"no end marker", streamOf(`D{"content":"a"}`, `Fstop`), start + "text \"a\"\n" + stopped, io.EOF},
		{"no reason to finish", streamOf(`D{"content":"a"}`, done), start + "text \"a\"\nfinish stop ()\nend\n", io.EOF},
		{"neither", streamOf(`D{"content":"a"}`), start + "text \"a\"\n", io.ErrUnexpectedEOF},
		{"neither, after usage", streamOf(`{"id":"r1","model":"up","choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`), start + "text \"a\"\nusage 1 2\n", io.ErrUnexpectedEOF},
		{"one of two choices unfinished", streamOf(`{"id":"r1","model":"up","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"},{"index":1,"delta":{"content":"b"}}]}`), start + "text \"a\"\n#1 text \"b\"\n", io.ErrUnexpectedEOF},
		{"two choices", streamOf(`{"id":"r1","model":"up","choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"length"},{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}`, done), start + "#1 text \"b\"\ntext \"a\"\n#1 finish length (length)\n" + stopped, io.EOF},
		{"behind the end marker", streamOf(`D{"content":"a"}`, `Fstop`, done, `D{"content":"b"}`, "rubbish"), start + "text \"a\"\n" + stopped, io.EOF},
		{"an empty first chunk", streamOf(`{"id":"","model":"","choices":[],"prompt_filter_results":[]}`, `D{"content":"a"}`, `Fstop`, done), start + "text \"a\"\n" + stopped, io.EOF},
		{"usage in its own chunk", streamOf(`D{"content":"a"}`, `Fstop`, `{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}`, done), start + "text \"a\"\nfinish stop (stop)\nusage 1 2\nend\n", io.EOF},
		{
			"usage in every chunk, the last counts", streamOf(`{"id":"r1","model":"up","choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`, `{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`),
			start + "text \"a\"\ntext \"b\"\nfinish stop (stop)\nusage 1 2\nend\n", io.EOF,
		},
		{"Groq's usage", streamOf(`D{"content":"a"}`, `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}`, done), start + "text \"a\"\nfinish stop (stop)\nusage 1 2\nend\n", io.EOF},
		{"finished twice, with content after", streamOf(`D{"content":"a"}`, `Fstop`, `D{"content":"b"}`, `Fstop`, done), start + "text \"a\"\ntext \"b\"\n" + stopped, io.EOF},
		{"cut off, then stopped", streamOf(`D{"content":"a"}`, `Fstop`, `Flength`, `Fstop`, done), start + "text \"a\"\nfinish length (length)\nend\n", io.EOF},
		{"text with the reason", streamOf(`{"id":"r1","model":"up","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}`, done), start + "text \"a\"\n" + stopped, io.EOF},
		{"a message instead of a delta", streamOf(`{"id":"r1","model":"up","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}`, done), start + "text \"a\"\n" + stopped, io.EOF},
		{"log probabilities", streamOf(`{"id":"r1","model":"up","choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[]}}]}`, `Fstop`, done), start + "text \"a\"{\"content\":[]}\n" + stopped, io.EOF},
		{"a refusal", streamOf(`D{"refusal":"n"}`, `D{"refusal":"o"}`, `Fstop`, done), start + "refusal \"n\"\nrefusal \"o\"\n" + stopped, io.EOF},
		{
			"reasoning of three names", streamOf(`D{"reasoning_content":"a"}`, `D{"reasoning":"b"}`, `D{"reasoning_details":[{"type":"reasoning.text","text":"c"}]}`, `D{"reasoning":"d","reasoning_details":[{"type":"reasoning.text","text":"d"}]}`, `D{"content":"x"}`, `Fstop`, done),
			start + "thought \"a\"\nthought \"b\"\nthought \"c\"\nthought \"d\"\ntext \"x\"\n" + stopped, io.EOF,
		},
		{"a list of content", streamOf(`D{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]}`, `D{"content":[{"type":"text","text":"x"}]}`, `Fstop`, done), start + "thought \"t\"\ntext \"x\"\n" + stopped, io.EOF},
		{
			"thinking blocks", streamOf(`D{"reasoning_content":"t"}`, `D{"thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}]}`, `D{"thinking_blocks":[{"type":"redacted_thinking","data":"d"}]}`, `D{"content":"x"}`, `Fstop`, done),
			start + "thought \"t\"\nsignature s anthropic\nredacted \"d\" anthropic\ntext \"x\"\n" + stopped, io.EOF,
		},
		{"a thinking block alone", streamOf(`D{"thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}]}`, `Fstop`, done), start + "thought \"t\"\nsignature s anthropic\n" + stopped, io.EOF},

		{"a call", streamOf(call(0, "c", "f", ""), args(0, `{"a"`), args(0, `:1}`), `Ftool_calls`, done), start + "tool 0 c f\nargs 0 {\"a\"\nargs 0 :1}\ntool end 0\nfinish tool_calls (tool_calls)\nend\n", io.EOF},
		{"a forced call", streamOf(call(0, "c", "f", "{}"), `Fstop`, done), start + "tool 0 c f\nargs 0 {}\ntool end 0\nfinish tool_calls (stop)\nend\n", io.EOF},
		{"a call whose indexes begin at 1", streamOf(call(1, "c", "f", "{}"), call(2, "d", "g", "{}"), `Ftool_calls`, done), start + "tool 0 c f\nargs 0 {}\ntool end 0\ntool 1 d g\nargs 1 {}\ntool end 1\nfinish tool_calls (tool_calls)\nend\n", io.EOF},
		{"no arguments", streamOf(call(0, "c", "f", ""), args(0, ""), `Ftool_calls`, done), start + "tool 0 c f\nargs 0 {}\ntool end 0\nfinish tool_calls (tool_calls)\nend\n", io.EOF},
		{"a call that is cut off", streamOf(call(0, "c", "f", ""), `Flength`, done), start + "tool 0 c f\ntool end 0\nfinish length (length)\nend\n", io.EOF},
		{
			"arguments before the name", streamOf(args(0, `{"a":`), `D{"tool_calls":[{"index":0,"id":"c","function":{"name":null,"arguments":"1"}}]}`, `D{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"}"}}]}`, `Ftool_calls`, done),
			start + "tool 0 c f\nargs 0 {\"a\":1\nargs 0 }\ntool end 0\nfinish tool_calls (tool_calls)\nend\n", io.EOF,
		},
		{
			"calls that take turns", streamOf(call(0, "c", "f", ""), call(1, "d", "g", ""), args(0, `{}`), args(1, `{}`), `Ftool_calls`, done),
			start + "tool 0 c f\ntool 1 d g\nargs 0 {}\nargs 1 {}\ntool end 0\ntool end 1\nfinish tool_calls (tool_calls)\nend\n", io.EOF,
		},
		{"calls that share an index", streamOf(call(0, "c", "f", "{}"), call(0, "d", "f", "{}"), `Ftool_calls`, done), start + "tool 0 c f\nargs 0 {}\ntool end 0\ntool 1 d f\nargs 1 {}\ntool end 1\nfinish tool_calls (tool_calls)\nend\n", io.EOF},
		{
			"calls that share an index and have no ids", streamOf(call(0, "", "f", "{}"), call(0, "", "f", "{}"), call(0, "", "g", ""), `Ftool_calls`, done),
			start + "tool 0 " + invented(0, "f") + " f\nargs 0 {}\ntool end 0\ntool 1 " + invented(1, "f") + " f\nargs 1 {}\ntool end 1\ntool 2 " + invented(2, "g") + " g\nargs 2 {}\ntool end 2\nfinish tool_calls (tool_calls)\nend\n", io.EOF,
		},
		{
			"calls without indexes", streamOf(`D{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}},{"id":"d","function":{"name":"g","arguments":{"a":1}}}]}`, `Ftool_calls`, done),
			start + "tool 0 c f\nargs 0 {}\ntool end 0\ntool 1 d g\nargs 1 {\"a\":1}\ntool end 1\nfinish tool_calls (tool_calls)\nend\n", io.EOF,
		},
		{
			"a call without an index in pieces", streamOf(`D{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{"}}]}`, `D{"tool_calls":[{"function":{"arguments":"}"}}]}`, `Ftool_calls`, done),
			start + "tool 0 c f\nargs 0 {\nargs 0 }\ntool end 0\nfinish tool_calls (tool_calls)\nend\n", io.EOF,
		},
		{"id and name repeated", streamOf(call(0, "c", "f", `{`), call(0, "c", "f", `}`), `Ftool_calls`, done), start + "tool 0 c f\nargs 0 {\nargs 0 }\ntool end 0\nfinish tool_calls (tool_calls)\nend\n", io.EOF},
		{"another id in each piece", streamOf(call(0, "c", "f", `{`), call(0, "d", "", `}`), `Ftool_calls`, done), start + "tool 0 c f\nargs 0 {\nargs 0 }\ntool end 0\nfinish tool_calls (tool_calls)\nend\n", io.EOF},
		{"quotes and brackets in arguments", streamOf(call(0, "c", "f", `{"a":"}\"]`), args(0, `"}`), args(0, "\n"), `Ftool_calls`, done), start + "tool 0 c f\nargs 0 {\"a\":\"}\\\"]\nargs 0 \"}\ntool end 0\nfinish tool_calls (tool_calls)\nend\n", io.EOF},
		{"a renamed tool", streamOf(call(0, "c", "own", "{}"), `Ftool_calls`, done), start + "tool 0 c caller's\nargs 0 {}\ntool end 0\nfinish tool_calls (tool_calls)\nend\n", io.EOF},
		{"a signed call", streamOf(`D{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}}}]}`, `Fstop`, done), start + "tool 0 c fS\nargs 0 {}\ntool end 0\nfinish tool_calls (stop)\nend\n", io.EOF},
		{"signed text", streamOf(`D{"content":"x","extra_content":{"google":{"thought_signature":"S"}}}`, `Fstop`, done), start + "text \"x\"\nsignature S google\n" + stopped, io.EOF},
		{
			"a call of the old form", streamOf(`D{"function_call":{"name":"f","arguments":""}}`, `D{"function_call":{"arguments":"{"}}`, `D{"function_call":{"arguments":"}"}}`, `Ffunction_call`, done),
			start + "tool 0 " + invented(0, "f") + " f\nargs 0 {\nargs 0 }\ntool end 0\nfinish tool_calls (function_call)\nend\n", io.EOF,
		},
		{
			"a custom tool's call", streamOf(`D{"tool_calls":[{"index":0,"id":"c","type":"custom","custom":{"name":"n","input":""}}]}`, `D{"tool_calls":[{"index":0,"custom":{"input":"a"}}]}`, `D{"tool_calls":[{"index":0,"custom":{"input":"b"}}]}`, `Ftool_calls`, done),
			start + "opaque {\"id\":\"c\",\"type\":\"custom\",\"custom\":{\"name\":\"n\",\"input\":\"ab\"}} openai\nfinish tool_calls (tool_calls)\nend\n", io.EOF,
		},
		{"padding instead of calls", streamOf(`D{"content":"a","tool_calls":[]}`, `D{"tool_calls":[{"index":0}]}`, `Ftool_calls`, done), start + "text \"a\"\nfinish stop (tool_calls)\nend\n", io.EOF},

		{"sources of the message", streamOf(`D{"content":"a","annotations":[{"type":"url_citation","url_citation":{"url":"u"}}]}`, `Fstop`, done), start + "text \"a\"\nsource u\n" + stopped, io.EOF},
		{"sources of the answer", streamOf(`{"id":"r1","model":"up","citations":["u","v"],"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}`), start + "text \"a\"\nsource u\nsource v\n" + stopped, io.EOF},
		{"an image", streamOf(`D{"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}`, `Fstop`, done), start + "media image/png AAAA\n" + stopped, io.EOF},
		{"sound", streamOf(`D{"audio":{"id":"a","transcript":"hi"}}`, `D{"audio":{"data":"UklG"}}`, `D{"audio":{"data":"Rg=="}}`, `Fstop`, done), start + "text \"hi\"\nmedia audio/wav UklGRg==\n" + stopped, io.EOF},

		{"an error first", streamOf(`{"error":{"message":"busy"}}`), "error busy\n", io.EOF},
		{"an error later", streamOf(`D{"content":"a"}`, "event: error\n", `{"error":{"message":"busy","status_code":400}}`), start + "text \"a\"\nerror busy\n", io.EOF},
		{"an error beside choices", streamOf(`D{"content":"a"}`, `{"id":"r1","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"busy"}}`, done), start + "text \"a\"\nerror busy\n", io.EOF},
		{"an error by its name", streamOf("event: error\n", `{"message":"busy"}`), "error busy\n", io.EOF},

		{
			"a whole answer", `{"id":"r1","model":"up","choices":[{"message":{"reasoning":"t","content":"x","tool_calls":[{"id":"c","function":{"name":"own","arguments":""}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`,
			start + "thought \"t\"\ntext \"x\"\ntool 0 c caller's\nargs 0 {}\ntool end 0\nfinish tool_calls (stop)\nusage 1 2\nend\n", io.EOF,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := llm.StreamOptions{ToolNames: map[string]string{"own": "caller's"}}
			for _, r := range []io.Reader{strings.NewReader(c.stream), iotest.OneByteReader(strings.NewReader(c.stream)), iotest.DataErrReader(strings.NewReader(c.stream))} {
				events, err := drain(Dialect{}.NewStreamDecoder(r, o))
				if diff := cmp.Diff(c.want, outline(events)); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				if !errors.Is(err, c.err) {
					t.Errorf("ended with %v, want %v", err, c.err)
				}
				if err := legal(events); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestStreamDecoderStarts(t *testing.T) {
	t.Parallel()
	events, _ := drain(Dialect{}.NewStreamDecoder(strings.NewReader(streamOf(`D{"content":"a"}`, done)), llm.StreamOptions{}))
	if want := time.Unix(7, 0).UTC(); !events[0].Created.Equal(want) {
		t.Errorf("created at %v, want %v", events[0].Created, want)
	}
}

func TestStreamDecoderFails(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset")
	for _, c := range []struct {
		name, reason string
		class        llm.Class
		body         io.Reader
	}{
		{"nothing", "empty", llm.ClassBadOutput, strings.NewReader("")},
		{"white space", "empty", llm.ClassBadOutput, strings.NewReader("\n\n \n")},
		{"only comments", "empty", llm.ClassBadOutput, strings.NewReader(": x\n\n")},
		{"only the end marker", "empty", llm.ClassBadOutput, strings.NewReader(done)},
		{"a page", "malformed", llm.ClassBadOutput, strings.NewReader("<html>502</html>")},
		{"an empty object", "malformed", llm.ClassBadOutput, strings.NewReader("{}")},
		{"no JSON", "malformed", llm.ClassBadOutput, strings.NewReader("data: hello\n\n")},
		{"half a chunk", "malformed", llm.ClassBadOutput, strings.NewReader(streamOf(`D{"content":"a"}`) + `data: {"choices":[{"index":0,"delta":{"content":"b`)},
		{"a call without a name", "malformed", llm.ClassBadOutput, strings.NewReader(streamOf(`D{"tool_calls":[{"index":0,"id":"c","function":{"arguments":"{}"}}]}`, `Ftool_calls`, done))},
		{"an event too large", "too_large", llm.ClassBadOutput, strings.NewReader(streamOf(`D{"content":"` + strings.Repeat("a", 2000) + `"}`))},
		{"an answer too large", "too_large", llm.ClassBadOutput, strings.NewReader(`{"choices":[` + strings.Repeat(" ", 3000))},
		{"sound too large", "too_large", llm.ClassBadOutput, strings.NewReader(strings.Repeat(streamOf(`D{"audio":{"data":"`+strings.Repeat("A", 600)+`"}}`), 3))},
		{"sound that is none", "malformed", llm.ClassBadOutput, strings.NewReader(streamOf(`D{"audio":{"data":"?"}}`))},
		{"a broken connection", "truncated", llm.ClassTransport, io.MultiReader(strings.NewReader(streamOf(`D{"content":"a"}`)), iotest.ErrReader(reset))},
		{"a connection broken at once", "truncated", llm.ClassTransport, iotest.ErrReader(reset)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events, err := drain(Dialect{}.NewStreamDecoder(c.body, llm.StreamOptions{MaxEvent: 1000}))
			var e *llm.Error
			if !errors.As(err, &e) || e.Class != c.class || e.Reason != c.reason {
				t.Fatalf("got %#v after %q", err, outline(events))
			}
			if (c.class == llm.ClassTransport) != errors.Is(err, reset) {
				t.Errorf("the cause is %v", e.Err)
			}
		})
	}
}

// TestPieceAgrees checks that the short way to read a chunk gives what the long
// way gives.
func TestPieceAgrees(t *testing.T) {
	t.Parallel()
	lines := []string{
		`{"id":"x","choices":[{"index":0,"delta":{"content":"a\u00e9\ud83d\ude00\ud83d\n\"é😀"},"logprobs":null,"finish_reason":null}],"usage":null}`,
		`{"choices":[{"delta":{"role":"assistant","content":null,"reasoning":"t","refusal":null,"tool_calls":[]}}],"obfuscation":"abc"}`,
		`{"choices":[{"index":3,"delta":{"reasoning_content":"t","content":"x"}}]}`, `{"choices":[{"index":0,"delta":{}}]}`,
		`{"choices":[{"index":0,"delta":{"reasoning_content":"b","reasoning":"a"}}]}`,
		` { "choices" : [ { "index" : 1 , "delta" : { "content" : " a " } } ] } `,
		`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}`, `{"choices":[],"usage":{}}`, `{"choices":[{"index":0,"delta":{"content":["a"]}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}`, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\xff\"}}]}",
		`{"choices":[{"index":0,"delta":{"content":"a`, `{"choices":[{"index":0,"delta":{"content":"a","images":[{}]}}]}`, `{"error":"x","choices":[{"index":0,"delta":{"content":"a"}}]}`,
	}
	short := 0
	for _, x := range recorded(t) {
		for line := range strings.Lines(x.Response.BodyText) {
			if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data:"); ok && !strings.Contains(data, "[DONE]") {
				lines = append(lines, strings.TrimSpace(data))
			}
		}
	}
	for _, line := range lines {
		quick, full := &streamDecoder{started: true}, &streamDecoder{started: true}
		if !quick.piece([]byte(line)) {
			if len(quick.events) > 0 || len(quick.choices) > 0 {
				t.Errorf("%s left something behind", line)
			}
			continue
		}
		short++
		if err := full.chunk([]byte(line), false); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if diff := cmp.Diff(full.events, quick.events); diff != "" {
			t.Errorf("%s: -long +short\n%s", line, diff)
		}
	}
	t.Logf("%d of %d chunks read the short way", short, len(lines))
	if short < 5 {
		t.Errorf("only %d chunks read the short way", short)
	}
}

func TestStreamRoundTrip(t *testing.T) {
	t.Parallel()
	stream := streamOf(
		`D{"reasoning_content":"th"}`, `D{"reasoning_content":"ought"}`, `D{"thinking_blocks":[{"type":"thinking","thinking":"thought","signature":"s"},{"type":"redacted_thinking","data":"d"}]}`,
		`D{"content":"te"}`, `D{"content":"xt\u0000\u2028"}`, `D{"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":1,"end_index":2}}]}`,
		`D{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""},"extra_content":{"google":{"thought_signature":"g"}}}]}`,
		`D{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}`, `D{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}`,
		`D{"tool_calls":[{"index":1,"id":"d","type":"custom","custom":{"name":"n","input":"i"}}]}`,
		`{"id":"r1","choices":[{"index":1,"delta":{"refusal":"no"},"logprobs":{"refusal":[]},"finish_reason":"length"}]}`,
		`D{"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}`,
		`Ftool_calls`, `{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}`, done)
	events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(stream), llm.StreamOptions{}))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	var out []byte
	enc := Dialect{}.NewStreamEncoder(llm.View{Model: "up", IncludeUsage: true})
	for i := range events {
		out = enc.Append(out, &events[i])
	}
	again, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(string(out)), llm.StreamOptions{}))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outline(events), outline(again)); diff != "" {
		t.Errorf("-sent +arrived\n%s\n%s", diff, out)
	}
	if !json.Valid([]byte(strings.TrimPrefix(strings.SplitN(string(out), "\n", 2)[0], "data: "))) {
		t.Errorf("the first chunk is no JSON: %s", out)
	}
}
