package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/openai"
	"github.com/fairwaygw/fairway/modules/providers/simulator"
)

func send(ctx context.Context, body string) (*llm.Answer, error) {
	return new(simulator.Simulator).Send(ctx, &llm.Outgoing{Operation: llm.OpChat, Body: []byte(body)})
}

// read returns an answer's status and text, and why it ended if not well.
func read(t testing.TB, body string) (int, string, error) {
	t.Helper()
	a, err := send(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if a.Length >= 0 && err == nil && int64(len(b)) != a.Length {
		t.Errorf("%d bytes came, and the length says %d", len(b), a.Length)
	}
	return a.Status, string(b), err
}

// ask makes a request out of a model, what the user says, and further fields.
func ask(model, text, fields string) string {
	quoted, _ := json.Marshal(text)
	if fields != "" {
		fields = "," + fields
	}
	return `{"model":"` + model + `","messages":[{"role":"system","content":"no"},{"role":"user","content":` + string(quoted) + `}]` + fields + `}`
}

// chunk is an answer or a part of one.
type chunk struct {
	ID, Object, Model string
	Choices           []struct {
		Index          int
		Message, Delta struct {
			Role      string
			Content   *string
			ToolCalls []struct {
				ID, Type string
				Function struct{ Name, Arguments string }
				Custom   struct{ Name, Input string }
			} `json:"tool_calls"`
		}
		FinishReason string `json:"finish_reason"`
	}
	Usage *usage
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
	Details    struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	More struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// said is what the first choice of an answer says.
type said struct {
	Content, Tool, Arguments, Finish string
	Choices                          int
	Usage                            usage
}

func (s *said) add(c chunk) {
	if c.Usage != nil {
		s.Usage = *c.Usage
	}
	for _, choice := range c.Choices {
		s.Choices = max(s.Choices, choice.Index+1)
		if choice.Index > 0 {
			continue
		}
		s.Finish += choice.FinishReason
		m := choice.Message
		if m.Role == "" {
			m = choice.Delta
		}
		if m.Content != nil {
			s.Content += *m.Content
		}
		for _, call := range m.ToolCalls {
			s.Tool += call.Function.Name + call.Custom.Name
			s.Arguments += call.Function.Arguments + call.Custom.Input
		}
	}
}

// both asks for an answer, whole and as a stream, which must say the same. It
// returns what, and the pieces of the stream's content.
func both(t *testing.T, body string) (said, []string) {
	t.Helper()
	status, text, err := read(t, body)
	if status != http.StatusOK || err != nil {
		t.Fatalf("got %d %s, %v", status, text, err)
	}
	var c chunk
	if err := json.Unmarshal([]byte(text), &c); err != nil || c.Object != "chat.completion" {
		t.Fatalf("got %s, %v", text, err)
	}
	if _, err := (openai.Dialect{}).DecodeResponse([]byte(text)); err != nil {
		t.Errorf("the gateway cannot read it: %v", err)
	}
	var whole, streamed said
	whole.add(c)

	body = strings.TrimSuffix(body, "}") + `,"stream":true,"stream_options":{"include_usage":true}}`
	status, text, err = read(t, body)
	if status != http.StatusOK || err != nil {
		t.Fatalf("got %d %s, %v", status, text, err)
	}
	var pieces []string
	events, ended := strings.CutSuffix(text, "data: [DONE]\n\n")
	if !ended {
		t.Errorf("the stream has no end: %s", text)
	}
	for event := range strings.SplitSeq(strings.TrimSuffix(events, "\n\n"), "\n\n") {
		var c chunk
		if err := json.Unmarshal([]byte(strings.TrimPrefix(event, "data: ")), &c); err != nil || c.Object != "chat.completion.chunk" {
			t.Fatalf("got %s, %v", event, err)
		}
		streamed.add(c)
		if len(c.Choices) > 0 && c.Choices[0].Index == 0 && c.Choices[0].Delta.Content != nil && *c.Choices[0].Delta.Content != "" {
			pieces = append(pieces, *c.Choices[0].Delta.Content)
		}
	}
	if d := cmp.Diff(whole, streamed); d != "" {
		t.Errorf("whole and streamed differ: %s", d)
	}
	d := openai.Dialect{}.NewStreamDecoder(strings.NewReader(text), llm.StreamOptions{MaxEvent: 1 << 20})
	for {
		if _, err := d.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the gateway cannot read the stream: %v", err)
		}
	}
	return whole, pieces
}

const tools = `"tools":[{"type":"function","function":{"name":"first","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}},` +
	`{"type":"function","function":{"name":"second"}},{"type":"custom","custom":{"name":"third"}}]`

func TestWhatIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		want   said
		pieces []string
	}{
		"echo": {
			ask("echo", "one  two\nthree ", ""),
			said{Content: "one  two\nthree ", Finish: "stop"},
			[]string{"one", "  two", "\nthree "},
		},
		"nothing": {ask("echo", "", ""), said{Finish: "stop"}, nil},
		"quotes, escapes and more than ASCII": {
			ask("echo", "say \"ä\u2003𝄞\"\t\\n \x01", ""),
			said{Content: "say \"ä\u2003𝄞\"\t\\n \x01", Finish: "stop"},
			[]string{"say", " \"ä", "\u2003𝄞\"", "\t\\n", " \x01"},
		},
		"parts": {
			`{"model":"echo","messages":[{"role":"user","content":[{"type":"text","text":"a "},{"type":"image_url","image_url":{"url":"data:"}},{"text":"b","type":"text"}]}]}`,
			said{Content: "a b", Finish: "stop"},
			[]string{"a", " b"},
		},
		"the last user message": {
			`{"model":"echo","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"content":"c","role":"user"},{"role":"developer","content":"d"}]}`,
			said{Content: "c", Finish: "stop"},
			[]string{"c"},
		},
		"results of tools": {
			`{"model":"echo","messages":[{"role":"user","content":"a"},{"role":"tool","content":"old"},{"role":"assistant","content":null},{"role":"tool","content":"x"},{"role":"tool","content":[{"type":"text","text":"y"}]}],"tool_choice":"required",` + tools + `}`,
			said{Content: "x\ny", Finish: "stop"},
			[]string{"x", "\ny"},
		},
		"words":          {ask("words-5", "a b", ""), said{Content: "a b a b a", Finish: "stop"}, []string{"a", " b", " a", " b", " a"}},
		"words of none":  {ask("words-2", "", ""), said{Content: "word word", Finish: "stop"}, []string{"word", " word"}},
		"max_tokens":     {ask("echo", "a b c", `"max_tokens":2`), said{Content: "a b", Finish: "length"}, []string{"a", " b"}},
		"enough":         {ask("echo", "a b c", `"max_completion_tokens":3`), said{Content: "a b c", Finish: "stop"}, []string{"a", " b", " c"}},
		"stop":           {ask("echo", "a b c b", `"stop":" b"`), said{Content: "a", Finish: "stop"}, []string{"a"}},
		"stops":          {ask("echo", "a b c", `"stop":["c","b"]`), said{Content: "a ", Finish: "stop"}, []string{"a "}},
		"tools, auto":    {ask("echo", "a", `"tool_choice":"auto",`+tools), said{Content: "a", Finish: "stop"}, []string{"a"}},
		"tools, none":    {ask("echo", "a", `"tool_choice":"none",`+tools), said{Content: "a", Finish: "stop"}, []string{"a"}},
		"tools, no word": {ask("echo", "a", tools), said{Content: "a", Finish: "stop"}, []string{"a"}},
		"required": {
			ask("echo", "a", `"tool_choice":"required",`+tools),
			said{Tool: "first", Arguments: `{"city":"text"}`, Finish: "tool_calls"},
			nil,
		},
		"named, without parameters": {
			ask("echo", "a", `"tool_choice":{"type":"function","function":{"name":"second"}},`+tools),
			said{Tool: "second", Arguments: `{}`, Finish: "tool_calls"},
			nil,
		},
		"custom": {
			ask("echo", "a b", `"tool_choice":{"type":"custom","custom":{"name":"third"}},`+tools),
			said{Tool: "third", Arguments: "a b", Finish: "tool_calls"},
			nil,
		},
		"allowed": {
			ask("echo", "a", `"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"second"}}]}},`+tools),
			said{Tool: "second", Arguments: `{}`, Finish: "tool_calls"},
			nil,
		},
		"allowed, auto": {
			ask("echo", "a", `"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"second"}}]}},`+tools),
			said{Content: "a", Finish: "stop"},
			[]string{"a"},
		},
		"arguments cut short": {
			ask("echo", "a", `"max_tokens":1,"tool_choice":"required",`+tools),
			said{Tool: "first", Arguments: `{"city":"tex`, Finish: "length"},
			nil,
		},
		"json_object": {
			ask("echo", `a "b"`, `"response_format":{"type":"json_object"}`),
			said{Content: `{"echo": "a \"b\""}`, Finish: "stop"},
			[]string{`{"echo": "a `, `\"b\""}`},
		},
		"json_schema": {
			ask("echo", "a", `"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"n":{"type":"integer","minimum":3}},"required":["n"]}}}`),
			said{Content: `{"n":3}`, Finish: "stop"},
			[]string{`{"n":3}`},
		},
		"format text": {ask("echo", "a", `"response_format":{"type":"text"}`), said{Content: "a", Finish: "stop"}, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, pieces := both(t, c.body)
			c.want.Choices = 1
			got.Usage = usage{}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.pieces, pieces); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAlternatives(t *testing.T) {
	got, _ := both(t, ask("echo", "a b", `"n":3`))
	if got.Choices != 3 || got.Content != "a b" || got.Usage.Completion != 6 {
		t.Errorf("got %+v", got)
	}
}

func TestTokens(t *testing.T) {
	got, _ := both(t, ask("echo", "12345678 b", "")) // 2 bytes of the system's message and 10 of the user's
	if want := (usage{Prompt: 3, Completion: 2, Total: 5}); got.Usage != want {
		t.Errorf("got %+v, want %+v", got.Usage, want)
	}
	got, _ = both(t, ask("echo", "a", `"simulate":{"tokens":{"prompt":10,"completion":5,"cached":4,"reasoning":2}}`))
	want := usage{Prompt: 10, Completion: 5, Total: 15}
	want.Details.Cached, want.More.Reasoning = 4, 2
	if got.Usage != want {
		t.Errorf("got %+v, want %+v", got.Usage, want)
	}
	if _, text, _ := read(t, ask("echo", "a", `"stream":true`)); strings.Contains(text, "usage") {
		t.Errorf("usage that nobody asked for: %s", text)
	}
}

func TestEqualRequestsHaveEqualAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time stands still
		_, a, _ := read(t, ask("echo", "a b", ""))
		_, b, _ := read(t, ask("echo", "a b", ""))
		_, c, _ := read(t, ask("echo", "a c", ""))
		if a != b || strings.Replace(a, "a b", "a c", 1) == c {
			t.Errorf("got %s, %s and %s", a, b, c)
		}
	})
}

func TestRequestsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		body              string
		status            int
		code, param, says string
	}{
		"no JSON":           {`{"model":"echo"`, 400, "invalid_json", "", ""},
		"no object":         {`[]`, 400, "invalid_value", "", ""},
		"no model":          {`{"messages":[]}`, 400, "invalid_value", "model", ""},
		"no messages":       {`{"model":"echo"}`, 400, "invalid_value", "messages", ""},
		"n":                 {ask("echo", "a", `"n":129`), 400, "invalid_value", "n", ""},
		"unknown model":     {ask("gpt-4", "a", ""), 404, "model_not_found", "model", "gpt-4"},
		"unknown word":      {ask("echo-fast", "a", ""), 404, "model_not_found", "model", ""},
		"bad duration":      {ask("latency-5", "a", ""), 404, "model_not_found", "model", ""},
		"no duration":       {ask("echo-latency", "a", ""), 404, "model_not_found", "model", ""},
		"long duration":     {ask("latency-2h", "a", ""), 404, "model_not_found", "model", ""},
		"bad status":        {ask("status-600", "a", ""), 404, "model_not_found", "model", ""},
		"many words":        {ask("words-100001", "a", ""), 404, "model_not_found", "model", ""},
		"simulate a list":   {ask("echo", "a", `"simulate":[]`), 400, "invalid_value", "simulate", "object"},
		"unknown option":    {ask("echo", "a", `"simulate":{"speed":1}`), 400, "invalid_value", "simulate.speed", "latency, delay"},
		"unknown fault":     {ask("echo", "a", `"simulate":{"fault":"fire"}`), 400, "invalid_value", "simulate.fault", "refuse, reset"},
		"latency a number":  {ask("echo", "a", `"simulate":{"latency":5}`), 400, "invalid_value", "simulate.latency", "200ms"},
		"after a text":      {ask("echo", "a", `"simulate":{"after":"5"}`), 400, "invalid_value", "simulate.after", "number"},
		"unknown tokens":    {ask("echo", "a", `"simulate":{"tokens":{"all":1}}`), 400, "invalid_value", "simulate.tokens.all", "prompt"},
		"negative tokens":   {ask("echo", "a", `"simulate":{"tokens":{"prompt":-1}}`), 400, "invalid_value", "simulate.tokens.prompt", ""},
		"no tools":          {ask("echo", "a", `"tool_choice":"required"`), 400, "invalid_value", "tools", ""},
		"a missing tool":    {ask("echo", "a", `"tool_choice":{"type":"function","function":{"name":"x"}},`+tools), 400, "invalid_value", "tool_choice", ""},
		"a nameless tool":   {ask("echo", "a", `"tool_choice":{"type":"function"},`+tools), 400, "invalid_value", "tool_choice", ""},
		"impossible schema": {ask("echo", "a", `"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}}}`), 400, "invalid_value", "response_format", "itself"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, body := range []string{c.body, strings.Replace(c.body, `"messages"`, `"stream":true,"messages"`, 1)} {
				status, text, err := read(t, body)
				e := llm.ParseError(status, nil, []byte(text))
				if status != c.status || err != nil || e.Code != c.code || e.Param != c.param || !strings.Contains(e.Message, c.says) {
					t.Errorf("got %d %s, %v", status, text, err)
				}
			}
		})
	}
}

func FuzzSend(f *testing.F) {
	for _, model := range []string{"echo", "words-3", "status-503-retry-1s", "reset-after-1", "truncate", "garbage", "error-after-1", "nothing"} {
		f.Add([]byte(ask(model, "one two", `"stream":true,"simulate":{"after":1,"tokens":{"prompt":1}},"tool_choice":"required",`+tools)))
		f.Add([]byte(ask(model, "one two", `"n":2,"stop":["x"],"max_tokens":1,"response_format":{"type":"json_object"}`)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond) // for what waits
		defer cancel()
		a, err := send(ctx, string(body))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, a.Body)
		_ = a.Body.Close()
	})
}

func BenchmarkSend(b *testing.B) {
	chat := strings.Repeat("a word ", 30)
	long := strings.Repeat("a word ", 30_000)
	for _, c := range []struct{ name, body string }{
		{"1KB", ask("echo", chat, `"user":"`+strings.Repeat("x", 600)+`"`)},
		{"1KB, 60 chunks", ask("echo", chat, `"stream":true,"stream_options":{"include_usage":true}`)},
		{"200KB", `{"model":"echo","messages":[{"role":"system","content":"` + long + `"},{"role":"user","content":"hello"}]}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := new(simulator.Simulator)
			o := &llm.Outgoing{Operation: llm.OpChat, Body: []byte(c.body)}
			buffer := make([]byte, 16<<10)
			b.ReportAllocs()
			for b.Loop() {
				a, err := s.Send(b.Context(), o)
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = a.Body.Read(buffer)
				}
				_ = a.Body.Close()
			}
		})
	}
}
