package operations

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestEmbeddings holds what reaches the provider and what the caller sees, for
// every front before every provider that has embeddings.
func TestEmbeddings(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	const (
		oai   = `{"object":"list","data":[{"object":"embedding","index":1,"embedding":[-2,1e-3]},{"object":"embedding","index":0,"embedding":[0.25,0.10000000000000001]}],"model":"up","usage":{"prompt_tokens":5,"total_tokens":5}}`
		gem   = `{"embeddings":[{"values":[0.25,0.10000000000000001]},{"values":[-2,1e-3]}]}`
		oll   = `{"model":"up","embeddings":[[0.25,0.10000000000000001],[-2,1e-3]],"total_duration":1,"prompt_eval_count":5}`
		co    = `{"id":"e-1","embeddings":{"float":[[0.25,0.10000000000000001],[-2,1e-3]]},"texts":["a","b"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":5}},"response_type":"embeddings_by_type"}`
		asOAI = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.25,0.1]},{"object":"embedding","index":1,"embedding":[-2,0.001]}],"model":"MODEL","usage":{"prompt_tokens":5,"total_tokens":5}}`
	)
	for _, c := range []struct {
		name, provider, front, request string
		uri, sent                      string
		reply, want                    string
		dropped                        string
		estimated                      bool
	}{
		{
			"openai", "oai", "/v1/embeddings", `{"model":"MODEL","input":["a","b"],"x":1}`,
			"/v1/embeddings", `{"model":"UP","input":["a","b"],"x":1}`, oai, strings.Replace(oai, `"up"`, `"MODEL"`, 1), "", false,
		},
		{
			"azure", "az", "/v1/embeddings", `{"model":"MODEL","input":"a"}`,
			"/openai/deployments/UP/embeddings?api-version=2024-10-21", `{"model":"UP","input":"a"}`, oai, strings.Replace(oai, `"up"`, `"MODEL"`, 1), "", false,
		},
		{
			"openai to gemini", "gem", "/v1/embeddings", `{"model":"MODEL","input":["a","b"],"dimensions":2,"user":"u","input_type":"query"}`,
			"/v1beta/models/UP:batchEmbedContents", `{"requests":[{"model":"models/UP","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":2},{"model":"models/UP","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":2}]}`,
			gem, "", "user", true,
		},
		{
			"openai to ollama", "oll", "/v1/embeddings", `{"model":"MODEL","input":["a","b"],"dimensions":2}`,
			"/api/embed", `{"model":"UP","input":["a","b"],"dimensions":2}`, oll, asOAI, "", false,
		},
		{
			"openai to cohere", "co", "/v1/embeddings", `{"model":"MODEL","input":["a","b"],"dimensions":2}`,
			"/v2/embed", `{"model":"UP","texts":["a","b"],"input_type":"search_document","embedding_types":["float"],"output_dimension":2}`, co, asOAI, "", false,
		},
		{
			"gemini", "gem", "/v1beta/models/MODEL:batchEmbedContents", `{"requests":[{"model":"models/MODEL","content":{"parts":[{"text":"a"}]}},{"model":"models/other","content":{"parts":[{"text":"b"}]},"y":[1]}]}`,
			"/v1beta/models/UP:batchEmbedContents", `{"requests":[{"model":"models/UP","content":{"parts":[{"text":"a"}]}},{"model":"models/UP","content":{"parts":[{"text":"b"}]},"y":[1]}]}`, gem, gem, "", true,
		},
		{
			"gemini, one", "gem", "/v1/models/MODEL:embedContent", `{"content":{"parts":[{"text":"a"}]}}`,
			"/v1beta/models/UP:embedContent", `{"content":{"parts":[{"text":"a"}]}}`, `{"embedding":{"values":[1,2]}}`, `{"embedding":{"values":[1,2]}}`, "", true,
		},
		{
			"gemini to openai", "oai", "/google/v1beta/models/MODEL:batchEmbedContents", `{"requests":[{"model":"models/MODEL","content":{"parts":[{"text":"a"},{"text":"c"}]},"task_type":"CLUSTERING","output_dimensionality":2},{"content":{"parts":{"text":"b"}},"taskType":"CLUSTERING","outputDimensionality":2}]}`,
			"/v1/embeddings", `{"model":"UP","input":["a\nc","b"],"dimensions":2}`, oai, `{"embeddings":[{"values":[0.25,0.1]},{"values":[-2,0.001]}],"usageMetadata":{"promptTokenCount":5}}`, "taskType", false,
		},
		{
			"gemini, one, to openai", "oai", "/v1beta/models/MODEL:embedContent", `{"content":{"parts":[{"text":"a"}]}}`,
			"/v1/embeddings", `{"model":"UP","input":["a"]}`, `{"data":[{"embedding":[1]}],"usage":{"prompt_tokens":5}}`, `{"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":5}}`, "", false,
		},
		{
			"ollama to openai", "oai", "/ollama/api/embed", `{"model":"MODEL","input":["a","b"],"options":{"temperature":0}}`,
			"/v1/embeddings", `{"model":"UP","input":["a","b"]}`, oai, `{"model":"MODEL","embeddings":[[0.25,0.1],[-2,0.001]],"prompt_eval_count":5}`, "", false,
		},
		{
			"cohere to gemini", "gem", "/v2/embed", `{"model":"MODEL","texts":["a","b"],"input_type":"search_query","embedding_types":["float"]}`,
			"/v1beta/models/UP:batchEmbedContents", `{"requests":[{"model":"models/UP","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY"},{"model":"models/UP","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_QUERY"}]}`,
			gem, "", "", true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			up1 := "e-" + strings.NewReplacer(" ", "-", ",", "").Replace(c.name)
			model := c.provider + "/" + up1
			named := strings.NewReplacer("MODEL", model, "UP", up1)
			up.On(up1, fairwaytest.JSON(200, c.reply))
			// The played provider finds the model in the path or the body.
			a := g.Post(t, named.Replace(c.front), named.Replace(c.request))
			if a.Status != 200 {
				t.Fatalf("status %d: %s", a.Status, a.Body)
			}
			received(t, up, up1, named.Replace(c.uri), named.Replace(c.sent))
			if c.want != "" {
				sameJSON(t, "the answer", a.Body, named.Replace(c.want))
			}
			if got := a.Header.Get("Fairway-Dropped-Params"); got != c.dropped {
				t.Errorf("dropped %q, want %q", got, c.dropped)
			}
			r := g.Record(t, a.ID())
			if r.Operation != "embeddings" || r.Usage.Estimated != c.estimated || !c.estimated && r.Usage.Input != 5 || r.Usage.Input == 0 {
				t.Errorf("recorded %s, %+v", r.Operation, r.Usage)
			}
		})
	}
}

// TestBase64Embeddings holds that a caller gets base64 who asks for it, as
// OpenAI's SDKs do, whatever the provider gives.
func TestBase64Embeddings(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	const packed = "AACAPgAAAMA=" // 0.25, -2
	up.On("packed", fairwaytest.JSON(200, `{"data":[{"embedding":"`+packed+`","index":0}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}`))
	up.On("plain", fairwaytest.JSON(200, `{"data":[{"index":0,"embedding":[0.25, -2]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}`))
	up.On("google", fairwaytest.JSON(200, `{"embeddings":[{"values":[0.25,-2]}]}`))
	for _, model := range []string{"oai/packed", "oai/plain", "gem/google"} {
		a := g.Post(t, "/v1/embeddings", `{"model":"`+model+`","input":"a","encoding_format":"base64"}`)
		var got struct {
			Model string
			Data  []struct{ Embedding string }
		}
		if a.JSON(t, &got); a.Status != 200 || got.Model != model || len(got.Data) != 1 || got.Data[0].Embedding != packed {
			t.Errorf("%s: %d %s", model, a.Status, a.Body)
		}
	}
	// A caller of Google's dialect gets numbers from one that packs them.
	a := g.Post(t, "/v1beta/models/oai/packed:embedContent", `{"content":{"parts":[{"text":"a"}]}}`)
	sameJSON(t, "unpacked", a.Body, `{"embedding":{"values":[0.25,-2]},"usageMetadata":{"promptTokenCount":1}}`)
}

func TestEmbeddingsRefused(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	for _, c := range []struct{ path, body, code, param string }{
		{"/v1/embeddings", `{"model":"oai/no"}`, "missing_required_parameter", "input"},
		{"/v1/embeddings", `{"model":"oai/no","input":"a","dimensions":"2"}`, "invalid_type", "dimensions"},
		{"/v1/embeddings", `{"model":"oai/no","input":"a","stream":true}`, "unsupported_parameter", "stream"},
		{"/v1/embeddings", `{"model":"gem/no","input":[1,2]}`, "unsupported_parameter", "input"},
		{"/v1/embeddings", `{"model":"gem/no","input":[[1,2]]}`, "unsupported_parameter", "input"},
		{"/v1/embeddings", `{"model":"gem/no","input":[]}`, "invalid_type", "input"},
		{"/v1/embeddings", `{"model":"gem/no","input":"a","encoding_format":"int8"}`, "invalid_value", "encoding_format"},
		{"/v1/embeddings", `{"model":"oai/../no","input":"a"}`, "invalid_model", "model"},
		{"/v1/embeddings", `{"model":"oai/no%2f","input":"a"}`, "invalid_model", "model"},
		{"/v1/embeddings", `{"model":"oai/no?","input":"a"}`, "invalid_model", "model"},
		{"/v1/embeddings", `{"model":"claude/no","input":"a"}`, "unsupported_operation", "model"},
		{"/v1/embeddings", `{"model":"oai/no","input":"a","base_url":"http://x.test"}`, "unsupported_parameter", "base_url"},
	} {
		a := g.Post(t, c.path, c.body)
		if e := a.Error(t); a.Status != 400 || e.CodeOf() != c.code || e.ParamOf() != c.param {
			t.Errorf("%s: %d %s", c.body, a.Status, a.Body)
		}
	}
	for path, param := range map[string]string{
		"/v1beta/models/oai/no:embedContent":             "content",
		"/v1beta/models/oai/no:batchEmbedContents":       "requests",
		"/v1beta/models/oai/..%2f..%2fno:embedContent":   "model",
		"/v1beta/models/gem/x%3fkey=1:embedContent":      "model",
		"/v1beta/models/gem/x%2523:batchEmbedContents":   "model",
		"/v1beta/models/gem/%2e%2e/x:batchEmbedContents": "model",
		"/v1beta/models/gem/no:countTokens":              "contents",
	} {
		a := g.Post(t, path, `{}`)
		var got struct {
			Error struct {
				Code    int
				Message string
				Status  string
			}
		}
		if json.Unmarshal(a.Body, &got) != nil || a.Status != 400 || got.Error.Status != "INVALID_ARGUMENT" || !strings.Contains(got.Error.Message, param) {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	if n := len(up.All()); n > 0 {
		t.Errorf("%d requests reached the provider", n)
	}
	if a := g.Call(t, "GET", "/v1/embeddings", ""); a.Status != 405 || a.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %d, allow %q", a.Status, a.Header.Get("Allow"))
	}
}
