package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// exchange is one recorded call.
type exchange struct {
	ID      string `json:"id"`
	Family  string `json:"family"`
	Model   string `json:"model"`
	Stream  bool   `json:"stream"`
	Request *struct {
		Body json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status   int             `json:"status"`
		Body     json.RawMessage `json:"body"`
		BodyText string          `json:"body_text"`
	} `json:"response"`
}

// body is the answer's body as it came.
func (x *exchange) body() []byte {
	if x.Response.BodyText != "" {
		return []byte(x.Response.BodyText)
	}
	return x.Response.Body
}

// recorded returns the recorded calls of this dialect, none when they are not
// here.
func recorded(t testing.TB) []exchange {
	t.Helper()
	dir := os.Getenv("FAIRWAY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "exchanges", "*anthropic*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Logf("no recordings in %s: nothing checked", dir)
	}
	var list []exchange
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		var x exchange
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatal(p, err)
		}
		if x.Family == "anthropic_messages" {
			list = append(list, x)
		}
	}
	return list
}

// reading is an answer by a plain reading of it.
type reading struct {
	ID, Model, Text, Thoughts, Signatures string
	// Calls are those that the caller is to run, Other all other blocks.
	Calls, Other   []string
	URLs           []string
	Finish         llm.Finish
	Native         string
	Sequence       string
	Input, Output  int64
	Read, Written  int64
	Thinking       int64
	Searches       int64
	WrittenForHour int64
}

type plainUsage struct {
	InputTokens              *int64 `json:"input_tokens"`
	OutputTokens             *int64 `json:"output_tokens"`
	CacheReadInputTokens     *int64 `json:"cache_read_input_tokens"`
	CacheCreationInputTokens *int64 `json:"cache_creation_input_tokens"`
	CacheCreation            *struct {
		Hour int64 `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	OutputTokensDetails *struct {
		ThinkingTokens int64 `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
	ServerToolUse *struct {
		WebSearchRequests int64 `json:"web_search_requests"`
	} `json:"server_tool_use"`
}

func (r *reading) usage(u *plainUsage) {
	set := func(to *int64, from *int64) {
		if from != nil {
			*to = *from
		}
	}
	set(&r.Input, u.InputTokens)
	set(&r.Output, u.OutputTokens)
	set(&r.Read, u.CacheReadInputTokens)
	set(&r.Written, u.CacheCreationInputTokens)
	if u.CacheCreation != nil {
		r.WrittenForHour = u.CacheCreation.Hour
	}
	if u.OutputTokensDetails != nil {
		r.Thinking = u.OutputTokensDetails.ThinkingTokens
	}
	if u.ServerToolUse != nil {
		r.Searches = u.ServerToolUse.WebSearchRequests
	}
}

type plainMessage struct {
	ID, Model    string
	Content      []map[string]any
	StopReason   string `json:"stop_reason"`
	StopSequence string `json:"stop_sequence"`
	Usage        plainUsage
}

func (r *reading) message(m *plainMessage) {
	r.ID, r.Model = m.ID, m.Model
	r.usage(&m.Usage)
	r.stop(m.StopReason, m.StopSequence)
}

func (r *reading) stop(native, sequence string) {
	r.Native, r.Sequence = native, sequence
	switch native {
	case "end_turn", "stop_sequence", "pause_turn":
		r.Finish = llm.FinishStop
	case "max_tokens":
		r.Finish = llm.FinishLength
	case "tool_use":
		r.Finish = llm.FinishToolCalls
	case "refusal":
		r.Finish = llm.FinishContentFilter
	}
}

func (r *reading) block(b map[string]any) {
	text := func(key string) string { s, _ := b[key].(string); return s }
	switch b["type"] {
	case "text":
		r.Text += text("text")
		list, _ := b["citations"].([]any)
		for _, c := range list {
			r.cite(c)
		}
	case "thinking":
		r.Thoughts += text("thinking")
		r.Signatures += text("signature")
	case "tool_use":
		input, _ := json.Marshal(b["input"])
		r.Calls = append(r.Calls, text("id")+text("name")+string(input))
	case "redacted_thinking":
		r.Other = append(r.Other, text("data"))
	default:
		all, _ := json.Marshal(b)
		r.Other = append(r.Other, string(all))
	}
}

func (r *reading) cite(c any) {
	m, _ := c.(map[string]any)
	if url, _ := m["url"].(string); url != "" {
		r.URLs = append(r.URLs, url)
	}
}

// read reads a body the plain way.
func read(t testing.TB, body []byte) reading {
	t.Helper()
	var r reading
	if body = bytes.TrimSpace(body); body[0] == '{' {
		var m plainMessage
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		r.message(&m)
		for _, b := range m.Content {
			r.block(b)
		}
		return r
	}
	var blocks []map[string]any
	pieces := map[int]string{}
	for line := range strings.Lines(string(body)) {
		data, ok := strings.CutPrefix(line, "data:")
		if !ok {
			continue
		}
		var e struct {
			Type         string
			Index        int
			Message      plainMessage
			ContentBlock map[string]any `json:"content_block"`
			Delta        map[string]any
			Usage        plainUsage
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		text := func(key string) string { s, _ := e.Delta[key].(string); return s }
		switch e.Type {
		case "message_start":
			r.message(&e.Message)
		case "content_block_start":
			blocks = append(blocks, e.ContentBlock)
		case "content_block_delta":
			b := blocks[e.Index]
			for _, key := range []string{"text", "thinking", "signature"} {
				if s := text(key); s != "" {
					before, _ := b[key].(string)
					b[key] = before + s
				}
			}
			pieces[e.Index] += text("partial_json")
			if c, ok := e.Delta["citation"]; ok {
				r.cite(c)
			}
		case "message_delta":
			r.usage(&e.Usage)
			r.stop(text("stop_reason"), text("stop_sequence"))
		}
	}
	for i, b := range blocks {
		if pieces[i] != "" {
			var input any
			if err := json.Unmarshal([]byte(pieces[i]), &input); err != nil {
				t.Fatal(err)
			}
			b["input"] = input
		}
		r.block(b)
	}
	return r
}

// told reads a neutral answer the same way.
func told(t testing.TB, m *llm.Response) reading {
	t.Helper()
	c := &m.Choices[0]
	r := reading{ID: m.ID, Model: m.Model, Finish: c.Finish, Native: c.NativeFinish, Sequence: c.StopSequence}
	for _, p := range c.Message.Parts {
		switch p.Kind {
		case llm.PartText:
			r.Text += p.Text
			for _, c := range p.Citations {
				r.URLs = append(r.URLs, c.URL)
			}
		case llm.PartReasoning:
			r.Thoughts += p.Text
			r.Signatures += p.Signature
		case llm.PartToolCall:
			r.Calls = append(r.Calls, p.Call.ID+p.Call.Name+compact(t, p.Call.Arguments))
		case llm.PartRedacted:
			var data string
			if err := json.Unmarshal(p.Data, &data); err != nil {
				t.Error(err)
			}
			r.Other = append(r.Other, data)
		default:
			r.Other = append(r.Other, compact(t, string(p.Data)))
		}
		if p.Issuer != "" && p.Issuer != llm.IssuerAnthropic {
			t.Errorf("issued by %s", p.Issuer)
		}
	}
	if u := m.Usage; u != nil {
		r.Input, r.Output, r.Read, r.Written = u.Input, u.OutputTotal(), u.CacheRead, u.CacheWrite()
		r.Thinking, r.Searches, r.WrittenForHour = u.Reasoning, u.WebSearches, u.CacheWrite1h
	}
	return r
}

// compact is a JSON text with its keys in order and no spaces.
func compact(t testing.TB, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// decodeStream gathers a stream into an answer.
func decodeStream(t testing.TB, body io.Reader, o llm.StreamOptions) (*llm.Response, error) {
	t.Helper()
	r := &llm.Response{Choices: []llm.Choice{{Message: llm.Message{Role: llm.RoleAssistant}}}}
	d := Dialect{}.NewStreamDecoder(body, o)
	ended := false
	starts := 0
	for {
		events, err := d.Next()
		if err != nil {
			if err == io.EOF && !ended {
				t.Error("the stream ended without EventEnd")
			}
			if err == io.EOF {
				err = nil
			}
			return r, err
		}
		if len(events) == 0 {
			t.Fatal("no events and no error")
		}
		for i := range events {
			e := &events[i]
			if ended {
				t.Errorf("event %d after the end", e.Kind)
			}
			if e.Kind == llm.EventStart {
				starts++
			}
			if starts != 1 && e.Content() || starts > 1 {
				t.Errorf("event %d after %d starts", e.Kind, starts)
			}
			if e.Kind == llm.EventError {
				return r, e.Err
			}
			ended = collect(r, e)
		}
	}
}

// collect puts an event into an answer and reports whether it was the last.
func collect(r *llm.Response, e *llm.Event) bool {
	c := &r.Choices[0]
	parts := &c.Message.Parts
	add := func(p llm.Part) { *parts = append(*parts, p) }
	text := func(k llm.PartKind) {
		if n := len(*parts); n == 0 || (*parts)[n-1].Kind != k || (*parts)[n-1].Signature != "" {
			add(llm.Part{Kind: k})
		}
		(*parts)[len(*parts)-1].Text += strings.Clone(e.Text)
	}
	call := func() *llm.ToolCall {
		n := 0
		for i := range *parts {
			if (*parts)[i].Kind == llm.PartToolCall {
				if n == e.Index {
					return (*parts)[i].Call
				}
				n++
			}
		}
		return &llm.ToolCall{}
	}
	switch e.Kind {
	case llm.EventStart:
		r.ID, r.Model = e.ID, e.Model
	case llm.EventText:
		text(llm.PartText)
	case llm.EventReasoning:
		text(llm.PartReasoning)
	case llm.EventSignature:
		if n := len(*parts); n == 0 || (*parts)[n-1].Kind != llm.PartReasoning || (*parts)[n-1].Signature != "" {
			add(llm.Part{Kind: llm.PartReasoning})
		}
		p := &(*parts)[len(*parts)-1]
		p.Signature, p.Issuer = e.Signature, e.Issuer
	case llm.EventRedacted:
		add(llm.Part{Kind: llm.PartRedacted, Data: bytes.Clone(e.Data), Issuer: e.Issuer})
	case llm.EventOpaque:
		add(llm.Part{Kind: llm.PartOpaque, Data: bytes.Clone(e.Data), Issuer: e.Issuer})
	case llm.EventToolStart:
		add(llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: e.ID, Name: e.Name}})
	case llm.EventToolArguments:
		call().Arguments += e.Text
	case llm.EventCitation:
		text(llm.PartText)
		p := &(*parts)[len(*parts)-1]
		p.Citations = append(p.Citations, *e.Citation)
	case llm.EventFinish:
		c.Finish, c.NativeFinish, c.StopSequence = e.Finish, e.NativeFinish, e.StopSequence
	case llm.EventUsage:
		r.Usage = e.Usage
	case llm.EventEnd:
		return true
	}
	return false
}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, x := range recorded(t) {
		body := x.body()
		if x.Response.Status != 200 {
			counts["errors"]++
			_, err := Dialect{}.DecodeResponse(body)
			var e *llm.Error
			if !errors.As(err, &e) || e.Message == "" || e.Type == "" {
				t.Errorf("%s: error %+v", x.ID, err)
			}
			continue
		}
		var r *llm.Response
		var err error
		if x.Response.BodyText != "" {
			counts["streams"]++
			r, err = decodeStream(t, bytes.NewReader(body), llm.StreamOptions{})
		} else {
			counts["whole"]++
			r, err = Dialect{}.DecodeResponse(body)
		}
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		want := read(t, body)
		if diff := cmp.Diff(want, told(t, r)); diff != "" {
			t.Errorf("%s: decoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		if r.Usage == nil || r.Usage.Suspect {
			t.Errorf("%s: usage %+v", x.ID, r.Usage)
		}
		again(t, x.ID, r, want)
	}
	t.Logf("decoded and encoded again: %v", counts)
}

// again encodes an answer on the front, whole and streamed, and reads that.
func again(t *testing.T, id string, r *llm.Response, want reading) {
	t.Helper()
	v := llm.View{Model: "public", ID: "made-up"}
	want.Model = "public"
	want.URLs = nil // which only Anthropic's own citations hold
	whole, err := Dialect{}.AppendResponse(nil, r, v)
	if err != nil {
		t.Errorf("%s: %v", id, err)
		return
	}
	if diff := cmp.Diff(want, read(t, whole)); diff != "" {
		t.Errorf("%s: encoded otherwise (-want +got):\n%s", id, diff)
	}
	streamed := encodeStream(r, v)
	checkOrder(t, streamed)
	if diff := cmp.Diff(want, read(t, streamed)); diff != "" {
		t.Errorf("%s: streamed otherwise (-want +got):\n%s", id, diff)
	}
	back, err := decodeStream(t, bytes.NewReader(streamed), llm.StreamOptions{})
	if err != nil {
		t.Errorf("%s: what was streamed does not decode: %v", id, err)
		return
	}
	if diff := cmp.Diff(want, told(t, back)); diff != "" {
		t.Errorf("%s: streamed and decoded otherwise (-want +got):\n%s", id, diff)
	}
}

// checkOrder checks that a stream has one message, and one block open at a time.
func checkOrder(t testing.TB, stream []byte) {
	t.Helper()
	state, next := "", 0
	for event := range bytes.SplitSeq(bytes.TrimSuffix(stream, []byte("\n\n")), []byte("\n\n")) {
		name, data, ok := bytes.Cut(event, []byte("\ndata: "))
		var e struct {
			Type  string
			Index int
		}
		if err := json.Unmarshal(data, &e); err != nil || !ok || string(name) != "event: "+e.Type {
			t.Fatalf("%q: %v", event, err)
		}
		allowed := map[string]string{
			"message_start": "", "content_block_start": "message", "content_block_delta": "block", "content_block_stop": "block",
			"message_delta": "message", "message_stop": "delta",
		}
		if want, ok := allowed[e.Type]; ok && want != state {
			t.Fatalf("%s after %q in\n%s", e.Type, state, stream)
		}
		switch e.Type {
		case "message_start", "content_block_stop":
			state = "message"
		case "content_block_start":
			state = "block"
		case "message_delta":
			state = "delta"
		case "message_stop", "error":
			state = "end"
		}
		if strings.HasPrefix(e.Type, "content_block") && e.Index != next {
			t.Fatalf("index %d, want %d in\n%s", e.Index, next, stream)
		}
		if e.Type == "content_block_stop" {
			next++
		}
	}
	if state != "end" {
		t.Fatalf("no end in\n%s", stream)
	}
}

// encodeStream streams an answer on the front.
func encodeStream(r *llm.Response, v llm.View) []byte {
	s := Dialect{}.NewStreamEncoder(v)
	var dst []byte
	send := func(e llm.Event) { dst = s.Append(dst, &e) }
	send(llm.Event{Kind: llm.EventStart, ID: r.ID, Model: r.Model})
	for _, c := range r.Choices {
		index := 0
		for i := range c.Message.Parts {
			p := &c.Message.Parts[i]
			e := llm.Event{Choice: c.Index, Text: p.Text, Media: p.Media, Data: p.Data, Issuer: p.Issuer}
			switch p.Kind {
			case llm.PartText:
				e.Kind = llm.EventText
			case llm.PartReasoning:
				e.Kind = llm.EventReasoning
			case llm.PartRedacted:
				e.Kind = llm.EventRedacted
			case llm.PartOpaque:
				e.Kind = llm.EventOpaque
			case llm.PartToolCall:
				send(llm.Event{Kind: llm.EventToolStart, Choice: c.Index, Index: index, ID: p.Call.ID, Name: p.Call.Name, Signature: p.Signature, Issuer: p.Issuer})
				for _, piece := range p.Call.Arguments {
					send(llm.Event{Kind: llm.EventToolArguments, Choice: c.Index, Index: index, Text: string(piece)})
				}
				e = llm.Event{Kind: llm.EventToolEnd, Choice: c.Index, Index: index}
				index++
			}
			send(e)
			if p.Signature != "" && p.Kind == llm.PartReasoning {
				send(llm.Event{Kind: llm.EventSignature, Choice: c.Index, Signature: p.Signature, Issuer: p.Issuer})
			}
			for j := range p.Citations {
				send(llm.Event{Kind: llm.EventCitation, Choice: c.Index, Citation: &p.Citations[j]})
			}
		}
		send(llm.Event{Kind: llm.EventFinish, Choice: c.Index, Finish: c.Finish, NativeFinish: c.NativeFinish, StopSequence: c.StopSequence})
	}
	if r.Usage != nil {
		send(llm.Event{Kind: llm.EventUsage, Usage: r.Usage})
	}
	send(llm.Event{Kind: llm.EventEnd})
	return dst
}
