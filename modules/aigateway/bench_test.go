package aigateway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// BenchmarkChat is a whole chat between equal dialects, with a provider that
// answers at once: what the handler itself costs, the journal included.
func BenchmarkChat(b *testing.B) {
	const answer = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"fine"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`
	play("bench", func(context.Context, *llm.Outgoing) (*llm.Answer, error) {
		return &llm.Answer{Status: 200, Header: http.Header{}, Length: int64(len(answer)), Body: io.NopCloser(strings.NewReader(answer))}, nil
	})
	app := new(gateway.App)
	if err := json.Unmarshal([]byte(`{"providers":{"test":{"type":"scripted"}},"expose":["test/*"]}`), app); err != nil {
		b.Fatal(err)
	}
	app.Store = &gateway.StoreConfig{Driver: "sqlite", Path: filepath.Join(b.TempDir(), "fairway.db")}
	making.Lock()
	parent, err := caddy.ProvisionContext(&caddy.Config{Admin: &caddy.AdminConfig{Disabled: true}})
	making.Unlock()
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := caddy.NewContext(parent)
	defer cancel()
	if err := app.Provision(ctx); err != nil {
		b.Fatal(err)
	}
	if err := app.Start(); err != nil {
		b.Fatal(err)
	}
	defer app.Cleanup() //nolint:errcheck // the benchmark is over
	h := &Handler{Public: true, MaxBody: defaultMaxBody, app: app, logger: zap.NewNop()}
	body := ask("test/bench")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(context.WithValue(b.Context(), caddyhttp.VarsCtxKey, map[string]any{}), http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if err := h.ServeHTTP(w, r, nil); err != nil || w.Code != 200 {
			b.Fatal(err, w.Code, w.Body)
		}
	}
}
