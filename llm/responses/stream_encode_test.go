package responses

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

var asPublic = llm.View{Model: "public", ID: "x", Created: time.Unix(9, 0)}

// sketch writes a stream as short lines: the type of each event without its
// first word, and what is new in it.
func sketch(t *testing.T, stream []byte) string {
	t.Helper()
	var b strings.Builder
	for _, data := range dataOf(string(stream)) {
		var e struct {
			Type, Delta, Text, Refusal, Arguments, Input, Message string
			At                                                    *int `json:"output_index"`
			Content                                               *int `json:"content_index"`
			Item, Part, Annotation                                json.RawMessage
			Response                                              *struct {
				Status string
				Output []struct{ Type string }
				Error  *struct{ Code string }
			}
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		b.WriteString(strings.TrimPrefix(e.Type, "response."))
		if e.At != nil {
			fmt.Fprintf(&b, " %d", *e.At)
		}
		if e.Content != nil {
			fmt.Fprintf(&b, ".%d", *e.Content)
		}
		for _, s := range []string{e.Delta, e.Text, e.Refusal, e.Arguments, e.Input, e.Message} {
			if s != "" {
				fmt.Fprintf(&b, " %q", s)
			}
		}
		if e.Item != nil {
			var item struct {
				Type, Status, Name string
				Encrypted          string `json:"encrypted_content"`
			}
			_ = json.Unmarshal(e.Item, &item)
			b.WriteString(strings.TrimRight(fmt.Sprintf(" %s %s %s%s", item.Type, item.Status, item.Name, item.Encrypted), " "))
		}
		if r := e.Response; r != nil && len(r.Output) > 0 {
			for _, i := range r.Output {
				b.WriteString(" " + i.Type)
			}
		}
		if r := e.Response; r != nil && r.Error != nil {
			b.WriteString(" error " + r.Error.Code)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	ev := func(kind llm.EventKind, text string) llm.Event { return llm.Event{Kind: kind, Text: text} }
	start, end := llm.Event{Kind: llm.EventStart, ID: "r1", Model: "up", Created: time.Unix(7, 0)}, llm.Event{Kind: llm.EventEnd}
	finish := func(f llm.Finish) llm.Event { return llm.Event{Kind: llm.EventFinish, Finish: f} }
	tool := func(index int, name string) llm.Event {
		return llm.Event{Kind: llm.EventToolStart, Index: index, ID: fmt.Sprint("c", index), Name: name}
	}
	args := func(index int, text string) llm.Event {
		return llm.Event{Kind: llm.EventToolArguments, Index: index, Text: text}
	}
	toolEnd := func(index int) llm.Event { return llm.Event{Kind: llm.EventToolEnd, Index: index} }
	sign := func(s, issuer string) llm.Event {
		return llm.Event{Kind: llm.EventSignature, Signature: s, Issuer: issuer}
	}
	const begun = "created\nin_progress\n"
	for _, c := range []struct {
		name   string
		events []llm.Event
		want   string
	}{
		{"nothing", []llm.Event{start, end}, begun + "completed\n"},
		{
			"text",
			[]llm.Event{start, ev(llm.EventText, "a\n"), ev(llm.EventText, ""), ev(llm.EventText, "\u2028😀"), finish(llm.FinishStop), {Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1}}, end},
			begun + "output_item.added 0 message in_progress\ncontent_part.added 0.0\noutput_text.delta 0.0 \"a\\n\"\noutput_text.delta 0.0 \"\\u2028😀\"\noutput_text.done 0.0 \"a\\n\\u2028😀\"\ncontent_part.done 0.0\noutput_item.done 0 message completed\ncompleted message\n",
		},
		{"never begun", []llm.Event{ev(llm.EventText, "a"), end}, begun + "output_item.added 0 message in_progress\ncontent_part.added 0.0\noutput_text.delta 0.0 \"a\"\noutput_text.done 0.0 \"a\"\ncontent_part.done 0.0\noutput_item.done 0 message completed\ncompleted message\n"},
		{
			"text and a refusal",
			[]llm.Event{start, ev(llm.EventText, "a"), ev(llm.EventRefusal, "n"), ev(llm.EventRefusal, "o"), finish(llm.FinishStop), end},
			begun + "output_item.added 0 message in_progress\ncontent_part.added 0.0\noutput_text.delta 0.0 \"a\"\noutput_text.done 0.0 \"a\"\ncontent_part.done 0.0\ncontent_part.added 0.1\nrefusal.delta 0.1 \"n\"\nrefusal.delta 0.1 \"o\"\nrefusal.done 0.1 \"no\"\ncontent_part.done 0.1\noutput_item.done 0 message completed\ncompleted message\n",
		},
		{
			"a source",
			[]llm.Event{start, ev(llm.EventText, "a"), {Kind: llm.EventCitation, Citation: &llm.Citation{URL: "u", Title: "t"}}, {Kind: llm.EventCitation, Citation: &llm.Citation{Title: "no address"}}, {Kind: llm.EventCitation, Citation: &llm.Citation{URL: "v"}}, end},
			begun + "output_item.added 0 message in_progress\ncontent_part.added 0.0\noutput_text.delta 0.0 \"a\"\noutput_text.annotation.added 0.0\noutput_text.annotation.added 0.0\noutput_text.done 0.0 \"a\"\ncontent_part.done 0.0\noutput_item.done 0 message completed\ncompleted message\n",
		},
		{
			"thoughts, text and calls",
			[]llm.Event{start, ev(llm.EventReasoning, "t"), ev(llm.EventReasoning, "u"), sign("s", llm.IssuerAnthropic), ev(llm.EventText, "a"), tool(0, "f"), args(0, `{`), args(0, `}`), toolEnd(0), finish(llm.FinishToolCalls), end},
			begun + "output_item.added 0 reasoning\nreasoning_summary_part.added 0\nreasoning_summary_text.delta 0 \"t\"\nreasoning_summary_text.delta 0 \"u\"\nreasoning_summary_text.done 0 \"tu\"\nreasoning_summary_part.done 0\noutput_item.done 0 reasoning  anthropic:s\n" +
				"output_item.added 1 message in_progress\ncontent_part.added 1.0\noutput_text.delta 1.0 \"a\"\noutput_text.done 1.0 \"a\"\ncontent_part.done 1.0\noutput_item.done 1 message completed\n" +
				"output_item.added 2 function_call in_progress f\nfunction_call_arguments.delta 2 \"{\"\nfunction_call_arguments.delta 2 \"}\"\nfunction_call_arguments.done 2 \"{}\"\noutput_item.done 2 function_call completed f\ncompleted reasoning message function_call\n",
		},
		{
			"calls that take turns, with text between",
			[]llm.Event{start, tool(0, "f"), tool(1, "g"), args(1, `{}`), ev(llm.EventText, "a"), args(0, `{}`), toolEnd(1), toolEnd(0), finish(llm.FinishToolCalls), end},
			begun + "output_item.added 0 function_call in_progress f\noutput_item.added 1 function_call in_progress g\nfunction_call_arguments.delta 1 \"{}\"\noutput_item.added 2 message in_progress\ncontent_part.added 2.0\noutput_text.delta 2.0 \"a\"\nfunction_call_arguments.delta 0 \"{}\"\nfunction_call_arguments.done 1 \"{}\"\noutput_item.done 1 function_call completed g\nfunction_call_arguments.done 0 \"{}\"\noutput_item.done 0 function_call completed f\noutput_text.done 2.0 \"a\"\ncontent_part.done 2.0\noutput_item.done 2 message completed\ncompleted function_call function_call message\n",
		},
		{"a call that nobody ends", []llm.Event{start, tool(0, "f"), args(0, `{"a`), finish(llm.FinishLength), end}, begun + "output_item.added 0 function_call in_progress f\nfunction_call_arguments.delta 0 \"{\\\"a\"\nfunction_call_arguments.done 0 \"{\\\"a\"\noutput_item.done 0 function_call incomplete f\nincomplete function_call\n"},
		{"pieces of a call that nobody began", []llm.Event{start, args(0, `{}`), toolEnd(0), end}, begun + "completed\n"},
		{
			"a signed call",
			[]llm.Event{start, {Kind: llm.EventToolStart, ID: "c", Name: "n::f", Signature: "g", Issuer: llm.IssuerGoogle}, args(0, `{}`), toolEnd(0), finish(llm.FinishToolCalls), end},
			begun + "output_item.added 0 reasoning\noutput_item.done 0 reasoning  call:google:g\noutput_item.added 1 function_call in_progress f\nfunction_call_arguments.delta 1 \"{}\"\nfunction_call_arguments.done 1 \"{}\"\noutput_item.done 1 function_call completed f\ncompleted reasoning function_call\n",
		},
		{
			"signatures alone",
			[]llm.Event{start, sign("e", llm.IssuerOpenAI), sign("g", llm.IssuerGoogle), {Kind: llm.EventRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic}, sign("", ""), end},
			begun + "output_item.added 0 reasoning\noutput_item.done 0 reasoning  e\noutput_item.added 1 reasoning\noutput_item.done 1 reasoning  redacted:anthropic:d\ncompleted reasoning reasoning\n",
		},
		{"what is opaque", []llm.Event{
			start,
			{Kind: llm.EventOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"c","type":"custom","custom":{"name":"p","input":"i"}}`)},
			{Kind: llm.EventOpaque, Issuer: issuerItems, Data: json.RawMessage("{\"type\":\n\"web_search_call\"}")},
			{Kind: llm.EventOpaque, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`{}`)},
			{Kind: llm.EventMedia, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}},
			{Kind: llm.EventMedia, Media: &llm.Media{MIMEType: "audio/wav", Data: "AAAA"}},
			end,
		}, begun + "output_item.added 0 custom_tool_call in_progress p\ncustom_tool_call_input.delta 0 \"i\"\ncustom_tool_call_input.done 0 \"i\"\noutput_item.done 0 custom_tool_call completed p\noutput_item.added 1 web_search_call\noutput_item.done 1 web_search_call\noutput_item.added 2 image_generation_call in_progress\nimage_generation_call.completed 2\noutput_item.done 2 image_generation_call completed\ncompleted custom_tool_call web_search_call image_generation_call\n"},
		{"another alternative", []llm.Event{start, {Kind: llm.EventText, Choice: 1, Text: "a"}, {Kind: llm.EventToolStart, Choice: 1, Name: "f"}, {Kind: llm.EventFinish, Choice: 1, Finish: llm.FinishLength}, end}, begun + "completed\n"},
		{"filtered", []llm.Event{start, ev(llm.EventText, "a"), finish(llm.FinishContentFilter), end}, begun + "output_item.added 0 message in_progress\ncontent_part.added 0.0\noutput_text.delta 0.0 \"a\"\noutput_text.done 0.0 \"a\"\ncontent_part.done 0.0\noutput_item.done 0 message incomplete\nincomplete message\n"},
		{"given up", []llm.Event{start, finish(llm.FinishError), end}, begun + "failed error server_error\n"},
		{"an error at once", []llm.Event{{Kind: llm.EventError, Err: &llm.Error{Code: "c", Message: "m"}}, ev(llm.EventText, "a"), end}, "error \"m\"\nfailed error c\n"},
		{"an error later", []llm.Event{start, sign("e", llm.IssuerOpenAI), ev(llm.EventText, "a"), {Kind: llm.EventError}}, begun + "output_item.added 0 reasoning\noutput_item.done 0 reasoning  e\noutput_item.added 1 message in_progress\ncontent_part.added 1.0\noutput_text.delta 1.0 \"a\"\nerror \"the call failed\"\nfailed reasoning error server_error\n"},
		{"begun twice", []llm.Event{start, start, end, end}, begun + "completed\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := encodeEvents(asPublic, c.events)
			if diff := cmp.Diff(c.want, sketch(t, out)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			checkStream(t, c.name, out)
		})
	}
}

func TestStreamEncoderPing(t *testing.T) {
	t.Parallel()
	enc := Dialect{}.NewStreamEncoder(asPublic)
	if got := string(enc.Append([]byte(">"), &llm.Event{Kind: llm.EventPing})); got != ">: ping\n\n" {
		t.Errorf("got %q", got)
	}
	if got := enc.ContentType(); got != "text/event-stream" {
		t.Errorf("got %q", got)
	}
}

func TestStreamEncoderBytes(t *testing.T) {
	t.Parallel()
	out := string(encodeEvents(asPublic, []llm.Event{
		{Kind: llm.EventStart}, {Kind: llm.EventText, Text: "a", LogProbs: json.RawMessage(`{"content":[{"token":"a"}],"refusal":null}`)}, {Kind: llm.EventText, Text: "b"}, {Kind: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 2}}, {Kind: llm.EventEnd},
	}))
	id := inventedID("msg_", "resp_x", 0)
	for _, want := range []string{
		`data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_x","object":"response","created_at":9,"status":"in_progress",`,
		"event: response.output_text.delta\ndata: " + `{"type":"response.output_text.delta","item_id":"` + id + `","output_index":0,"content_index":0,"delta":"a","logprobs":[{"token":"a"}],"sequence_number":4}` + "\n\n",
		`"delta":"b","logprobs":[],"sequence_number":5}`,
		`"text":"ab","logprobs":[{"token":"a"}]}`,
		`"usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":5},"user":null,"metadata":{}}}` + "\n\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if strings.Count(out, `"usage":null`) != 2 {
		t.Errorf("usage before the end in\n%s", out)
	}
}

// TestStreamEncoderError checks what two families of clients look at.
func TestStreamEncoderError(t *testing.T) {
	t.Parallel()
	out := string(encodeEvents(asPublic, []llm.Event{{Kind: llm.EventStart, ID: "r1"}, {Kind: llm.EventError, Err: &llm.Error{Status: 429, Type: "t", Code: "insufficient_quota", Message: "m", Param: "p"}}}))
	for _, want := range []string{
		"event: error\ndata: " + `{"type":"error","sequence_number":2,"code":"insufficient_quota","message":"m","param":"p","error":{"message":"m","type":"t","param":"p","code":"insufficient_quota"}}` + "\n\n",
		"event: response.failed\ndata: " + `{"type":"response.failed","sequence_number":3,"response":{"id":"r1",`,
		`"error":{"code":"insufficient_quota","message":"m"}`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestStreamRoundTrip(t *testing.T) {
	t.Parallel()
	events := []llm.Event{
		{Kind: llm.EventStart, ID: "r1", Model: "public", Created: time.Unix(7, 0).UTC()},
		{Kind: llm.EventReasoning, Text: "th"},
		{Kind: llm.EventReasoning, Text: "ought"},
		{Kind: llm.EventSignature, Signature: "e", Issuer: llm.IssuerOpenAI},
		{Kind: llm.EventText, Text: "te"},
		{Kind: llm.EventText, Text: "xt\x00\u2028"},
		{Kind: llm.EventCitation, Citation: &llm.Citation{URL: "u", Title: "t", Start: 1, End: 2}},
		{Kind: llm.EventRefusal, Text: "no"},
		{Kind: llm.EventToolStart, ID: "c", Name: "n::f"},
		{Kind: llm.EventToolArguments, Text: `{"a":`},
		{Kind: llm.EventToolArguments, Text: `1}`},
		{Kind: llm.EventToolEnd},
		{Kind: llm.EventOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"d","type":"custom","custom":{"name":"p","input":"i"}}`)},
		{Kind: llm.EventOpaque, Issuer: issuerItems, Data: json.RawMessage(`{"type":"web_search_call"}`)},
		{Kind: llm.EventMedia, Media: &llm.Media{MIMEType: "image/webp", Data: "AAAA"}},
		{Kind: llm.EventFinish, Finish: llm.FinishToolCalls, NativeFinish: "completed"},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 9, Output: 4}},
		{Kind: llm.EventEnd},
	}
	again, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(string(encodeEvents(asPublic, events))), llm.StreamOptions{}))
	if diff := cmp.Diff(outline(events), outline(again)); diff != "" {
		t.Errorf("-sent +arrived\n%s\n%v", diff, err)
	}
}

func TestStreamEncoderAllocates(t *testing.T) {
	enc := Dialect{}.NewStreamEncoder(asPublic)
	dst := enc.Append(nil, &llm.Event{Kind: llm.EventStart})
	dst = enc.Append(slices.Grow(dst[:0], 1<<10), &llm.Event{Kind: llm.EventText, Text: strings.Repeat("x", 1<<12)})
	dst = enc.Append(dst[:0], &llm.Event{Kind: llm.EventText, Text: strings.Repeat("x", 1<<14)})
	e := llm.Event{Kind: llm.EventText, Text: "a"}
	if n := testing.AllocsPerRun(100, func() { dst = enc.Append(dst[:0], &e) }); n > 0 {
		t.Errorf("%v allocations for a piece of text", n)
	}
}
