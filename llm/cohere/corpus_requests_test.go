package cohere

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// plain reads a request into values, without what may differ between requests
// that mean the same: defaults, texts that are empty or alone in a list, and
// whether what a tool found is a document or the text of one.
func plain(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	if v["stream"] == false {
		delete(v, "stream")
	}
	for _, m := range v["messages"].([]any) {
		m := m.(map[string]any)
		if text, ok := m["content"].(string); ok && m["role"] == "tool" {
			m["content"] = spaceless(text)
		}
		parts, ok := m["content"].([]any)
		if !ok {
			continue
		}
		var kept []any
		for _, p := range parts {
			p := p.(map[string]any)
			if p["type"] == "document" {
				data, _ := json.Marshal(p["document"].(map[string]any)["data"])
				p = map[string]any{"type": "text", "text": string(data)}
			}
			if p["text"] != "" {
				kept = append(kept, p)
			}
		}
		switch {
		case len(kept) == 0:
			delete(m, "content")
		case len(kept) == 1 && kept[0].(map[string]any)["type"] == "text":
			m["content"] = kept[0].(map[string]any)["text"]
		default:
			m["content"] = kept
		}
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
		images := slices.ContainsFunc(r.Messages, func(m llm.Message) bool {
			return slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return p.Kind == llm.PartImage })
		})
		if in.Stream != r.Stream || in.Model != r.Model || in.Tools != (len(r.Tools) > 0) || in.Images != images || in.Structured != (r.Output != nil) {
			t.Errorf("%s: inspected %+v", x.ID, in)
		}
		encoded, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: r.Model})
		if err != nil {
			t.Errorf("%s: encoding: %v", x.ID, err)
			continue
		}
		if len(encoded.Dropped) > 0 || len(encoded.Extra) != len(r.Extra) || encoded.ToolNames != nil {
			t.Errorf("%s: dropped %v, carried %v, renamed %v", x.ID, encoded.Dropped, encoded.Extra, encoded.ToolNames)
		}
		if diff := cmp.Diff(plain(t, body), plain(t, encoded.Body)); diff != "" {
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
