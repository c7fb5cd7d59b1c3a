package bedrock

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// plain reads a request into values, without what may differ between requests
// that mean the same: empty values, defaults, marks for guardrails, a document's
// citations and whether its text stands in base64, and two names of one field.
func plain(t *testing.T, body []byte) any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return normal(v, "")
}

func normal(v any, at string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, m := range v {
			switch {
			case at == "json" || at == "input":
				out[k] = m
				continue
			case k == "guardContent":
				return map[string]any{"text": m.(map[string]any)["text"].(map[string]any)["text"]}
			case k == "reasoning_config":
				k = "thinking"
			case at == "document" && k == "citations", k == "status" && m == "success", k == "toolChoice" && cmp.Equal(m, map[string]any{"auto": map[string]any{}}):
				continue
			case at == "document" && k == "source":
				if text, ok := m.(map[string]any)["text"].(string); ok {
					m = map[string]any{"bytes": []byte(text)}
					b, _ := json.Marshal(m)
					_ = json.Unmarshal(b, &m)
				}
			}
			if m = normal(m, k); m != nil {
				out[k] = m
			}
		}
		if len(out) == 0 && at != "json" && at != "input" {
			return nil
		}
		return out
	case []any:
		var out []any
		for _, e := range v {
			if at == "messages" && len(out) > 0 { // turns of one role are one
				last, next := out[len(out)-1].(map[string]any), normal(e, at).(map[string]any)
				if last["role"] == next["role"] {
					last["content"] = append(last["content"].([]any), next["content"].([]any)...)
					continue
				}
			}
			out = append(out, normal(e, at))
		}
		if len(out) == 0 {
			return nil
		}
		return out
	}
	return v
}

func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	n := 0
	var in llm.Inspection
	for _, x := range recorded(t) {
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
		limit := int64(0)
		if r.MaxTokens != nil {
			limit = *r.MaxTokens
		}
		if in.MaxTokens != limit || in.Structured != (r.Output != nil) || in.Reasoning != (r.Reasoning != nil) || !in.IncludeUsage {
			t.Errorf("%s: inspected %+v", x.ID, in)
		}
		encoded, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: x.Model})
		if err != nil {
			t.Errorf("%s: encoding: %v", x.ID, err)
			continue
		}
		if len(encoded.Dropped) > 0 || len(encoded.Extra) != len(r.Extra) || encoded.ToolNames != nil || encoded.OutputTool != "" {
			t.Errorf("%s: dropped %v, carried %v", x.ID, encoded.Dropped, encoded.Extra)
		}
		if diff := cmp.Diff(plain(t, body), plain(t, encoded.Body)); diff != "" {
			t.Errorf("%s: encoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		if got := (Dialect{}).EditRequest(nil, body, &in, llm.RequestEdit{Model: "x"}); !bytes.Equal(got, body) {
			t.Errorf("%s: edited to %s", x.ID, got)
		}
		n++
	}
	t.Logf("%d requests decoded and encoded again", n)
}
