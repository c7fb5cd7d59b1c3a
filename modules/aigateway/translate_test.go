package aigateway

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestAppendExtra(t *testing.T) {
	t.Parallel()
	extra := func(names ...string) map[string]json.RawMessage {
		m := map[string]json.RawMessage{}
		for _, n := range names {
			m[n] = nil
		}
		return m
	}
	for name, c := range map[string]struct {
		names   []string
		extra   map[string]json.RawMessage
		carried []string
		want    []string
	}{
		"nothing":             {nil, nil, nil, nil},
		"all were carried":    {[]string{"x"}, extra("a", "b"), []string{"b", "a"}, []string{"x"}},
		"none were":           {nil, extra("c", "a", "b"), nil, []string{"a", "b", "c"}},
		"some were":           {nil, extra("c", "a", "b"), []string{"b"}, []string{"a", "c"}},
		"after what is there": {[]string{"z", "y"}, extra("b", "a"), nil, []string{"z", "y", "a", "b"}},
	} {
		if diff := cmp.Diff(c.want, appendExtra(c.names, c.extra, c.carried)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	answer := func(finish llm.Finish, parts ...llm.Part) *llm.Response {
		return &llm.Response{Choices: []llm.Choice{{Finish: finish, Message: llm.Message{Parts: parts}}}}
	}
	call := func(name, arguments string) llm.Part {
		return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "1", Name: name, Arguments: arguments}}
	}
	text := func(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }
	for name, c := range map[string]struct {
		response *llm.Response
		encoded  llm.Encoded
		want     *llm.Response
	}{
		"nothing was bent": {answer(llm.FinishToolCalls, call("a", "{}")), llm.Encoded{}, answer(llm.FinishToolCalls, call("a", "{}"))},
		"structured output": {
			answer(llm.FinishToolCalls, text("So: "), call("output", `{"a":1}`)),
			llm.Encoded{OutputTool: "output"},
			answer(llm.FinishStop, text("So: "), text(`{"a":1}`)),
		},
		"structured output that was cut": {answer(llm.FinishLength, call("output", `{"a"`)), llm.Encoded{OutputTool: "output"}, answer(llm.FinishLength, text(`{"a"`))},
		"a tool beside it":               {answer(llm.FinishToolCalls, call("other", "{}")), llm.Encoded{OutputTool: "output"}, answer(llm.FinishToolCalls, call("other", "{}"))},
		"names": {
			answer(llm.FinishToolCalls, call("a_b", "{}"), call("c", "{}"), text("a_b")),
			llm.Encoded{ToolNames: map[string]string{"a_b": "a.b"}},
			answer(llm.FinishToolCalls, call("a.b", "{}"), call("c", "{}"), text("a_b")),
		},
	} {
		restore(c.response, &c.encoded)
		if diff := cmp.Diff(c.want, c.response); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestDroppedIsOfTheTargetThatAnswered holds that a caller is not told that
// something was left out which the target that answered did get.
func TestDroppedIsOfTheTargetThatAnswered(t *testing.T) {
	t.Parallel()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(busy.Close)
	s := newSite(t, `{"providers":{"sim":{"type":"simulator"},"other":{"type":"anthropic","base_url":"`+busy.URL+`","api_keys":["{env.PATH}"]}},
		"models":{"m":{"targets":[{"target":"other/x"},{"target":"sim/echo"}],"strategy":"first"},"n":{"targets":[{"target":"other/x"}],"retry":{"retries":0}}}}`)
	w := s.chat(t, "m", `"logit_bias":{"1":1}`)
	if w.Code != 200 || w.Header().Get("Fairway-Target") != "sim/echo" || w.Header().Get("Fairway-Attempts") != "2" {
		t.Fatalf("status %d: %v %s", w.Code, w.Header(), w.Body)
	}
	if got := w.Header().Values("Fairway-Dropped-Params"); got != nil {
		t.Errorf("it is said that %v was dropped", got)
	}
	s.chat(t, "n", `"logit_bias":{"1":1}`)
	for _, r := range s.records(t) {
		if (len(r.Dropped) > 0) != (r.Model == "n") {
			t.Errorf("the record of %s says that %v was dropped", r.Model, r.Dropped)
		}
	}
}
