package aigateway

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/modules/gateway"
)

func TestAnthropicPages(t *testing.T) {
	t.Parallel()
	var list gateway.ModelList
	for _, name := range strings.Split("a b c d e f g h i j k l m n o p q r s t u v", " ") {
		list = append(list, gateway.Model{Name: name})
	}
	for query, want := range map[string]struct {
		names string
		more  bool
	}{
		"":                               {"abcdefghijklmnopqrst", true},
		"limit=3":                        {"abc", true},
		"limit=22":                       {"abcdefghijklmnopqrstuv", false},
		"limit=1000":                     {"abcdefghijklmnopqrstuv", false},
		"limit=3&after_id=c":             {"def", true},
		"limit=3&after_id=s":             {"tuv", false},
		"after_id=v":                     {"", false},
		"after_id=nobody&limit=2":        {"op", true},
		"limit=3&before_id=e":            {"bcd", true},
		"limit=3&before_id=d":            {"abc", false},
		"limit=3&before_id=b":            {"a", false},
		"before_id=a":                    {"", false},
		"before_id=nobody&limit=2":       {"ab", true},
		"after_id=b&before_id=f":         {"cde", false},
		"after_id=b&before_id=f&limit=2": {"de", true},
		"after_id=f&before_id=b":         {"", false},
	} {
		page, err := anthropicPage(request(t, http.MethodGet, "/v1/models?"+query, ""), list)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		text, _ := json.Marshal(page)
		var got struct {
			Data    []struct{ ID string }
			HasMore bool    `json:"has_more"`
			First   *string `json:"first_id"`
			Last    *string `json:"last_id"`
		}
		if err := json.Unmarshal(text, &got); err != nil || got.Data == nil {
			t.Errorf("%s: %v: %s", query, err, text)
		}
		names := ""
		for _, m := range got.Data {
			names += m.ID
		}
		if names != want.names || got.HasMore != want.more {
			t.Errorf("%s: got %s, more %v", query, names, got.HasMore)
		}
		if ends := got.First != nil && got.Last != nil; ends != (names != "") || ends && *got.First+*got.Last != names[:1]+names[len(names)-1:] {
			t.Errorf("%s: the ends are wrong: %s", query, text)
		}
	}
	for _, limit := range []string{"0", "-1", "1001", "many", "1.5"} {
		if _, err := anthropicPage(request(t, http.MethodGet, "/v1/models?limit="+limit, ""), list); err == nil || err.Status != 400 || err.Param != "limit" {
			t.Errorf("a limit of %s: got %v", limit, err)
		}
	}
}

// TestModelsByDialect holds the shapes of lists and entries.
func TestModelsByDialect(t *testing.T) {
	t.Parallel()
	s := newSite(t, `{"providers":{"sim":{"type":"simulator"}},"expose":["sim/*"],"models":{"fast":{"targets":[{"target":"sim/echo"}]}}}`)
	for _, c := range []struct {
		path, header string
		// list is where the models are, name the field that names one.
		list, name string
		names      []string
		// entry is the model at the path itself.
		entry string
	}{
		{"/v1/models", "", "data", "id", []string{"fast", "sim/echo", "sim/slow"}, ""},
		{"/v1/models", "2023-06-01", "data", "id", []string{"fast", "sim/echo", "sim/slow"}, ""},
		{"/v1beta/models", "", "models", "name", []string{"models/fast", "models/sim/echo", "models/sim/slow"}, ""},
		{"/ollama/api/tags", "", "models", "model", []string{"fast", "sim/echo", "sim/slow"}, ""},
		{"/v1/models/sim/status-503", "", "", "id", nil, "sim/status-503"},
		{"/v1/models/fast", "2023-06-01", "", "display_name", nil, "fast"},
		{"/v1beta/models/fast", "", "", "name", nil, "models/fast"},
	} {
		r := request(t, http.MethodGet, c.path, "")
		if c.header != "" {
			r.Header.Set("Anthropic-Version", c.header)
		}
		w := s.do(t, r)
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != 200 || w.Header().Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: status %d: %v: %s", c.path, w.Code, err, w.Body)
			continue
		}
		if c.list == "" {
			if body[c.name] != c.entry {
				t.Errorf("%s: got %s", c.path, w.Body)
			}
			continue
		}
		var names []string
		list, _ := body[c.list].([]any)
		for _, m := range list {
			name, _ := m.(map[string]any)[c.name].(string)
			names = append(names, name)
		}
		if diff := cmp.Diff(c.names, names); diff != "" {
			t.Errorf("%s: %s", c.path, diff)
		}
	}
	if w := s.do(t, request(t, http.MethodGet, "/v1/models/nobody", "")); w.Code != 404 || code(t, w) != "model_not_found" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if w := s.do(t, request(t, http.MethodHead, "/v1/models", "")); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "" {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	t.Parallel()
	s := newSite(t, `{}`)
	for path, want := range map[string]string{"/v1/models": `"data":[]`, "/v1beta/models": `"models":[]`, "/ollama/api/tags": `"models":[]`} {
		if w := s.do(t, request(t, http.MethodGet, path, "")); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
		}
	}
}
