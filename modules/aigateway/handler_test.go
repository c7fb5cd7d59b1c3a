package aigateway

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/fairwaygw/fairway/llm"
)

func TestProvision(t *testing.T) {
	t.Parallel()
	ctx := whole(t, caddy.ModuleMap{"fairway": json.RawMessage(`{}`)})
	for config, want := range map[string]string{
		`{}`: "", `{"max_body":1024,"public":true}`: "", `{"max_body":1073741824}`: "",
		`{"max_body":1023}`: "max_body: 1023 is out of range", `{"max_body":1073741825}`: "max_body: 1073741825 is out of range", `{"max_body":-1}`: "out of range", `{"maxbody":1}`: "maxbody",
	} {
		m, err := ctx.LoadModuleByID("http.handlers.ai_gateway", json.RawMessage(config))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", config, err)
			continue
		}
		if h, ok := m.(*Handler); err == nil && (!ok || h.app == nil || h.logger == nil || h.MaxBody < LeastMaxBody) {
			t.Errorf("%s: got %+v", config, m)
		}
	}
}

// TestRefusals holds what is refused without a look at the body.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newSite(t, usualConfig)
	for _, c := range []struct {
		name   string
		r      *http.Request
		header http.Header
		closed bool
		status int
		code   string
		allow  string
	}{
		{"nobody", request(t, "POST", "/v1/chat/completions", ask("sim/echo")), nil, true, 401, "invalid-credential", ""},
		{"nobody at no path", request(t, "POST", "/v1/nothing", ""), nil, true, 401, "invalid-credential", ""},
		{"no path", request(t, "POST", "/v1/nothing", ""), nil, false, 404, "unknown_url", ""},
		{"wrong method", request(t, "GET", "/v1/chat/completions", ""), nil, false, 405, "method_not_allowed", "POST"},
		{"wrong method of a list", request(t, "POST", "/v1/models", "{}"), nil, false, 405, "method_not_allowed", "GET, HEAD"},
		{"a WebSocket", request(t, "GET", "/v1/responses", ""), http.Header{"Upgrade": {"websocket"}}, false, 426, "upgrade_not_supported", ""},
		{"no model", request(t, "POST", "/v1/chat/completions", ask("nobody")), nil, false, 404, "model_not_found", ""},
		{"no JSON", request(t, "POST", "/v1/chat/completions", "["), nil, false, 400, "invalid_json", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for name, v := range c.header {
				c.r.Header[name] = v
			}
			h := *s.Handler
			h.Public = !c.closed
			w := httptest.NewRecorder()
			if err := h.ServeHTTP(w, c.r, nil); err != nil {
				t.Fatal(err)
			}
			if w.Code != c.status || code(t, w) != c.code || w.Header().Get("Allow") != c.allow {
				t.Errorf("status %d: %v %s", w.Code, w.Header(), w.Body)
			}
			if w.Header().Get("X-Request-Id") == "" || w.Header().Values("X-Should-Retry") != nil || w.Header().Values("Fairway-Attempts") != nil {
				t.Errorf("the header is %v", w.Header())
			}
		})
	}
}

// TestErrorHeaders holds what a failed call tells official SDKs.
func TestErrorHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t, usualConfig)
	play("with-an-id", func(context.Context, *llm.Outgoing) (*llm.Answer, error) {
		return &llm.Answer{Status: 400, Header: http.Header{"Request-Id": {"req_7"}}, Body: http.NoBody}, nil
	})
	for model, want := range map[string]struct {
		status   int
		attempts string
		after    string
		id       bool
	}{
		"once":                      {503, "1", "", true},
		"sim/status-400":            {400, "1", "", true},
		"sim/status-429-retry-100s": {429, "1", "100", true},
		"test/with-an-id":           {502, "1", "", true},
		"sim/refuse":                {502, "3", "", false},
	} {
		w := s.chat(t, model)
		h := w.Header()
		if w.Code != want.status || h.Get("X-Should-Retry") != "false" || h.Get("Fairway-Attempts") != want.attempts || h.Get("Retry-After") != want.after || (h.Get("X-Upstream-Request-Id") != "") != want.id {
			t.Errorf("%s: status %d: %v %s", model, w.Code, h, w.Body)
		}
	}
}

// TestPanics holds that a handler that fails is no caller's fault and tells
// nothing, but in the log.
func TestPanics(t *testing.T) {
	t.Parallel()
	s := newSite(t, usualConfig)
	play("panics", func(context.Context, *llm.Outgoing) (*llm.Answer, error) { panic("the inside of it") })
	w := s.chat(t, "test/panics")
	if w.Code != 500 || code(t, w) != "internal_error" || strings.Contains(w.Body.String(), "inside") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	entries := s.logs.FilterMessage("call panicked").All()
	if len(entries) != 1 {
		t.Fatalf("the log has %v", s.logs.All())
	}
	if f := entries[0].ContextMap(); f["call"] != w.Header().Get("X-Request-Id") || f["panic"] != "the inside of it" || !strings.Contains(f["stack"].(string), "handler_test.go") {
		t.Errorf("the log entry is %v", f)
	}
	// And the next one, of the same memory, is well.
	if w := s.chat(t, "sim/echo"); w.Code != 200 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	for _, r := range s.records(t) {
		if r.Model == "test/panics" && (r.Status != 500 || r.Class != "gateway" || r.Reason != "panic") {
			t.Errorf("the record is %+v", r)
		}
	}
}

// TestPanicsInTheMiddle holds that an answer that is not whole does not look
// like one that is.
func TestPanicsInTheMiddle(t *testing.T) {
	t.Parallel()
	s := newSite(t, usualConfig)
	play("panics-late", func(context.Context, *llm.Outgoing) (*llm.Answer, error) {
		return events(&body{read: func(n int) string {
			if n == 0 {
				return chunk("one")
			}
			panic("too late")
		}}), nil
	})
	defer func() {
		if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // net/http compares it too
			t.Errorf("got %v", p)
		}
		if r := s.records(t); len(r) != 1 || r[0].Reason != "panic" {
			t.Errorf("the records are %+v", r)
		}
	}()
	s.chat(t, "test/panics-late", `"stream":true`)
}

// TestAbortStaysAnAbort holds that an aborted request stays one.
func TestAbortStaysAnAbort(t *testing.T) {
	t.Parallel()
	s := newSite(t, usualConfig)
	play("aborts", func(context.Context, *llm.Outgoing) (*llm.Answer, error) { panic(http.ErrAbortHandler) })
	defer func() {
		if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // net/http compares it too
			t.Errorf("got %v", p)
		}
		if n := s.logs.FilterMessage("call panicked").Len(); n != 0 {
			t.Errorf("the log has %v", s.logs.All())
		}
	}()
	s.chat(t, "test/aborts")
}

// TestFailuresAreLogged holds that the operator is told the cause, and callers'
// own mistakes make no noise.
func TestFailuresAreLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t, usualConfig)
	// The last one makes the provider's only key rest.
	for _, c := range [][2]string{{"once", "warn"}, {"sim/status-400", "debug"}, {"sim/status-401", "warn"}} {
		model, level := c[0], c[1]
		w := s.chat(t, model)
		found := false
		for _, e := range s.logs.FilterMessage("attempt failed").All() {
			if f := e.ContextMap(); f["call"] == w.Header().Get("X-Request-Id") {
				found = true
				if e.Level.String() != level || f["target"] == "" || f["class"] == "" {
					t.Errorf("%s: %s %v", model, e.Level, f)
				}
			}
		}
		if !found {
			t.Errorf("%s: nothing is logged", model)
		}
	}
}

func TestWaitEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	x := &exchange{r: httptest.NewRequestWithContext(ctx, "POST", "/", nil)}
	if !x.wait(0) || !x.wait(time.Nanosecond) {
		t.Error("the caller is there, and was not waited for")
	}
	leave()
	if x.wait(time.Hour) {
		t.Error("the caller has left, and was waited for")
	}
}

// TestPoolsKeepNoLargeBuffers holds that one large call does not hold its
// memory for ever, and that nothing of a call stays in sight.
func TestPoolsKeepNoLargeBuffers(t *testing.T) {
	t.Parallel()
	x := &exchange{
		body: make([]byte, 10, maxPooled), sent: make([]byte, 10, maxPooled+1), answer: make([]byte, 10, 1<<20), out: make([]byte, 10, 100),
		in: llm.Inspection{Model: "m", User: "u", State: "a dialect's"}, committed: true, unsent: true, neutral: &llm.Request{},
	}
	x.free()
	if cap(x.body) != maxPooled || x.sent != nil || x.answer != nil || cap(x.out) != 100 {
		t.Errorf("%d, %d, %d and %d bytes are kept", cap(x.body), cap(x.sent), cap(x.answer), cap(x.out))
	}
	if len(x.body) != 0 || x.committed || x.unsent || x.neutral != nil || x.in.Model != "" || x.in.User != "" || x.in.State == nil {
		t.Errorf("something of the call is kept: %+v", x)
	}
}

func TestReadAnswerIsBounded(t *testing.T) {
	t.Parallel()
	if _, err := readAnswer(nil, &llm.Answer{Length: maxAnswer + 1}); err != errAnswerTooLarge { //nolint:errorlint // that very one
		t.Errorf("got %v", err)
	}
	for _, length := range []int64{-1, 3, 2} { // unknown, true, and a lie
		got, err := readAnswer(make([]byte, 0, 1), &llm.Answer{Length: length, Body: &body{read: func(n int) string { return []string{"abc", ""}[n] }}})
		if err != nil || string(got) != "abc" {
			t.Errorf("a length of %d: got %q, %v", length, got, err)
		}
	}
}
