package subscription

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/goleak"

	"github.com/fairwaygw/fairway/internal/manage"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/manage/client"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
	"github.com/fairwaygw/fairway/internal/store"
	"github.com/fairwaygw/fairway/modules/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCredential(t *testing.T) {
	t.Parallel()
	const conflict = "conflicting-credentials"
	for _, c := range []struct {
		name   string
		header http.Header
		query  string
		// withQuery is the option query_key.
		withQuery bool
		want      string
		code      string
	}{
		{"none", nil, "", false, "", ""},
		{"bearer", http.Header{"Authorization": {"Bearer k"}}, "", false, "k", ""},
		{"bearer in lower case", http.Header{"Authorization": {"bearer k"}}, "", false, "k", ""},
		{"bearer in upper case", http.Header{"Authorization": {"BEARER k"}}, "", false, "k", ""},
		{"bearer of nothing", http.Header{"Authorization": {"Bearer "}}, "", false, " ", ""},
		{"bearer alone", http.Header{"Authorization": {"Bearer"}}, "", false, " ", ""},
		{"two blanks are a part of the key", http.Header{"Authorization": {"Bearer  k"}}, "", false, " k", ""},
		{"a tab is no blank", http.Header{"Authorization": {"Bearer\tk"}}, "", false, " ", ""},
		{"a key without a scheme", http.Header{"Authorization": {"fwk_k"}}, "", false, " ", ""},
		{"another scheme", http.Header{"Authorization": {"Basic dTpw"}}, "", false, " ", ""},
		{"an empty header", http.Header{"Authorization": {""}}, "", false, "", ""},
		{"an empty header and a key", http.Header{"Authorization": {"", "Bearer k"}, "X-Api-Key": {""}}, "", false, "k", ""},

		{"Anthropic's", http.Header{"X-Api-Key": {"k"}}, "", false, "k", ""},
		{"Azure's", http.Header{"Api-Key": {"k"}}, "", false, "k", ""},
		{"Google's", http.Header{"X-Goog-Api-Key": {"k"}}, "", false, "k", ""},
		{"a vendor's own", http.Header{"Openai-Api-Key": {"k"}}, "", false, "", ""},
		{"a scheme in a plain carrier", http.Header{"X-Api-Key": {"Bearer k"}}, "", false, "Bearer k", ""},

		{"the same everywhere", http.Header{"Authorization": {"Bearer k", "Bearer k"}, "X-Api-Key": {"k"}, "Api-Key": {"k", "k"}, "X-Goog-Api-Key": {"k"}}, "", false, "k", ""},
		{"two of one carrier", http.Header{"X-Api-Key": {"k", "l"}}, "", false, "", conflict},
		{"two of one scheme", http.Header{"Authorization": {"Bearer k", "Bearer l"}}, "", false, "", conflict},
		{"two carriers", http.Header{"Authorization": {"Bearer k"}, "X-Goog-Api-Key": {"l"}}, "", false, "", conflict},
		{"a key and another scheme", http.Header{"Authorization": {"Basic dTpw"}, "X-Api-Key": {"k"}}, "", false, "", conflict},
		{"by case alone", http.Header{"X-Api-Key": {"k"}, "Api-Key": {"K"}}, "", false, "", conflict},
		{"the first comes back", http.Header{"X-Api-Key": {"k", "l", "k"}}, "", false, "", conflict},

		{"query, switched off", nil, "key=k", false, "", ""},
		{"query", nil, "key=k", true, "k", ""},
		{"query, escaped", nil, "key=%6b", true, "k", ""},
		{"query, other names", nil, "Key=k&api_key=k&alt=sse", true, "", ""},
		{"query, empty", nil, "key=", true, "", ""},
		{"query, twice", nil, "key=k&key=k", true, "k", ""},
		{"query, two", nil, "key=k&key=l", true, "", conflict},
		{"query and header", http.Header{"X-Goog-Api-Key": {"k"}}, "key=k", true, "k", ""},
		{"query and another header", http.Header{"X-Goog-Api-Key": {"k"}}, "key=l", true, "", conflict},
		{"query, switched off, and another header", http.Header{"X-Goog-Api-Key": {"k"}}, "key=l", false, "k", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions?"+c.query, nil)
			if c.header != nil {
				r.Header = c.header
			}
			got, err := (&Handler{QueryKey: c.withQuery}).credential(r)
			if got != c.want || (err == nil) != (c.code == "") || err != nil && (err.Code != c.code || err.Status != 400) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestHandler holds who gets through, with a key of a real store, and that what
// follows finds the caller.
func TestHandler(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fairway.db")
	key := newKey(t, path)
	config, err := json.Marshal(map[string]any{"store": map[string]string{"driver": "sqlite", "path": path}})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := caddy.ProvisionContext(&caddy.Config{Admin: &caddy.AdminConfig{Disabled: true}, AppsRaw: caddy.ModuleMap{"fairway": config}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := whole.LoadModuleByID("http.handlers.subscription", json.RawMessage(`{"query_key":true}`))
	if err != nil {
		t.Fatal(err)
	}
	h := m.(*Handler)
	t.Cleanup(func() {
		if err := h.app.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		name, target string
		header       http.Header
		status       int
		says         string
	}{
		{"a key", "/v1/chat/completions", http.Header{"Authorization": {"Bearer " + key}}, 200, ""},
		{"in the query", "/v1beta/models/a:generateContent?key=" + key, nil, 200, ""},
		{"none", "/v1/chat/completions", nil, 401, `"code":"invalid-credential"`},
		{"a wrong one", "/v1/chat/completions", http.Header{"X-Api-Key": {key + "x"}}, 401, `"code":"invalid-credential"`},
		{"two", "/v1/messages", http.Header{"X-Api-Key": {"a"}, "Authorization": {"Bearer b"}}, 400, `"type":"error"`},
		{"none, elsewhere", "/rest", nil, 401, `"title":"Unauthorized"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(context.WithValue(t.Context(), caddyhttp.VarsCtxKey, map[string]any{}), http.MethodPost, c.target, nil)
			if c.header != nil {
				r.Header = c.header
			}
			w := httptest.NewRecorder()
			passed := false
			err := h.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
				call := gateway.CallOf(r.Context())
				passed = call != nil && call.Known && call.Caller.Tenant == string(platform.DefaultTenant) && call.Caller.Application != "" && call.Caller.Key != ""
				return nil
			}))
			if err != nil || w.Code != c.status || passed != (c.status == 200) || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("(%v) passed %v, status %d: %s", err, passed, w.Code, w.Body)
			}
			if w.Header().Get("X-Request-Id") == "" || strings.Contains(w.Body.String(), key) {
				t.Errorf("the answer is %v %s", w.Header(), w.Body)
			}
			if again := w.Header().Get("WWW-Authenticate"); (again != "") != (c.status == 401) {
				t.Errorf("the challenge is %q", again)
			}
		})
	}
}

// newKey makes a store with a key.
func newKey(t *testing.T, path string) string {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	hasher, err := secret.Open(t.Context(), secret.PepperPath(path), s)
	if err != nil {
		t.Fatal(err)
	}
	c := client.InProcess(manage.New(manage.Options{Store: s, Hasher: hasher, Actor: manage.Operator}))
	a, err := c.CreateApplication(t.Context(), "default", "shop")
	if err != nil {
		t.Fatal(err)
	}
	k, err := c.CreateKey(t.Context(), a.ID, api.NewKey{Name: "k"})
	if err != nil {
		t.Fatal(err)
	}
	return k.Secret
}
