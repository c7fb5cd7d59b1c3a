package aigateway

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/gemini"
	"github.com/fairwaygw/fairway/llm/openai"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// TestStreamInPath holds that a stream is asked of a provider of another dialect
// where only the caller's path says so.
func TestStreamInPath(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		x := exchange{
			r: httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody), call: new(gateway.Call), route: new(gateway.Route),
			front: gemini.Dialect{}, in: llm.Inspection{Model: "public", Stream: stream},
			body: []byte(`{"contents":[{"parts":[{"text":"hello"}]}]}`),
		}
		body, err := x.request(&attempt{dialect: openai.Dialect{}, target: &gateway.Target{Model: "m"}})
		if err != nil {
			t.Fatal(err)
		}
		var sent struct {
			Model  string
			Stream bool
		}
		if err := json.Unmarshal(body, &sent); err != nil || sent.Model != "m" || sent.Stream != stream {
			t.Errorf("(%v) with %t the provider gets %s", err, stream, body)
		}
	}
}
