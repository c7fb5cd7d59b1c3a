package logging

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func newEncoder(t *testing.T) *Encoder {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	e := new(Encoder)
	if err := e.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	return e
}

// line is the log line of a request, made as Caddy makes it.
func line(t *testing.T, e zapcore.Encoder, r *http.Request, answer http.Header) (string, map[string]any) {
	t.Helper()
	b, err := e.Clone().EncodeEntry(zapcore.Entry{Message: "handled request"}, []zapcore.Field{
		zap.Object("request", caddyhttp.LoggableHTTPRequest{Request: r}),
		zap.Object("resp_headers", caddyhttp.LoggableHTTPHeader{Header: answer}),
		zap.Int("status", 200),
	})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(b.Bytes(), &fields); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return b.String(), fields
}

// TestCarriersAreRedacted holds that no credential is in a line, however it
// came, and that its carrier is.
func TestCarriersAreRedacted(t *testing.T) {
	t.Parallel()
	e := newEncoder(t)
	const key = "fwk_canary"
	for _, name := range headers {
		r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", nil)
		r.Header.Set(strings.ToLower(name), key+"1")
		r.Header.Add(name, "Bearer "+key+"2")
		text, fields := line(t, e, r, nil)
		if strings.Contains(text, "canary") {
			t.Errorf("%s: the line is %s", name, text)
		}
		if fields["request"].(map[string]any)["headers"].(map[string]any)[http.CanonicalHeaderKey(name)] == nil {
			t.Errorf("%s: it is not told that it was there: %s", name, text)
		}
	}
	for _, name := range parameters {
		r := httptest.NewRequest(http.MethodPost, "/v1beta/models/a:generateContent?alt=sse&"+name+"="+key+"&"+name+"="+key, nil)
		text, fields := line(t, e, r, nil)
		uri, _ := fields["request"].(map[string]any)["uri"].(string)
		if strings.Contains(text, "canary") || !strings.Contains(uri, name+"="+Redacted) || !strings.Contains(uri, "alt=sse") {
			t.Errorf("%s: the line is %s", name, text)
		}
	}
	for _, query := range []string{"key=canary;a=b", "a=b;key=canary", "key=canary%zz", "%6bey=canary", "a=%zz&key=canary"} {
		r := httptest.NewRequest(http.MethodGet, "/?"+query, nil)
		if text, _ := line(t, e, r, nil); strings.Contains(text, "canary") {
			t.Errorf("%s: the line is %s", query, text)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if text, _ := line(t, e, r, http.Header{"Set-Cookie": {"session=canary"}}); strings.Contains(text, "canary") {
		t.Errorf("the line is %s", text)
	}
}

// TestNothingElseIsTouched holds that a line without a credential says what
// Caddy's own says.
func TestNothingElseIsTouched(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions?page=2&q=a+key&tokens=7", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Anthropic-Version", "2023-06-01")
	r.Header.Set("X-Request-Id", "a key")
	answer := http.Header{"Content-Type": {"application/json"}, "Fairway-Target": {"sim/echo"}, "X-Api-Key-Hint": {"fwk_"}}
	_, got := line(t, newEncoder(t), r, answer)
	_, want := line(t, zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg"}), r, answer)
	for _, field := range []string{"request", "resp_headers", "status"} {
		if diff := cmp.Diff(want[field], got[field]); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
}

// TestClones holds that what Caddy makes of the encoder redacts as well, and
// that a line leaves nothing in the next.
func TestClones(t *testing.T) {
	t.Parallel()
	e := newEncoder(t)
	r := httptest.NewRequest(http.MethodGet, "/?key=canary", nil)
	for range 3 {
		if text, _ := line(t, e.Clone(), r, nil); strings.Contains(text, "canary") || strings.Count(text, Redacted) != 1 {
			t.Errorf("the line is %s", text)
		}
	}
	if err := e.ConfigureDefaultFormat(nil); err != nil {
		t.Error(err)
	}
}

func TestUnmarshalCaddyfile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"fairway": "", "fairway {\n}": "", "fairway json": "wrong argument count", "fairway {\n\tcolor\n}": `no option "color"`} {
		err := new(Encoder).UnmarshalCaddyfile(caddyfile.NewTestDispenser(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
