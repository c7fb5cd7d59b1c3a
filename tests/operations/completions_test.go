package operations

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// piece is an answer, or a chunk of one, in the dialect of completions.
type piece struct {
	ID, Object, Model string
	Choices           []struct {
		Text   string
		Index  int
		Finish *string `json:"finish_reason"`
	}
	Usage *struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
	}
}

func TestCompletionsPass(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	const reply = `{"id":"cmpl-1","object":"text_completion","created":1,"model":"up","choices":[{"text":" four","index":0,"logprobs":{"tokens":[" four"]},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`
	up.On("plain", fairwaytest.JSON(200, reply))
	const body = `{"model":"MODEL","prompt":["2+2=",[1,2]],"echo":true,"best_of":2,"logprobs":1,"suffix":"x","x":1}`
	a := g.Post(t, "/v1/completions", strings.Replace(body, "MODEL", "oai/plain", 1))
	sameJSON(t, "whole", a.Body, strings.Replace(reply, `"up"`, `"oai/plain"`, 1))
	received(t, up, "plain", "/v1/completions", strings.Replace(body, "MODEL", "plain", 1))
	if r := g.Record(t, a.ID()); r.Operation != "completions" || r.Usage.Input != 5 || r.Usage.Output != 1 {
		t.Errorf("recorded %s, %+v", r.Operation, r.Usage)
	}

	chunk := func(text, finish string) string {
		return `{"id":"cmpl-1","object":"text_completion","created":1,"model":"up","choices":[{"text":"` + text + `","index":0,"logprobs":null,"finish_reason":` + finish + `}]}`
	}
	up.On("streamed", fairwaytest.SSE(chunk("fo", "null"), chunk("ur", "null"), chunk("", `"length"`),
		`{"id":"cmpl-1","object":"text_completion","created":1,"model":"up","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`, "[DONE]"))
	a = g.Post(t, "/v1/completions", `{"model":"oai/streamed","prompt":"2+2=","stream":true}`)
	text, finish, last := joined(t, a, "oai/streamed")
	if text != "four" || finish != "length" || last.Usage != nil {
		t.Errorf("got %q, %q, %+v", text, finish, last)
	}
	received(t, up, "streamed", "/v1/completions", `{"model":"streamed","prompt":"2+2=","stream":true,"stream_options":{"include_usage":true}}`)
	if r := g.Record(t, a.ID()); r.Usage.Input != 5 || r.Usage.Output != 2 || r.Finish != "length" {
		t.Errorf("recorded %+v", r)
	}
}

// joined reads a stream to its end.
func joined(t *testing.T, a *fairwaytest.Answer, model string) (text, finish string, last piece) {
	t.Helper()
	list, err := fairwaytest.Payloads(a.Body)
	if err != nil || a.Status != 200 || len(list) == 0 || list[len(list)-1] != "[DONE]" {
		t.Fatalf("status %d, %v: %s", a.Status, err, a.Body)
	}
	for _, data := range list[:len(list)-1] {
		last = piece{}
		if err := json.Unmarshal([]byte(data), &last); err != nil || last.Object != "text_completion" || last.Model != model {
			t.Fatalf("%v: %s", err, data)
		}
		for _, c := range last.Choices {
			if text += c.Text; c.Finish != nil {
				finish = *c.Finish
			}
		}
	}
	return text, finish, last
}

// TestCompletionsBecomeChats holds what becomes of a prompt before providers
// that have chat alone.
func TestCompletionsBecomeChats(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	up.On("whole", fairwaytest.JSON(200, fairwaytest.AnthropicMessage("four")))
	a := g.Post(t, "/v1/completions", `{"model":"claude/whole","prompt":["2+2="],"max_tokens":9,"stop":"END","echo":false,"suffix":null,"best_of":1,"logprobs":null,"logit_bias":{"1":2}}`)
	var got piece
	a.JSON(t, &got)
	if a.Status != 200 || got.Object != "text_completion" || got.Model != "claude/whole" || len(got.Choices) != 1 || got.Choices[0].Text != "four" ||
		got.Choices[0].Finish == nil || *got.Choices[0].Finish != "stop" || got.Usage == nil || got.Usage.Prompt != 12 || got.Usage.Completion != 7 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if d := a.Header.Get("Fairway-Dropped-Params"); d != "logit_bias" {
		t.Errorf("dropped %q", d)
	}
	var sent struct {
		MaxTokens int      `json:"max_tokens"`
		Stop      []string `json:"stop_sequences"`
		Messages  []struct {
			Role    string
			Content any
		}
	}
	last := up.Last(t, "whole")
	if err := json.Unmarshal(last.Body, &sent); err != nil || last.URI != "/v1/messages" || sent.MaxTokens != 9 || len(sent.Stop) != 1 || len(sent.Messages) != 1 || sent.Messages[0].Role != "user" ||
		!strings.Contains(string(last.Body), `2+2=`) {
		t.Errorf("sent %s %s", last.URI, last.Body)
	}
	if r := g.Record(t, a.ID()); r.Operation != "completions" || r.Usage.OutputTotal() != 7 {
		t.Errorf("recorded %+v", r)
	}

	// groq speaks the caller's own vendor's dialect, but has no completions.
	up.On("streamed", fairwaytest.SSE(fairwaytest.Completed("fo", "ur")...))
	a = g.Post(t, "/v1/completions", `{"model":"groq/streamed","prompt":"2+2=","stream":true,"stream_options":{"include_usage":true}}`)
	text, finish, end := joined(t, a, "groq/streamed")
	if text != "four" || finish != "stop" || end.Usage == nil || end.Usage.Prompt != 11 || len(end.Choices) != 0 {
		t.Errorf("got %q, %q, %+v", text, finish, end)
	}
	if r := up.Last(t, "streamed"); r.URI != "/v1/chat/completions" {
		t.Errorf("sent to %s", r.URI)
	}
	up.On("cut", fairwaytest.Stream("data: "+fairwaytest.Chunk(`{"content":"fo"}`, "")+"\n\n", 0))
	a = g.Post(t, "/v1/completions", `{"model":"groq/cut","prompt":"2+2=","stream":true}`)
	if list, err := fairwaytest.Payloads(a.Body); err != nil || len(list) < 2 || !strings.HasPrefix(list[len(list)-1], `{"error":`) {
		t.Errorf("cut: %v: %s", err, a.Body)
	}
}

func TestCompletionsRefused(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	for _, c := range []struct{ field, code, param string }{
		{`"prompt":["a","b"]`, "unsupported_parameter", "prompt"},
		{`"prompt":[1,2]`, "unsupported_parameter", "prompt"},
		{`"prompt":[]`, "invalid_value", "prompt"},
		{`"prompt":7`, "invalid_type", "prompt"},
		{`"max_tokens":1`, "missing_required_parameter", "prompt"},
		{`"prompt":"a","echo":true`, "unsupported_parameter", "echo"},
		{`"prompt":"a","suffix":"b"`, "unsupported_parameter", "suffix"},
		{`"prompt":"a","best_of":2`, "unsupported_parameter", "best_of"},
		{`"prompt":"a","logprobs":0`, "unsupported_parameter", "logprobs"},
		{`"prompt":"a","messages":[]`, "unsupported_parameter", "messages"},
		{`"prompt":"a","temperature":"hot"`, "invalid_type", "temperature"},
		{`"prompt":"a","api_key":"x"`, "unsupported_parameter", "api_key"},
	} {
		a := g.Post(t, "/v1/completions", `{"model":"gem/no",`+c.field+`}`)
		if e := a.Error(t); a.Status != 400 || e.CodeOf() != c.code || e.ParamOf() != c.param {
			t.Errorf("%s: %d %s", c.field, a.Status, a.Body)
		}
	}
	if n := len(up.All()); n > 0 {
		t.Errorf("%d requests reached the provider", n)
	}
}
