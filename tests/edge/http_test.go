package edge

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func TestMethodsAndPaths(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	const chat = "/v1/chat/completions"
	for _, c := range []struct {
		method, path string
		status       int
		allow, code  string
	}{
		{http.MethodGet, chat, http.StatusMethodNotAllowed, "POST", "method_not_allowed"},
		{http.MethodPut, chat, http.StatusMethodNotAllowed, "POST", "method_not_allowed"},
		{http.MethodDelete, chat, http.StatusMethodNotAllowed, "POST", "method_not_allowed"},
		{http.MethodHead, chat, http.StatusMethodNotAllowed, "POST", ""},
		{http.MethodPost, "/v1/models", http.StatusMethodNotAllowed, "GET, HEAD", "method_not_allowed"},
		{http.MethodPost, "/v1/nothing", http.StatusNotFound, "", "unknown_url"},
		{http.MethodGet, "/v1/nothing", http.StatusNotFound, "", "unknown_url"},
		{http.MethodGet, "/v1", http.StatusNotFound, "", "unknown_url"},
		{http.MethodPost, "/v1/v1/chat/completions", http.StatusNotFound, "", "unknown_url"},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			t.Parallel()
			body := ""
			if c.method == http.MethodPost || c.method == http.MethodPut {
				body = fairwaytest.Ask("up/ok")
			}
			a := g.Call(t, c.method, c.path, body)
			if a.Status != c.status {
				t.Errorf("status %d, want %d", a.Status, c.status)
			}
			if got := a.Header.Get("Allow"); got != c.allow {
				t.Errorf("Allow: %q, want %q", got, c.allow)
			}
			if a.ID() == "" || a.Header.Get("Request-Id") != a.ID() {
				t.Errorf("X-Request-Id %q, Request-Id %q: want one id in both", a.ID(), a.Header.Get("Request-Id"))
			}
			if c.method == http.MethodHead {
				if len(a.Body) > 0 {
					t.Errorf("an answer to HEAD has a body: %s", a.Body)
				}
				return
			}
			if e := a.Error(t); e.CodeOf() != c.code {
				t.Errorf("code %q, want %q", e.CodeOf(), c.code)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(up.All()); n > 0 {
			t.Errorf("%d requests reached the provider", n)
		}
	})
}

// TestDoubledVersion holds that the commonest mistake of a client's base URL is
// explained.
func TestDoubledVersion(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{})
	e := g.Post(t, "/v1/v1/chat/completions", fairwaytest.Ask("up/ok"))
	if got := e.Error(t).Message; !strings.Contains(got, "version") || !strings.Contains(got, "/v1") {
		t.Errorf("the message does not help: %s", got)
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	for _, c := range []struct {
		contentType string
		status      int
	}{
		{"application/json", 200},
		{"application/json; charset=utf-8", 200},
		{"application/json;charset=UTF-8", 200},
		{"Application/JSON", 200},
		{"application/vnd.api+json", 200},
		{"", 415},
		{"text/plain", 415},
		{"application/json; charset=latin1", 415},
		{"application/x-www-form-urlencoded", 415},
		{"multipart/form-data; boundary=x", 415},
		{"nonsense", 415},
	} {
		t.Run(c.contentType, func(t *testing.T) {
			t.Parallel()
			a := g.Chat(t, fairwaytest.Ask("up/ok"), "Content-Type", c.contentType)
			if a.Status != c.status {
				t.Fatalf("status %d, want %d: %s", a.Status, c.status, a.Body)
			}
			if c.status == 415 {
				if e := a.Error(t); e.CodeOf() != "unsupported_media_type" {
					t.Errorf("code %q", e.CodeOf())
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := len(up.Requests("ok")); n != 5 {
			t.Errorf("%d requests reached the provider, want 5", n)
		}
	})
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContentEncodings(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{Site: "fairway {\n\tmax_body 1MiB\n}"})
	ask := fairwaytest.Ask("up/ok")
	bomb := `{"model":"up/ok","messages":[{"role":"user","content":"` + strings.Repeat("a", 200<<20) + `"}]}`
	for _, c := range []struct {
		name, encoding, body string
		status               int
		code                 string
	}{
		{"plain", "identity", ask, 200, ""},
		{"gzip", "gzip", zipped(t, ask), 200, ""},
		{"gzip that is none", "gzip", ask, 400, "invalid_body"},
		{"gzip cut off", "gzip", zipped(t, ask)[:40], 400, "invalid_body"},
		{"gzip of 200 MB", "gzip", zipped(t, bomb), 413, "request_too_large"},
		{"brotli", "br", ask, 415, "unsupported_encoding"},
		{"two encodings", "gzip, gzip", zipped(t, zipped(t, ask)), 415, "unsupported_encoding"},
		{"unknown", "rot13", ask, 415, "unsupported_encoding"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := g.Chat(t, c.body, "Content-Encoding", c.encoding)
			if a.Status != c.status {
				t.Fatalf("status %d, want %d: %.300s", a.Status, c.status, a.Body)
			}
			if c.code != "" {
				if e := a.Error(t); e.CodeOf() != c.code {
					t.Errorf("code %q, want %q", e.CodeOf(), c.code)
				}
			}
		})
	}
	t.Cleanup(func() {
		for _, r := range up.Requests("ok") {
			if !strings.Contains(string(r.Body), `"hello"`) || r.Header.Get("Content-Encoding") != "" {
				t.Errorf("the provider got %q in encoding %q", r.Body, r.Header.Get("Content-Encoding"))
			}
		}
	})
}

// TestStrangeHosts holds that the name of the host opens and closes nothing.
func TestStrangeHosts(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{})
	for _, host := range []string{"127.0.0.1", "LOCALHOST", "localhost.", "localhost:1", "evil.test"} {
		if a := g.Chat(t, fairwaytest.Ask("up/ok"), "Host", host); a.Status != 200 {
			t.Errorf("Host %s: status %d, want 200", host, a.Status)
		}
		if a := g.Chat(t, fairwaytest.Ask("up/ok"), "Host", host, "Authorization", ""); a.Status != 401 {
			t.Errorf("Host %s without a key: status %d, want 401", host, a.Status)
		}
	}
}

// TestPathsThatLookLikeOthers holds that no spelling of a path gets past the key.
func TestPathsThatLookLikeOthers(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	for _, path := range []string{
		"//v1/chat/completions", "/v1//chat/completions", "/v1/./chat/completions", "/v1/../v1/chat/completions",
		"/v1/%63hat/completions", "/v1/chat%2fcompletions", "/V1/CHAT/COMPLETIONS", "/v1/chat/completions;x", "/v1/chat/completions/",
		"/v1/chat/completions%00", "/v1/" + strings.Repeat("a", 8<<10), "/v1/models/%2e%2e%2fadmin", "/openai/v1/chat/completions", "/v1/chat/completions?x=%",
	} {
		name := path[:min(len(path), 40)]
		if a := g.Post(t, path, fairwaytest.Ask("up/ok"), "Authorization", ""); a.Status == 200 || a.Status >= 500 {
			t.Errorf("%s without a key: status %d", name, a.Status)
		}
		if n := len(up.All()); n > 0 {
			t.Fatalf("%s without a key reached the provider", name)
		}
	}
	for _, path := range []string{"/v1/chat%2fcompletions", "/v1/chat/completions%00", "/v1/" + strings.Repeat("a", 8<<10), "/v1/chat/completions;x"} {
		if a := g.Post(t, path, fairwaytest.Ask("up/ok")); a.Status >= 500 {
			t.Errorf("%.40s: status %d: %s", path, a.Status, a.Body)
		}
	}
}

// TestPreflight holds that no foreign page is let in.
func TestPreflight(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	a := g.Call(t, http.MethodOptions, "/v1/chat/completions", "", "Authorization", "",
		"Origin", "https://evil.test", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
	for name := range a.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %s", name, a.Header.Get(name))
		}
	}
	if a := g.Chat(t, fairwaytest.Ask("up/ok"), "Origin", "https://evil.test"); a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("an answer allows a foreign origin")
	}
	if n := len(up.All()); n != 1 {
		t.Errorf("%d requests reached the provider, want 1", n)
	}
}
