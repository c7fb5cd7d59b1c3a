package operations

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func TestRerank(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	const (
		jina = `{"model":"up","object":"list","usage":{"total_tokens":15},"results":[{"index":1,"relevance_score":0.71},{"index":0,"relevance_score":2e-05}]}`
		co   = `{"id":"r-1","results":[{"index":1,"relevance_score":0.71},{"index":0,"relevance_score":2e-05}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}`
	)
	for _, c := range []struct {
		name, provider, front, request string
		uri, sent, reply, want         string
		input                          int64
	}{
		{
			"jina", "oai", "/v1/rerank", `{"model":"MODEL","query":"q","documents":["a",{"text":"b","x":1}],"top_n":2,"return_documents":true}`,
			"/v1/rerank", `{"model":"UP","query":"q","documents":["a",{"text":"b","x":1}],"top_n":2,"return_documents":true}`, jina, strings.Replace(jina, `"up"`, `"MODEL"`, 1), 15,
		},
		{
			"cohere", "co", "/v2/rerank", `{"model":"MODEL","query":"q","documents":["a","b"],"max_tokens_per_doc":10}`,
			"/v2/rerank", `{"model":"UP","query":"q","documents":["a","b"],"max_tokens_per_doc":10}`, co, co, 0,
		},
		{
			"jina to cohere", "co", "/v1/rerank", `{"model":"MODEL","query":"q","documents":["a",{"text":"b"}],"top_n":2,"return_documents":true}`,
			"/v2/rerank", `{"model":"UP","query":"q","documents":["a","b"],"top_n":2}`, co,
			`{"id":"r-1","object":"list","model":"MODEL","results":[{"index":1,"relevance_score":0.71,"document":{"text":"b"}},{"index":0,"relevance_score":0.00002,"document":{"text":"a"}}],"usage":{"prompt_tokens":0,"total_tokens":0},"meta":{"billed_units":{"search_units":1}}}`, 0,
		},
		{
			"cohere to jina", "oai", "/v2/rerank", `{"model":"MODEL","query":"q","documents":["a","b"],"top_n":2}`,
			"/v1/rerank", `{"model":"UP","query":"q","documents":["a","b"],"top_n":2}`, strings.Replace(jina, `"model":"up"`, `"id":"j-1"`, 1),
			`{"id":"j-1","results":[{"index":1,"relevance_score":0.71},{"index":0,"relevance_score":0.00002}],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":15}}}`, 15,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := "r-" + strings.ReplaceAll(c.name, " ", "-")
			model := c.provider + "/" + name
			named := strings.NewReplacer("MODEL", model, "UP", name)
			up.On(name, fairwaytest.JSON(200, c.reply))
			a := g.Post(t, c.front, named.Replace(c.request))
			if a.Status != 200 {
				t.Fatalf("status %d: %s", a.Status, a.Body)
			}
			received(t, up, name, c.uri, named.Replace(c.sent))
			sameJSON(t, "the answer", a.Body, named.Replace(c.want))
			// Cohere bills searches; their tokens are an estimate.
			r := g.Record(t, a.ID())
			if r.Operation != "rerank" || r.Usage.Estimated != (c.input == 0) || c.input > 0 && r.Usage.Input != c.input {
				t.Errorf("recorded %s, %+v", r.Operation, r.Usage)
			}
		})
	}
	for _, c := range []struct{ path, body, code, param string }{
		{"/v1/rerank", `{"model":"oai/no","query":"q"}`, "missing_required_parameter", "documents"},
		{"/v1/rerank", `{"model":"co/no","query":"q","documents":[]}`, "invalid_value", "documents"},
		{"/v1/rerank", `{"model":"co/no","query":"q","documents":["a",7]}`, "invalid_type", "documents[1]"},
		{"/v1/rerank", `{"model":"co/no","query":"q","documents":["a"],"top_n":0}`, "invalid_value", "top_n"},
		{"/v1/rerank", `{"model":"co/no","query":"q","documents":["a"],"return_documents":1}`, "invalid_type", "return_documents"},
		{"/v1/rerank", `{"model":"gem/no","query":"q","documents":["a"]}`, "unsupported_operation", "model"},
	} {
		a := g.Post(t, c.path, c.body)
		if e := a.Error(t); a.Status != 400 || e.CodeOf() != c.code || e.ParamOf() != c.param {
			t.Errorf("%s: %d %s", c.body, a.Status, a.Body)
		}
	}
	// A place that no document has is no answer.
	up.On("astray", fairwaytest.JSON(200, `{"id":"x","results":[{"index":1,"relevance_score":0.5}]}`))
	if a := g.Post(t, "/v1/rerank", `{"model":"co/astray","query":"q","documents":["a"]}`); a.Status != 502 || a.Error(t).CodeOf() != "upstream_bad_response" {
		t.Errorf("astray: %d %s", a.Status, a.Body)
	}
}
