package gemini

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// plain reads a request into values under camelCase names, without what may
// differ between requests that mean the same:
//   - the model, which stands in the URL
//   - null, false and empty values, and the role of the system's instruction
//   - ids of calls, which are made up where there are none
//   - parts that say nothing, and the default form of an answer
//   - the spelling of schemas and of thinking levels
func plain(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	top := v.(map[string]any)
	delete(top, "model")
	top = camelled(top, "").(map[string]any)
	if s, ok := top["systemInstruction"].(map[string]any); ok {
		delete(s, "role")
	}
	return top
}

// verbatim are the fields whose values are the caller's own.
var verbatim = map[string]bool{"args": true, "response": true, "labels": true}

func camelled(v any, at string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, m := range v {
			k = camel(k)
			switch {
			case (at == "functionCall" || at == "functionResponse") && k == "id":
				continue
			case at == "functionDeclarations" && (k == "parameters" || k == "parametersJsonSchema"), k == "responseSchema", k == "responseJsonSchema":
				out["schema"] = fmt.Sprint(schemaNames(m))
				continue
			case k == "thinkingLevel":
				out[k] = strings.ToLower(m.(string))
				continue
			case k == "responseMimeType" && m == "text/plain":
				continue
			case !verbatim[k]:
				m = camelled(m, k)
			}
			switch m {
			case nil, false, "":
				continue
			}
			out[k] = m
		}
		if len(out) == 0 && at != "codeExecution" && at != "googleSearch" && at != "urlContext" && at != "args" {
			return nil
		}
		return out
	case []any:
		var out []any
		for _, e := range v {
			if e = camelled(e, at); e != nil {
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

// schemaNames are the properties of a schema, which no spelling changes.
func schemaNames(v any) map[string]any {
	out := map[string]any{}
	if m, ok := v.(map[string]any); ok {
		props, _ := m["properties"].(map[string]any)
		for name, p := range props {
			out[name] = schemaNames(p)
		}
	}
	return out
}

func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	n := 0
	for _, x := range recorded(t) {
		if x.Request == nil || len(x.Request.Body) == 0 {
			continue
		}
		body := []byte(x.Request.Body)
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
		target := llm.Target{Model: x.Model}
		if x.API == "vertex.generateContent" {
			target.Vendor = "vertex"
		}
		encoded, err := Dialect{}.AppendRequest(nil, r, target)
		if err != nil {
			t.Errorf("%s: encoding: %v", x.ID, err)
			continue
		}
		if len(encoded.Dropped) > 0 {
			t.Errorf("%s: dropped %v", x.ID, encoded.Dropped)
		}
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
