package responses

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// whole is an answer with the given items.
func whole(items, more string) string {
	return `{"id":"r1","object":"response","created_at":7,"status":"completed","model":"up","output":[` + items + `]` + more + `}`
}

// streamOf writes the events of a stream: `created`, `completed` and
// `incomplete REASON` tell of the answer, `added N {…}` and `done N {…}` of an
// item, and any other is the type of an event and its members. What begins with
// neither is written as it stands.
func streamOf(lines ...string) string {
	var b strings.Builder
	n := 0
	event := func(kind, members string) {
		fmt.Fprintf(&b, "event: %s\ndata: {\"type\":%q,%s,\"sequence_number\":%d}\n\n", kind, kind, members, n)
		n++
	}
	for _, l := range lines {
		kind, rest, _ := strings.Cut(l, " ")
		switch kind {
		case "created":
			event("response.created", `"response":{"id":"r1","object":"response","created_at":7,"status":"in_progress","model":"up","output":[],"usage":null}`)
		case "completed":
			event("response.completed", `"response":`+whole(rest, `,"usage":{"input_tokens":9,"output_tokens":4,"total_tokens":13}`))
		case "incomplete":
			event("response.incomplete", `"response":{"id":"r1","status":"incomplete","incomplete_details":{"reason":"`+rest+`"},"model":"up","output":[]}`)
		case "added", "done":
			at, item, _ := strings.Cut(rest, " ")
			event("response.output_item."+kind, `"output_index":`+at+`,"item":`+item)
		default:
			if !strings.HasPrefix(rest, "{") || strings.HasPrefix(kind, "data:") {
				b.WriteString(l)
				continue
			}
			event(kind, strings.TrimSuffix(strings.TrimPrefix(rest, "{"), "}"))
		}
	}
	return b.String()
}

// outline writes events as short lines.
func outline(events []llm.Event) string {
	var b strings.Builder
	for i := range events {
		e := &events[i]
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
			fmt.Fprintf(&b, "error %s: %s", e.Err.Code, e.Err.Message)
		case llm.EventEnd:
			b.WriteString("end")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestStreamDecoder(t *testing.T) {
	t.Parallel()
	const (
		start   = "start r1 up\n"
		stopped = "finish stop (completed)\nusage 9 4\nend\n"
		called  = "finish tool_calls (completed)\nusage 9 4\nend\n"
		message = `{"type":"message","id":"m","status":"in_progress","role":"assistant","content":[]}`
		call    = `{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":""}`
	)
	text := func(s string) string {
		return `response.output_text.delta {"output_index":0,"content_index":0,"delta":"` + s + `","logprobs":[],"obfuscation":"x"}`
	}
	args := func(at int, s string) string {
		return fmt.Sprintf(`response.function_call_arguments.delta {"output_index":%d,"item_id":"fc","delta":%q}`, at, s)
	}
	thought := func(form string, index int, s string) string {
		name := "reasoning_summary_text"
		member := "summary_index"
		if form == formText {
			name, member = "reasoning_text", "content_index"
		}
		return fmt.Sprintf(`response.%s.delta {"output_index":0,"%s":%d,"delta":%q}`, name, member, index, s)
	}
	said := func(s string) string {
		return `{"type":"message","id":"m","status":"completed","content":[{"type":"output_text","text":"` + s + `","annotations":[]}]}`
	}
	for _, c := range []struct {
		name, stream, want string
		err                error
	}{
		{
			"text", streamOf(`created`, `response.in_progress {"response":{"id":"r1","model":"up"}}`, `added 0 `+message, `response.content_part.added {"output_index":0,"content_index":0,"part":{"type":"output_text","text":""}}`, text("a"), text(`\n\ud83d\ude00`), `response.output_text.done {"output_index":0,"content_index":0,"text":"a\n\ud83d\ude00"}`, `response.content_part.done {"output_index":0,"content_index":0,"part":{"type":"output_text","text":"a\n\ud83d\ude00"}}`, `done 0 `+said(`a\n\ud83d\ude00`), `completed `+said(`a\n\ud83d\ude00`)),
			start + "text \"a\"\ntext \"\\n😀\"\n" + stopped, io.EOF,
		},
		{"CRLF, comments, no space, no last blank line", strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(": OPENROUTER PROCESSING\n\n"+streamOf(`created`, text("a"), `completed`), "\n", "\r\n"), "data: ", "data:")), "ping\n" + start + "text \"a\"\n" + stopped, io.EOF},
		{"no names of events", strings.ReplaceAll(streamOf(`created`, text("a"), `completed`), "event: ", ": "), start + "text \"a\"\n" + stopped, io.EOF},
		{"an end marker", streamOf(`created`, text("a"), `completed`, "data: [DONE]\n\n"), start + "text \"a\"\n" + stopped, io.EOF},
		{"behind the end", streamOf(`created`, text("a"), `completed`, text("b")) + "rubbish", start + "text \"a\"\n" + stopped, io.EOF},
		{"cut off", streamOf(`created`, text("a")), start + "text \"a\"\n", io.ErrUnexpectedEOF},
		{"an end marker too early", streamOf(`created`, text("a"), "data: [DONE]\n\n"), start + "text \"a\"\n", io.ErrUnexpectedEOF},
		{"queued, and kept alive", streamOf(`response.queued {"response":{"id":"r1","model":"up","status":"queued","usage":null}}`, `keepalive {"x":1}`, `created`, text("a"), `completed`), start + "ping\ntext \"a\"\n" + stopped, io.EOF},
		{"never begun", streamOf(text("a"), `completed`), "start  \ntext \"a\"\n" + stopped, io.EOF},
		{"unknown events", streamOf(`created`, `response.mcp_call.in_progress {"output_index":0,"item_id":"x"}`, `response.new {"delta":"x","text":"y"}`, `vendor.new {"a":{"type":"x"}}`, text("a"), `completed`), start + "text \"a\"\n" + stopped, io.EOF},
		{"only the end of the text", streamOf(`created`, `added 0 `+message, `response.output_text.done {"output_index":0,"content_index":0,"text":"a"}`, `completed`), start + "text \"a\"\n" + stopped, io.EOF},
		{"only the end of the part", streamOf(`created`, `response.content_part.done {"output_index":0,"content_index":0,"part":{"type":"output_text","text":"a"}}`, `completed`), start + "text \"a\"\n" + stopped, io.EOF},
		{"only the end of the item", streamOf(`created`, `done 0 `+said("a"), `completed`), start + "text \"a\"\n" + stopped, io.EOF},
		{"only the end of the answer", streamOf(`created`, `completed `+said("a")), start + "text \"a\"\n" + stopped, io.EOF},
		{"the rest of the text in the end", streamOf(`created`, text("a"), `done 0 `+said("abc"), `completed`), start + "text \"a\"\ntext \"bc\"\n" + stopped, io.EOF},
		{"the rest of an open item in the end", streamOf(`created`, `added 0 `+message, text("a"), `completed `+said("ab")), start + "text \"a\"\ntext \"b\"\n" + stopped, io.EOF},
		{"ids that change", streamOf(`created`, `added 0 {"type":"message","id":"x1"}`, `response.output_text.delta {"output_index":0,"item_id":"x2","delta":"a"}`, `response.output_text.delta {"output_index":0,"item_id":"x3","delta":"b"}`, `done 0 {"type":"message","id":"x4","content":[{"type":"output_text","text":"ab"}]}`, `completed`), start + "text \"a\"\ntext \"b\"\n" + stopped, io.EOF},
		{"ids alone", streamOf(`created`, `response.output_item.added {"item":{"type":"message","id":"x"}}`, `response.output_text.delta {"item_id":"x","delta":"a"}`, `response.output_text.delta {"item_id":"y","delta":"b"}`, `response.output_item.done {"item":{"type":"message","id":"x","content":[{"type":"output_text","text":"a"}]}}`, `completed`), start + "text \"a\"\ntext \"b\"\n" + stopped, io.EOF},
		{"two messages", streamOf(`created`, text("a"), `done 0 `+said("a"), `response.output_text.delta {"output_index":1,"content_index":0,"delta":"b"}`, `completed`), start + "text \"a\"\ntext \"b\"\n" + stopped, io.EOF},
		{"log probabilities", streamOf(`created`, `response.output_text.delta {"output_index":0,"content_index":0,"delta":"a","logprobs":[{"token":"a"}]}`, text("b"), `completed`), start + "text \"a\"{\"content\":[{\"token\":\"a\"}],\"refusal\":null}\ntext \"b\"\n" + stopped, io.EOF},
		{"a refusal", streamOf(`created`, `response.refusal.delta {"output_index":0,"content_index":0,"delta":"n"}`, `response.refusal.delta {"output_index":0,"content_index":0,"delta":"o"}`, `response.refusal.done {"output_index":0,"content_index":0,"refusal":"no"}`, `completed`), start + "refusal \"n\"\nrefusal \"o\"\n" + stopped, io.EOF},
		{"sources", streamOf(`created`, text("a"), `response.output_text.annotation.added {"output_index":0,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","url":"u"}}`, `response.output_text.annotation.added {"output_index":0,"content_index":0,"annotation_index":1,"annotation":{"type":"file_citation","file_id":"f"}}`, `done 0 {"type":"message","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"u"}]}]}`, `completed`), start + "text \"a\"\nsource u\n" + stopped, io.EOF},
		{"sources in the end", streamOf(`created`, text("a"), `done 0 {"type":"message","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"u"}]}]}`, `completed`), start + "text \"a\"\nsource u\n" + stopped, io.EOF},

		{
			"a summary", streamOf(`created`, `added 0 {"type":"reasoning","id":"rs"}`, thought(formSummary, 0, "a"), thought(formSummary, 0, "b"), `response.reasoning_summary_text.done {"output_index":0,"summary_index":0,"text":"ab"}`, thought(formSummary, 1, "c"), `done 0 {"type":"reasoning","summary":[{"text":"ab"},{"text":"c"}],"encrypted_content":"e"}`, `completed`),
			start + "thought \"a\"\nthought \"b\"\nthought \"\\n\\n\"\nthought \"c\"\nsignature e openai\n" + stopped, io.EOF,
		},
		{"a summary in the end", streamOf(`created`, `done 0 {"type":"reasoning","summary":[{"text":"ab"},{"text":"c"}]}`, `completed`), start + "thought \"ab\"\nthought \"\\n\\n\"\nthought \"c\"\n" + stopped, io.EOF},
		{"thoughts in full", streamOf(`created`, thought(formText, 0, "a"), thought(formText, 0, "b"), `response.reasoning_text.done {"output_index":0,"content_index":0,"text":"abc"}`, `done 0 {"type":"reasoning","content":[{"type":"reasoning_text","text":"abc"}],"summary":[]}`, `completed`), start + "thought \"a\"\nthought \"b\"\nthought \"c\"\n" + stopped, io.EOF},
		{"thoughts in two forms", streamOf(`created`, thought(formText, 0, "a"), thought(formSummary, 0, "A"), `done 0 {"type":"reasoning","content":[{"type":"reasoning_text","text":"a"}],"summary":[{"text":"A"}]}`, `completed`), start + "thought \"a\"\n" + stopped, io.EOF},
		{"encrypted reasoning alone", streamOf(`created`, `done 0 {"type":"reasoning","summary":[],"encrypted_content":"e"}`, `completed`), start + "thought \"\"\nsignature e openai\n" + stopped, io.EOF},

		{"a call", streamOf(`created`, `added 0 `+call, args(0, `{"a"`), args(0, `:1}`), `response.function_call_arguments.done {"output_index":0,"arguments":"{\"a\":1}"}`, `done 0 {"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}","status":"completed"}`, `completed`), start + "tool 0 c f\nargs 0 {\"a\"\nargs 0 :1}\ntool end 0\n" + called, io.EOF},
		{"arguments only when done", streamOf(`created`, `added 0 `+call, `response.function_call_arguments.done {"output_index":0,"arguments":"{\"a\":1}"}`, `completed`), start + "tool 0 c f\nargs 0 {\"a\":1}\ntool end 0\n" + called, io.EOF},
		{"arguments only in the item", streamOf(`created`, `added 0 `+call, `done 0 {"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"}`, `completed`), start + "tool 0 c f\nargs 0 {\"a\":1}\ntool end 0\n" + called, io.EOF},
		{"arguments before the name", streamOf(`created`, args(0, `{"a"`), args(0, `:1}`), `done 0 {"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"}`, `completed`), start + "tool 0 c f\nargs 0 {\"a\":1}\ntool end 0\n" + called, io.EOF},
		{"all arguments before the name", streamOf(`created`, args(0, `{"a"`), `response.function_call_arguments.done {"output_index":0,"arguments":"{\"a\":1}"}`, `done 0 {"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"}`, `completed`), start + "tool 0 c f\nargs 0 {\"a\":1}\ntool end 0\n" + called, io.EOF},
		{"pieces after the end of the item", streamOf(`created`, text("a"), `done 0 `+said("a"), text("b"), thought(formSummary, 0, "c"), args(0, `{}`), `added 0 `+call, `done 0 `+said("ab"), `completed`), start + "text \"a\"\n" + stopped, io.EOF},
		{"a thought only when done", streamOf(`created`, `response.reasoning_summary_text.done {"output_index":0,"summary_index":0,"text":"t"}`, `done 0 {"type":"reasoning","summary":[{"text":"t"}]}`, `completed`), start + "thought \"t\"\n" + stopped, io.EOF},
		{"a name when done", streamOf(`created`, args(0, `{}`), `response.function_call_arguments.done {"output_index":0,"item_id":"fc","name":"f","arguments":"{}"}`, `completed`), start + "tool 0 fc f\nargs 0 {}\ntool end 0\n" + called, io.EOF},
		{"no arguments", streamOf(`created`, `added 0 `+call, `done 0 {"type":"function_call","call_id":"c","name":"f","arguments":"","status":"completed"}`, `completed`), start + "tool 0 c f\nargs 0 {}\ntool end 0\n" + called, io.EOF},
		{"no arguments, left open", streamOf(`created`, `added 0 `+call, `completed`), start + "tool 0 c f\nargs 0 {}\ntool end 0\n" + called, io.EOF},
		{"calls that take turns", streamOf(`created`, `added 0 `+call, `added 1 {"type":"function_call","call_id":"d","name":"g"}`, args(0, `{`), args(1, `{}`), args(0, `}`), `completed`), start + "tool 0 c f\ntool 1 d g\nargs 0 {\nargs 1 {}\nargs 0 }\ntool end 0\ntool end 1\n" + called, io.EOF},
		{"a call that is cut off", streamOf(`created`, `added 0 `+call, args(0, `{"a"`), `done 0 {"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\"","status":"incomplete"}`, `incomplete max_output_tokens`), start + "tool 0 c f\nargs 0 {\"a\"\ntool end 0\nfinish length (max_output_tokens)\nend\n", io.EOF},
		{"a call that is cut off at once", streamOf(`created`, `added 0 `+call, `incomplete max_output_tokens`), start + "tool 0 c f\ntool end 0\nfinish length (max_output_tokens)\nend\n", io.EOF},
		{"a call without ids", streamOf(`created`, `added 0 {"type":"function_call","name":"f"}`, `completed`), start + "tool 0 " + inventedID("call_", "r1", 0) + " f\nargs 0 {}\ntool end 0\n" + called, io.EOF},
		{"a call in a namespace", streamOf(`created`, `added 0 {"type":"function_call","call_id":"c","name":"f","namespace":"n"}`, `completed`), start + "tool 0 c n::f\nargs 0 {}\ntool end 0\n" + called, io.EOF},
		{"a custom tool's call", streamOf(`created`, `added 0 {"type":"custom_tool_call","call_id":"c","name":"p","input":""}`, `response.custom_tool_call_input.delta {"output_index":0,"delta":"i"}`, `response.custom_tool_call_input.done {"output_index":0,"input":"i"}`, `done 0 {"type":"custom_tool_call","call_id":"c","name":"p","input":"i"}`, `completed`), start + `opaque {"id":"c","type":"custom","custom":{"name":"p","input":"i"}} openai` + "\n" + called, io.EOF},
		{"hosted tools", streamOf(`created`, `added 0 {"type":"web_search_call","id":"ws","status":"in_progress"}`, `response.web_search_call.searching {"output_index":0,"item_id":"ws"}`, `done 0 {"type":"web_search_call","id":"ws"}`, `response.output_text.delta {"output_index":1,"delta":"a"}`, `completed`), start + `opaque {"type":"web_search_call","id":"ws"} openai_responses` + "\ntext \"a\"\n" + stopped, io.EOF},
		{"an image", streamOf(`created`, `response.image_generation_call.partial_image {"output_index":0,"partial_image_b64":"BBBB"}`, `done 0 {"type":"image_generation_call","result":"AAAA"}`, `completed`), start + "media image/png AAAA\n" + stopped, io.EOF},
		{"filtered", streamOf(`created`, text("a"), `incomplete content_filter`), start + "text \"a\"\nfinish content_filter (content_filter)\nend\n", io.EOF},
		{"called off", streamOf(`created`, text("a"), `response.`+statusCanceled+` {"response":{"id":"r1"}}`), start + "text \"a\"\nfinish error (" + statusCanceled + ")\nend\n", io.EOF},

		{"an error", streamOf(`created`, `error {"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"m","param":null}}`, `response.failed {"response":{"status":"failed"}}`), start + "error insufficient_quota: m\n", io.EOF},
		{"an error of the documented form", streamOf(`created`, text("a"), `error {"code":"server_error","message":"m","param":null}`), start + "text \"a\"\nerror server_error: m\n", io.EOF},
		{"a failure", streamOf(`created`, `response.failed {"response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"m"},"usage":{"input_tokens":3,"output_tokens":1}}}`), start + "usage 3 1\nerror rate_limit_exceeded: m\n", io.EOF},
		{"an error without type", streamOf("event: error\ndata: {\"error\":{\"message\":\"m\",\"status_code\":400}}\n\n"), "error : m\n", io.EOF},
		{"a detail first", streamOf("data: {\"detail\":\"m\"}\n\n"), "error : m\n", io.EOF},

		{
			"a whole answer", whole(`{"type":"reasoning","summary":[{"text":"t"}],"encrypted_content":"e"},{"type":"message","content":[{"type":"output_text","text":"a","annotations":[{"url":"u"}]},{"type":"refusal","refusal":"no"}]},`+strings.Replace(call, `""`, `"{}"`, 1)+`,{"type":"image_generation_call","result":"AAAA"},{"type":"x"}`, `,"usage":{"input_tokens":9,"output_tokens":4}`),
			start + "thought \"t\"\nsignature e openai\ntext \"a\"\nsource u\nrefusal \"no\"\ntool 0 c f\nargs 0 {}\ntool end 0\nmedia image/png AAAA\nopaque {\"type\":\"x\"} openai_responses\n" + called, io.EOF,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(c.stream), llm.StreamOptions{}))
			if !errors.Is(err, c.err) {
				t.Errorf("ended with %v, want %v", err, c.err)
			}
			if diff := cmp.Diff(c.want, outline(events)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if err := legal(events); err != nil {
				t.Error(err)
			}
			slow, _ := drain(Dialect{}.NewStreamDecoder(iotest.OneByteReader(strings.NewReader(c.stream)), llm.StreamOptions{}))
			if diff := cmp.Diff(events, slow); diff != "" {
				t.Errorf("read byte by byte: -want +got\n%s", diff)
			}
			if errors.Is(c.err, io.EOF) {
				checkStream(t, c.name, encodeEvents(llm.View{Model: "public", ID: "x"}, events))
			}
		})
	}
}

func TestStreamDecoderFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("reset by peer")
	for _, c := range []struct {
		name   string
		body   io.Reader
		reason string
		class  llm.Class
	}{
		{"nothing", strings.NewReader(""), "empty", llm.ClassBadOutput},
		{"blank lines", strings.NewReader("\n\n\n"), "empty", llm.ClassBadOutput},
		{"an end marker alone", strings.NewReader("data: [DONE]\n\n"), "empty", llm.ClassBadOutput},
		{"a page", strings.NewReader("<html>busy</html>"), "malformed", llm.ClassBadOutput},
		{"no JSON", strings.NewReader("data: {\"type\":\n\n"), "malformed", llm.ClassBadOutput},
		{"no object", strings.NewReader("data: 1\n\n"), "malformed", llm.ClassBadOutput},
		{"an event that is too large", strings.NewReader("data: {" + strings.Repeat(" ", 1<<12) + "}\n\n"), "too_large", llm.ClassBadOutput},
		{"an answer that is too large", strings.NewReader("{" + strings.Repeat(" ", 1<<12) + "}"), "too_large", llm.ClassBadOutput},
		{"a broken connection", iotest.ErrReader(broken), "truncated", llm.ClassTransport},
		{"a connection that breaks", io.MultiReader(strings.NewReader(": x\n\n"), iotest.ErrReader(broken)), "truncated", llm.ClassTransport},
		{"a call without name", strings.NewReader(streamOf(`response.function_call_arguments.delta {"output_index":0,"delta":"{}"}`, `completed`)), "malformed", llm.ClassBadOutput},
		{"an error instead of a stream", strings.NewReader(`{"error":{"message":"busy"}}`), "", llm.ClassNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := drain(Dialect{}.NewStreamDecoder(c.body, llm.StreamOptions{MaxEvent: 1 << 11}))
			var e *llm.Error
			if !errors.As(err, &e) || e.Reason != c.reason || e.Class != c.class || e.Message == "" {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestStreamDecoderToolNames(t *testing.T) {
	t.Parallel()
	o := llm.StreamOptions{ToolNames: map[string]string{"f_1": "f.1"}}
	for _, body := range []string{
		streamOf(`created`, `added 0 {"type":"function_call","call_id":"c","name":"f_1"}`, `completed`),
		whole(`{"type":"function_call","call_id":"c","name":"f_1","arguments":"{}"}`, ``),
	} {
		events, _ := drain(Dialect{}.NewStreamDecoder(strings.NewReader(body), o))
		if got := outline(events); !strings.Contains(got, "tool 0 c f.1\n") {
			t.Errorf("got %s", got)
		}
	}
}

func TestStreamDecoderBuffered(t *testing.T) {
	t.Parallel()
	d := Dialect{}.NewStreamDecoder(strings.NewReader(longStream(2)), llm.StreamOptions{}).(*streamDecoder)
	if d.Buffered() {
		t.Error("something is at hand before the first read")
	}
	for {
		if _, err := d.Next(); err != nil {
			break
		}
		if !d.Buffered() {
			t.Error("all of it was read, but nothing is at hand")
		}
	}
}
