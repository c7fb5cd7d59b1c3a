package anthropic

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// plain reads a request into values, without what may differ between requests
// that mean the same:
//   - text that is one string or a list of one block
//   - null, false and empty values, but for those of a tool's
//   - messages of one role in a row
//   - the older place of a format
//   - who called a tool, and the citations of text and documents
//   - an image's type that does not fit the image
func plain(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var top map[string]any
	if err := json.Unmarshal(body, &top); err != nil {
		t.Fatal(err)
	}
	if f, ok := top["output_format"]; ok {
		top["output_config"] = map[string]any{"format": f}
		delete(top, "output_format")
	}
	top = bare(top, "").(map[string]any)
	var messages []any
	for _, m := range top["messages"].([]any) {
		m := m.(map[string]any)
		if n := len(messages); n > 0 {
			if last := messages[n-1].(map[string]any); last["role"] == m["role"] {
				last["content"] = append(last["content"].([]any), m["content"].([]any)...)
				continue
			}
		}
		messages = append(messages, m)
	}
	top["messages"] = messages
	return top
}

func bare(v any, at string) any {
	switch v := v.(type) {
	case map[string]any:
		if at == "input" || at == "input_schema" || at == "schema" {
			return v
		}
		if v["type"] == "tool_use" {
			delete(v, "caller")
		}
		if v["type"] == "document" {
			delete(v, "citations")
		}
		if data, ok := v["data"].(string); ok && strings.HasPrefix(data, "/9j/") {
			v["media_type"] = "image/jpeg"
		}
		out := map[string]any{}
		for k, m := range v {
			if s, ok := m.(string); ok && (k == "content" || k == "system") {
				m = []any{map[string]any{"type": "text", "text": s}}
			}
			switch m = bare(m, k); m {
			case nil, false, "":
				continue
			}
			out[k] = m
		}
		return out
	case []any:
		var out []any
		for _, e := range v {
			if e = bare(e, at); e != nil {
				out = append(out, e)
			}
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
	for _, x := range recorded(t) {
		if x.Request == nil || len(x.Request.Body) == 0 {
			continue
		}
		body := []byte(x.Request.Body)
		if strings.HasPrefix(x.ID, "vertex") { // which has the model in the path
			var top map[string]any
			_ = json.Unmarshal(body, &top)
			top["model"] = x.Model
			delete(top, "anthropic_version")
			body, _ = json.Marshal(top)
		}
		var in llm.Inspection
		if err := (Dialect{}).Inspect(body, &in); err != nil {
			t.Errorf("%s: inspecting: %v", x.ID, err)
			continue
		}
		r, err := Dialect{}.DecodeRequest(body)
		if err != nil {
			if x.Response.Status == 200 {
				t.Errorf("%s: %v", x.ID, err)
			}
			continue
		}
		if in.Model != r.Model || in.Stream != r.Stream || in.MaxTokens != *r.MaxTokens || in.Tools != (len(r.Tools) > 0) ||
			in.User != r.User || in.Structured != (r.Output != nil) || in.Reasoning != (r.Reasoning != nil) || !in.IncludeUsage {
			t.Errorf("%s: inspected %+v", x.ID, in)
		}
		encoded, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: x.Model, Strict: true})
		if err != nil {
			t.Errorf("%s: encoding: %v", x.ID, err)
			continue
		}
		if len(encoded.Dropped) > 0 || encoded.OutputTool != "" || encoded.ToolNames != nil {
			t.Errorf("%s: encoded %+v", x.ID, encoded)
		}
		// What documents ask for is reported: the neutral request has no word for it.
		delete(r.Extra, "messages.content.document.citations")
		if len(encoded.Extra) != len(r.Extra) {
			t.Errorf("%s: %v carried of %d extra fields", x.ID, encoded.Extra, len(r.Extra))
		}
		if diff := cmp.Diff(plain(t, body), plain(t, encoded.Body)); diff != "" {
			t.Errorf("%s: encoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		n++
	}
	t.Logf("%d requests decoded and encoded again", n)
}
