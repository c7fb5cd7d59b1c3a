package manage

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is the description as a client gets it.
func document(t *testing.T) map[string]any {
	t.Helper()
	text, err := json.Marshal((&server{Options: Options{Prefix: "/fairway/v1"}}).OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc.(map[string]any)
}

// checker holds answers against the description.
type checker struct {
	t        *testing.T
	doc      map[string]any
	compiler *jsonschema.Compiler
	mux      *http.ServeMux
}

func newChecker(t *testing.T) *checker {
	c := &checker{t: t, doc: document(t), compiler: jsonschema.NewCompiler(), mux: http.NewServeMux()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := c.compiler.AddResource("mem:///openapi.json", c.doc); err != nil {
		t.Fatal(err)
	}
	for path := range c.doc["paths"].(map[string]any) {
		c.mux.Handle("/fairway/v1"+path, http.NotFoundHandler())
	}
	return c
}

// check holds an answer against what is described of its operation.
func (c *checker) check(r *http.Request, resp *httptest.ResponseRecorder) {
	c.t.Helper()
	_, pattern := c.mux.Handler(r)
	path, known := c.doc["paths"].(map[string]any)[strings.TrimPrefix(pattern, "/fairway/v1")].(map[string]any)
	if !known {
		return
	}
	method := strings.ToLower(r.Method)
	op, ok := path[method].(map[string]any)
	if !ok {
		return
	}
	responses := op["responses"].(map[string]any)
	status := strconv.Itoa(resp.Code)
	answer, ok := responses[status].(map[string]any)
	if !ok {
		if resp.Code < 400 {
			c.t.Errorf("%s %s answers %s, which is not described", r.Method, pattern, status)
		}
		status, answer = "default", responses["default"].(map[string]any)
	}
	content, _ := answer["content"].(map[string]any)
	kind := resp.Header().Get("Content-Type")
	if content == nil {
		return
	}
	if content[kind] == nil {
		c.t.Errorf("%s %s answers %s in %q, which is not described", r.Method, pattern, status, kind)
		return
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	at := "mem:///openapi.json#/paths/" + urlEscape(escape.Replace(strings.TrimPrefix(pattern, "/fairway/v1"))) + "/" + method + "/responses/" + status +
		"/content/" + urlEscape(escape.Replace(kind)) + "/schema"
	schema, err := c.compiler.Compile(at)
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(resp.Body.Bytes()))
	if err != nil {
		c.t.Errorf("%s %s: %v", r.Method, pattern, err)
		return
	}
	if err := schema.Validate(body); err != nil {
		c.t.Errorf("%s %s: the answer is not as described: %v\n%s", r.Method, pattern, err, resp.Body)
	}
}

func urlEscape(s string) string {
	return strings.NewReplacer("{", "%7B", "}", "%7D", "+", "%2B").Replace(s)
}

// TestOpenAPI: every route is described, with a name of its own.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	doc := document(t)
	ids := map[string]bool{}
	n := 0
	for path, ops := range doc["paths"].(map[string]any) {
		for method, op := range ops.(map[string]any) {
			n++
			id := op.(map[string]any)["operationId"].(string)
			if ids[id] {
				t.Errorf("%s %s: another operation is %s too", method, path, id)
			}
			ids[id] = true
		}
	}
	if want := len(new(server).routes()); n != want {
		t.Errorf("%d operations are described, of %d", n, want)
	}
	for name, schema := range doc["components"].(map[string]any)["schemas"].(map[string]any) {
		if schema == nil {
			t.Errorf("the schema %s is empty", name)
		}
	}
	w := newWorld(t)
	if resp := w.send("GET", "/fairway/v1/openapi.json", ""); resp.Code != 200 {
		t.Error(resp.Code)
	}
}
