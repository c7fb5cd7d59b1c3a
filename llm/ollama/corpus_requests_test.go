package ollama

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// plain reads a request into values, without what may differ between requests
// that mean the same: empty values, defaults, ids of calls, which are made up
// where there are none, and how often a tool is said to be a function.
func plain(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	if _, ok := v["stream"]; !ok {
		v["stream"] = true
	}
	for _, m := range v["messages"].([]any) {
		m := m.(map[string]any)
		delete(m, "tool_name")
		delete(m, "tool_call_id")
		calls, _ := m["tool_calls"].([]any)
		for _, c := range calls {
			c := c.(map[string]any)
			delete(c, "id")
			delete(c, "type")
			delete(c["function"].(map[string]any), "index")
		}
	}
	tools, _ := v["tools"].([]any)
	for _, c := range tools {
		delete(c.(map[string]any), "type")
	}
	stream := v["stream"]
	v = without(v).(map[string]any)
	v["stream"] = stream
	return v
}

// without is a value without members that say nothing.
func without(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k, e := range m {
		e = without(e)
		switch x := e.(type) {
		case nil:
			delete(m, k)
			continue
		case string:
			if x == "" {
				delete(m, k)
				continue
			}
		case []any:
			if len(x) == 0 {
				delete(m, k)
				continue
			}
		case map[string]any:
			if len(x) == 0 {
				delete(m, k)
				continue
			}
		}
		m[k] = e
	}
	return m
}

// stray are fields of recorded requests that the API does not have; they are
// not carried.
var stray = map[string]string{"ollama-chat-3a98f6b3": "temperature"}

func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	n := 0
	var in llm.Inspection
	for _, x := range recorded(t, "ollama.chat") {
		body := []byte(x.Request.Body)
		in.Reset()
		if err := (Dialect{}).Inspect(body, &in); err != nil {
			t.Errorf("%s: inspecting: %v", x.ID, err)
			continue
		}
		r, err := Dialect{}.DecodeRequest(body)
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		if in.Stream != x.Stream || r.Stream != x.Stream || in.Model != r.Model || in.Tools != (len(r.Tools) > 0) || in.Structured != (r.Output != nil) {
			t.Errorf("%s: inspected %+v", x.ID, in)
		}
		encoded, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: r.Model})
		if err != nil {
			t.Errorf("%s: encoding: %v", x.ID, err)
			continue
		}
		want := plain(t, body)
		if name := stray[x.ID]; name != "" {
			delete(want, name)
		} else if len(encoded.Dropped) > 0 || len(encoded.Extra) != len(r.Extra) {
			t.Errorf("%s: dropped %v, carried %v of %v", x.ID, encoded.Dropped, encoded.Extra, r.Extra)
		}
		if diff := cmp.Diff(want, plain(t, encoded.Body)); diff != "" {
			t.Errorf("%s: encoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		edited := Dialect{}.EditRequest(nil, body, &in, llm.RequestEdit{Model: "other", IncludeUsage: true})
		want, got := map[string]any{}, map[string]any{}
		_ = json.Unmarshal(body, &want)
		want["model"] = "other"
		if err := json.Unmarshal(edited, &got); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s: edited to %s", x.ID, edited)
		}
		n++
	}
	t.Logf("%d requests decoded and encoded again", n)
}
