package bedrock

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

// event is a frame of an event.
func event(name, payload string) string {
	return string(endFrame(append(beginFrame(nil, kindEvent, name), payload...), 0))
}

func exception(name, payload string) string {
	return string(endFrame(append(beginFrame(nil, kindException, name), payload...), 0))
}

func add(block int, delta string) string {
	return event("contentBlockDelta", fmt.Sprintf(`{"contentBlockIndex":%d,"delta":%s,"p":"abc"}`, block, delta))
}

func begins(block int, start string) string {
	return event("contentBlockStart", fmt.Sprintf(`{"contentBlockIndex":%d,"p":"ab","start":%s}`, block, start))
}

func stops(block int) string {
	return event("contentBlockStop", fmt.Sprintf(`{"contentBlockIndex":%d}`, block))
}

func ends(reason string) string { return event("messageStop", `{"stopReason":"`+reason+`"}`) }

const used = `{"metrics":{"latencyMs":5},"usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5}}`

var (
	start    = event("messageStart", `{"p":"a","role":"assistant"}`)
	metadata = event("metadata", used)
)

func TestStreams(t *testing.T) {
	t.Parallel()
	text := start + add(0, `{"text":"H"}`) + add(0, `{"text":"é"}`) + stops(0)
	tests := []struct {
		about, body string
		o           llm.StreamOptions
		finish      llm.Finish
		native      string
		unused      bool
		want        []llm.Part
	}{
		{about: "a text that nothing announces", body: text + ends("end_turn") + metadata, finish: llm.FinishStop, native: "end_turn", want: []llm.Part{said1("Hé")}},
		{about: "no word on what it used", body: text + ends("end_turn"), finish: llm.FinishStop, native: "end_turn", unused: true, want: []llm.Part{said1("Hé")}},
		{about: "text after the end, and unknown events", body: event("novelty", `{"x":1}`) + text + ends("max_tokens") + event("novelty", `{}`) + metadata + text, finish: llm.FinishLength, native: "max_tokens", want: []llm.Part{said1("Hé")}},
		{
			about: "thoughts with what proves them", finish: llm.FinishStop, native: "end_turn",
			body: start + add(0, `{"reasoningContent":{"text":"t"}}`) + add(0, `{"reasoningContent":{"text":"u"}}`) + add(0, `{"reasoningContent":{"signature":"s"}}`) + stops(0) + add(1, `{"reasoningContent":{"redactedContent":"cmVk"}}`) + stops(1) + add(2, `{"text":"a"}`) + stops(2) + ends("end_turn") + metadata,
			want: []llm.Part{thinks("tu", "s"), {Kind: llm.PartRedacted, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`"cmVk"`)}, said1("a")},
		},
		{
			about: "calls", finish: llm.FinishToolCalls, native: "tool_use", o: llm.StreamOptions{ToolNames: map[string]string{"f_x": "f.x"}},
			body: start + add(0, `{"text":"a"}`) + stops(0) + begins(1, `{"toolUse":{"toolUseId":"c","name":"f_x"}}`) + add(1, `{"toolUse":{"input":""}}`) + add(1, `{"toolUse":{"input":"{\"a\""}}`) + add(1, `{"toolUse":{"input":":1}"}}`) + stops(1) +
				begins(2, `{"toolUse":{"toolUseId":"d","name":"g"}}`) + add(2, `{"toolUse":{"input":""}}`) + stops(2) + ends("tool_use") + metadata,
			want: []llm.Part{said1("a"), call("c", "f.x", `{"a":1}`), call("d", "g", "{}")},
		},
		{about: "a call that was cut off", body: start + begins(0, `{"toolUse":{"toolUseId":"c","name":"f"}}`) + ends("max_tokens") + metadata, finish: llm.FinishLength, native: "max_tokens", want: []llm.Part{call("c", "f", "")}},
		{about: "a block that begins twice", body: start + begins(0, `{"toolUse":{"toolUseId":"c","name":"f"}}`) + begins(0, `{"toolUse":{"toolUseId":"d","name":"g"}}`) + add(0, `{"toolUse":{"input":"{}"}}`) + ends("end_turn") + metadata, finish: llm.FinishToolCalls, native: "end_turn", want: []llm.Part{call("c", "f", "{}"), call("d", "g", "{}")}},
		{about: "arguments of no call", body: start + add(0, `{"toolUse":{"input":"{}"}}`) + begins(1, `{}`) + stops(1) + ends("tool_use") + metadata, finish: llm.FinishStop, native: "tool_use"},
		{
			about: "the form of the answer", finish: llm.FinishStop, native: "tool_use", o: llm.StreamOptions{OutputTool: "structured_output"},
			body: start + begins(0, `{"toolUse":{"toolUseId":"c","name":"structured_output"}}`) + add(0, `{"toolUse":{"input":"{\"a\""}}`) + add(0, `{"toolUse":{"input":":1}"}}`) + stops(0) + ends("tool_use") + metadata,
			want: []llm.Part{said1(`{"a":1}`)},
		},
		{
			about: "a tool of Amazon's own", finish: llm.FinishStop, native: "end_turn",
			body: start + begins(0, `{"toolUse":{"toolUseId":"c","name":"n","type":"server_tool_use"}}`) + add(0, `{"toolUse":{"input":"{\"q\":"}}`) + add(0, `{"toolUse":{"input":"1}"}}`) + stops(0) +
				begins(1, `{"toolResult":{}}`) + add(1, `{"toolResult":[{"text":"x"}]}`) + add(1, `{"toolResult":[{"text":"y"}]}`) + stops(1) + begins(2, `{"hologram":[1]}`) + stops(2) + ends("end_turn") + metadata,
			want: []llm.Part{opaque(`{"toolUse":{"input":{"q":1},"toolUseId":"c","name":"n","type":"server_tool_use"}}`), opaque(`{"toolResult":{"content":[{"text":"x"},{"text":"y"}]}}`), opaque(`{"hologram":[1]}`)},
		},
		{
			about: "an image and a source", finish: llm.FinishStop, native: "end_turn",
			body: start + begins(0, `{"image":{"format":"webp"}}`) + add(0, `{"image":{"source":{"bytes":"AAAA"}}}`) + stops(0) + add(1, `{"text":"a"}`) + add(1, `{"citation":{"title":"T","location":{"web":{"url":"u"}}}}`) + stops(1) + ends("end_turn") + metadata,
			want: []llm.Part{shownAs(llm.PartImage, llm.Media{MIMEType: "image/webp", Data: "AAAA"}), cited(said1("a"), llm.Citation{URL: "u", Title: "T"})},
		},
		{about: "a guardrail", body: start + add(0, `{"text":"no"}`) + stops(0) + ends("guardrail_intervened") + metadata, finish: llm.FinishContentFilter, native: "guardrail_intervened", want: []llm.Part{said1("no")}},
		{about: "text beside a spoiled call", body: start + add(0, `{"text":"a"}`) + ends("malformed_tool_use") + metadata, finish: llm.FinishStop, native: "malformed_tool_use", want: []llm.Part{said1("a")}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			for _, body := range []io.Reader{strings.NewReader(tt.body), iotest.OneByteReader(strings.NewReader(tt.body)), iotest.DataErrReader(strings.NewReader(tt.body))} {
				events, err := drain(Dialect{}.NewStreamDecoder(body, tt.o))
				if !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				if err := legal(events); err != nil {
					t.Error(err)
				}
				want := &llm.Response{Choices: []llm.Choice{choice(tt.native, tt.finish, tt.want...)}, Usage: &llm.Usage{Input: 3, Output: 2}}
				if tt.unused {
					want.Usage = nil
				}
				if diff := cmp.Diff(want, gather(events)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// failureFrame is a frame of an error that is no exception.
func failureFrame(code, message string) string {
	dst := make([]byte, preludeSize)
	for _, h := range [][2]string{{":message-type", kindError}, {":error-code", code}, {":error-message", message}} {
		dst = appendHeader(dst, h[0], h[1])
	}
	binary.BigEndian.PutUint32(dst[4:], uint32(len(dst)-preludeSize))
	return string(endFrame(dst, 0))
}

func TestStreamsThatBreak(t *testing.T) {
	t.Parallel()
	text := start + add(0, `{"text":"a"}`)
	flip := func(s string, at int) string { return s[:at] + string(s[at]^1) + s[at+1:] }
	next := add(0, `{"text":"b"}`)
	tests := []struct {
		about, body string
		unexpected  bool
		reason      string
		message     string
		status      int
		kind        string
	}{
		{about: "throttled", body: text + exception("throttlingException", `{"message":"Too many tokens"}`), message: "Too many tokens", status: 429, kind: "ThrottlingException"},
		{about: "throttled at once", body: exception("throttlingException", `{"message":"Too many requests"}`), message: "Too many requests", status: 429, kind: "ThrottlingException"},
		{about: "a model that failed", body: text + exception("modelStreamErrorException", `{"message":"m","originalStatusCode":500,"originalMessage":"x"}`), message: "m", status: 424, kind: "ModelStreamErrorException"},
		{about: "a busy service", body: text + exception("serviceUnavailableException", `{"message":"m"}`), status: 503, kind: "ServiceUnavailableException"},
		{about: "a failed service", body: text + exception("internalServerException", `{"message":"m"}`), status: 500, kind: "InternalServerException"},
		{about: "a slow model", body: text + exception("modelTimeoutException", `{"message":"m"}`), status: 408, kind: "ModelTimeoutException"},
		{about: "a bad request", body: text + exception("validationException", ``), status: 400, kind: "ValidationException"},
		{about: "an error", body: text + failureFrame("InternalError", "it broke"), message: "it broke", kind: "InternalError"},
		{about: "the end is missing", body: text, unexpected: true},
		{about: "half a frame", body: text + next[:30], unexpected: true},
		{about: "half a prelude", body: text + next[:5], unexpected: true},
		{about: "an altered prelude", body: text + flip(next, 2), reason: "malformed"},
		{about: "an altered header", body: text + flip(next, 20), reason: "malformed"},
		{about: "an altered payload", body: text + flip(next, len(next)-8), reason: "malformed"},
		{about: "an altered checksum", body: text + flip(next, len(next)-1), reason: "malformed"},
		{about: "an event that is no JSON", body: text + event("contentBlockDelta", `{"delta":`), reason: "malformed"},
		{about: "a long frame", body: text + add(0, `{"text":"`+strings.Repeat("b", 1000)+`"}`), reason: "too_large"},
		{about: "a spoiled call", body: start + ends("malformed_tool_use") + metadata, reason: "malformed", message: "the model's answer could not be used (malformed_tool_use)"},
		{about: "a refusal as text", body: `{"message":"no"}`, message: "no"},
		{about: "events of another kind", body: "data: {}\n\n", reason: "malformed"},
		{about: "nothing", body: "", reason: "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(tt.body), llm.StreamOptions{MaxEvent: 500}))
			for _, e := range events {
				if e.Kind == llm.EventError {
					err = e.Err
				}
				if e.Kind == llm.EventFinish || e.Kind == llm.EventEnd {
					t.Error("it has an end")
				}
			}
			check(t, "decoded", err, tt.unexpected, tt.reason, tt.message)
			var e *llm.Error
			if tt.kind != "" && (!errors.As(err, &e) || e.Type != tt.kind || tt.status != 0 && e.Status != tt.status) {
				t.Errorf("it is %+v", err)
			}
			if tt.reason == "too_large" || tt.body == "" {
				return
			}
			out, f, err := relayed(strings.NewReader(tt.body))
			if strings.HasPrefix(tt.about, "half") {
				check(t, "passed", err, false, "truncated", "")
			} else {
				check(t, "passed", err, tt.unexpected, tt.reason, tt.message)
			}
			if f.Finish != "" || len(out) > 0 && !strings.HasPrefix(text, string(out)) && string(out) != start {
				t.Errorf("passed %q", out)
			}
		})
	}
	broken := io.MultiReader(strings.NewReader(text), iotest.ErrReader(errors.New("reset")))
	_, err := drain(Dialect{}.NewStreamDecoder(broken, llm.StreamOptions{}))
	var e *llm.Error
	if !errors.As(err, &e) || e.Class != llm.ClassTransport {
		t.Errorf("a broken connection gives %v", err)
	}
}

// shape is a stream in a form that can be read.
func shape(t *testing.T, b []byte) (lines []string) {
	t.Helper()
	for _, raw := range framesOf(b) {
		var f frame
		if err := f.parse(raw); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(f.name)+" "+string(f.payload))
	}
	return lines
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	events := []llm.Event{
		{Kind: llm.EventStart, ID: "i", Model: "hidden"},
		{Kind: llm.EventPing},
		{Kind: llm.EventReasoning, Text: "t"},
		{Kind: llm.EventSignature, Signature: "s", Issuer: llm.IssuerAnthropic},
		{Kind: llm.EventRedacted, Data: json.RawMessage(`"cmVk"`), Issuer: llm.IssuerAnthropic},
		{Kind: llm.EventText, Text: "a\""},
		{Kind: llm.EventText, Text: ""},
		{Kind: llm.EventSignature, Signature: "s", Issuer: llm.IssuerGoogle},
		{Kind: llm.EventText, Choice: 1, Text: "other"},
		{Kind: llm.EventCitation, Citation: &llm.Citation{URL: "u", Title: "T"}},
		{Kind: llm.EventToolStart, Index: 0, ID: "c", Name: "f"},
		{Kind: llm.EventToolStart, Index: 1, ID: "d", Name: "g"},
		{Kind: llm.EventToolArguments, Index: 0, Text: `{"a"`},
		{Kind: llm.EventToolArguments, Index: 0, Text: `:1}`},
		{Kind: llm.EventToolEnd, Index: 0},
		{Kind: llm.EventMedia, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}},
		{Kind: llm.EventOpaque, Issuer: issuer, Data: json.RawMessage(`{"toolUse":{"toolUseId":"e","input":{"q":1},"type":"server_tool_use"}}`)},
		{Kind: llm.EventOpaque, Issuer: issuer, Data: json.RawMessage(`{"toolResult":{"content":[{"text":"x"}],"toolUseId":"e"}}`)},
		{Kind: llm.EventOpaque, Issuer: llm.IssuerGoogle, Data: json.RawMessage(`{"toolUse":{}}`)},
		{Kind: llm.EventFinish, Finish: llm.FinishToolCalls, NativeFinish: "x"},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 2}},
		{Kind: llm.EventEnd},
		{Kind: llm.EventText, Text: "late"},
	}
	want := []string{
		`messageStart {"role":"assistant"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"t"}}}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"s"}}}`,
		`contentBlockStop {"contentBlockIndex":0}`,
		`contentBlockDelta {"contentBlockIndex":1,"delta":{"reasoningContent":{"redactedContent":"cmVk"}}}`,
		`contentBlockStop {"contentBlockIndex":1}`,
		`contentBlockDelta {"contentBlockIndex":2,"delta":{"text":"a\""}}`,
		`contentBlockDelta {"contentBlockIndex":2,"delta":{"citation":{"title":"T","location":{"web":{"url":"u"}}}}}`,
		`contentBlockStop {"contentBlockIndex":2}`,
		`contentBlockStart {"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"c","name":"f"}}}`,
		`contentBlockStart {"contentBlockIndex":4,"start":{"toolUse":{"toolUseId":"d","name":"g"}}}`,
		`contentBlockDelta {"contentBlockIndex":3,"delta":{"toolUse":{"input":"{\"a\""}}}`,
		`contentBlockDelta {"contentBlockIndex":3,"delta":{"toolUse":{"input":":1}"}}}`,
		`contentBlockStop {"contentBlockIndex":3}`,
		`contentBlockStart {"contentBlockIndex":5,"start":{"image":{"format":"png"}}}`,
		`contentBlockDelta {"contentBlockIndex":5,"delta":{"image":{"source":{"bytes":"AAAA"}}}}`,
		`contentBlockStop {"contentBlockIndex":5}`,
		`contentBlockStart {"contentBlockIndex":6,"start":{"toolUse":{"toolUseId":"e","type":"server_tool_use"}}}`,
		`contentBlockDelta {"contentBlockIndex":6,"delta":{"toolUse":{"input":"{\"q\":1}"}}}`,
		`contentBlockStop {"contentBlockIndex":6}`,
		`contentBlockStart {"contentBlockIndex":7,"start":{"toolResult":{"toolUseId":"e"}}}`,
		`contentBlockDelta {"contentBlockIndex":7,"delta":{"toolResult":[{"text":"x"}]}}`,
		`contentBlockStop {"contentBlockIndex":7}`,
		`contentBlockStop {"contentBlockIndex":4}`,
		`messageStop {"stopReason":"tool_use"}`,
		`metadata {` + noMetrics + `,"usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5}}`,
	}
	s := Dialect{}.NewStreamEncoder(llm.View{})
	if s.ContentType() != "application/vnd.amazon.eventstream" {
		t.Errorf("it is %s", s.ContentType())
	}
	if diff := cmp.Diff(want, shape(t, encodeAll(s, events))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for status, name := range map[int]string{429: "throttlingException", 400: "validationException", 404: "validationException", 503: "serviceUnavailableException", 504: "modelStreamErrorException", 0: "internalServerException", 502: "internalServerException"} {
		out := encodeAll(Dialect{}.NewStreamEncoder(llm.View{}), []llm.Event{{Kind: llm.EventText, Text: "a"}, {Kind: llm.EventError, Err: &llm.Error{Status: status, Message: "no"}}, {Kind: llm.EventEnd}})
		want := []string{`messageStart {"role":"assistant"}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"a"}}`, name + ` {"message":"no"}`}
		if diff := cmp.Diff(want, shape(t, out)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", status, diff)
		}
		_, err := streamed(t, name, out)
		var e *llm.Error
		if !errors.As(err, &e) || e.Message != "no" {
			t.Errorf("%d reads as %v", status, err)
		}
	}
}

func TestRelay(t *testing.T) {
	t.Parallel()
	body := start + add(0, `{"text":"a\u00e9"}`) + add(0, `{"reasoningContent":{"text":"t"}}`) + begins(1, `{"toolUse":{"toolUseId":"c","name":"f"}}`) + add(1, `{"toolUse":{"input":"{}"}}`) + stops(1) + event("novelty", `{}`) + ends("end_turn") + metadata
	out, f, err := relayed(strings.NewReader(body))
	if err != nil || string(out) != body {
		t.Errorf("%v %q", err, out)
	}
	want := &llm.AnswerFacts{Finish: llm.FinishToolCalls, NativeFinish: "end_turn", Usage: llm.Usage{Input: 3, Output: 2}, HasUsage: true, Content: true, OutputBytes: 8}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out, f, err = relayed(strings.NewReader(start + add(0, "{\"text\":\"\xff\xfe\xfd\"}") + ends("end_turn")))
	if err != nil || string(out) != start+add(0, "{\"text\":\"\ufffd\"}")+ends("end_turn") || !f.Repaired {
		t.Errorf("%v %q", err, out)
	}
	if _, _, err := relayed(strings.NewReader("<html>")); err == nil {
		t.Error("a page passes")
	}
}

func TestSplitter(t *testing.T) {
	t.Parallel()
	long := add(0, `{"text":"`+strings.Repeat("x", 9000)+`"}`)
	var got []string
	s := Dialect{}.NewSplitter(iotest.HalfReader(strings.NewReader(start+long+stops(0)+"rest")), 0)
	for {
		raw, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(raw))
	}
	s.Release()
	if diff := cmp.Diff([]string{start, long, stops(0), "rest"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s = Dialect{}.NewSplitter(strings.NewReader(start+stops(0)+long[:50]), 0)
	defer s.Release()
	first, _ := s.Next()
	if !s.Buffered() || string(first) != start {
		t.Errorf("after %q nothing is at hand", first)
	}
	if _, err := s.Next(); err != nil || s.Buffered() {
		t.Error("half a frame is no frame")
	}
	for _, body := range []string{long, strings.Repeat("x", 1000)} {
		if _, err := (Dialect{}.NewSplitter(strings.NewReader(body), 100)).Next(); !errors.Is(err, sse.ErrTooLarge) {
			t.Errorf("a long frame gives %v", err)
		}
	}
}

// TestHeaders checks that headers of all types are passed by.
func TestHeaders(t *testing.T) {
	t.Parallel()
	values := [][]byte{{}, {}, {1}, {1, 2}, {1, 2, 3, 4}, make([]byte, 8), {0, 2, 'a', 'b'}, {0, 1, 'c'}, make([]byte, 8), make([]byte, 16)}
	dst := make([]byte, preludeSize)
	for kind, v := range values {
		dst = append(append(append(dst, 1, 'h'), byte(kind)), v...)
	}
	dst = appendHeader(dst, ":event-type", "messageStop")
	binary.BigEndian.PutUint32(dst[4:], uint32(len(dst)-preludeSize))
	raw := endFrame(append(dst, `{}`...), 0)
	var f frame
	if err := f.parse(raw); err != nil || string(f.name) != "messageStop" || string(f.payload) != "{}" {
		t.Errorf("%v %+v", err, f)
	}
	for _, headers := range []string{"\x05ab", "\x01h\x0a", "\x01h\x04ab", "\x01h\x07\x00", "\x01h\x07\x00\x09a", "\x01"} {
		dst := append(make([]byte, preludeSize), headers...)
		binary.BigEndian.PutUint32(dst[4:], uint32(len(headers)))
		if err := f.parse(endFrame(dst, 0)); err == nil {
			t.Errorf("headers %q pass", headers)
		}
	}
	prelude := make([]byte, preludeSize)
	for _, n := range [][2]uint32{{15, 0}, {16, 1}, {1 << 31, 0}} {
		binary.BigEndian.PutUint32(prelude, n[0])
		binary.BigEndian.PutUint32(prelude[4:], n[1])
		binary.BigEndian.PutUint32(prelude[8:], crc32.ChecksumIEEE(prelude[:8]))
		if _, err := frameLength(prelude); err == nil {
			t.Errorf("lengths %v pass", n)
		}
	}
	if !bytes.Equal(reframe(nil, f.headers[:0], nil)[:4], []byte{0, 0, 0, 16}) {
		t.Error("an empty frame has another length")
	}
}
