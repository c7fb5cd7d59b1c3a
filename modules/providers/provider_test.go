package providers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/fairwaygw/fairway/llm"
)

// load provisions a provider from JSON.
func load(t *testing.T, kind, config string) (llm.Provider, error) {
	t.Helper()
	// Never canceled: that would clean up what a test cleans up itself.
	ctx, _ := caddy.NewContext(caddy.Context{Context: context.Background()})
	m, err := ctx.LoadModuleByID("fairway.providers."+kind, json.RawMessage(config))
	if err != nil {
		return nil, err
	}
	return m.(llm.Provider), nil
}

func mustLoad(t *testing.T, kind, config string) llm.Provider {
	t.Helper()
	p, err := load(t, kind, config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sent is a request as a server saw it.
type sent struct {
	uri    string
	header http.Header
	body   string
}

// vendor is a server that keeps what it is sent.
func vendor(t *testing.T) (*httptest.Server, *[]sent) {
	t.Helper()
	var got []sent
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, sent{r.RequestURI, r.Header, string(body)})
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(s.Close)
	return s, &got
}

func call(t *testing.T, p llm.Provider, o *llm.Outgoing) error {
	t.Helper()
	o.Operation = llm.OpChat
	a, err := p.Send(t.Context(), o)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, a.Body)
	return a.Body.Close()
}

func TestRequests(t *testing.T) {
	t.Setenv("FAIRWAY_TEST_KEY", "key-0")
	file := filepath.Join(t.TempDir(), "key")
	write(t, file, "key-1\n", 0o600)
	keys := `"api_keys":["{env.FAIRWAY_TEST_KEY}","{file.` + file + `}","key-2"]`
	for kind, c := range map[string]struct {
		base, uri, stream, header, value, dialect, vendor string
	}{
		"openai_compatible": {"/v1", "/v1/chat/completions", "/v1/chat/completions", "Authorization", "Bearer ", "openai", "mistral"},
		"anthropic":         {"", "/v1/messages", "/v1/messages", "X-Api-Key", "", "anthropic", "anthropic"},
		"ollama":            {"/", "/api/chat", "/api/chat", "Authorization", "Bearer ", "ollama", "ollama"},
		"cohere":            {"", "/v2/chat", "/v2/chat", "Authorization", "Bearer ", "cohere", "cohere"},
		"azure_openai":      {"", "/openai/v1/chat/completions", "/openai/v1/chat/completions", "Api-Key", "", "openai", "azure"},
		"gemini":            {"/", "/v1beta/models/m-1:generateContent", "/v1beta/models/m-1:streamGenerateContent?alt=sse", "X-Goog-Api-Key", "", "gemini", "google"},
	} {
		t.Run(kind, func(t *testing.T) {
			s, got := vendor(t)
			config := `{"base_url":"` + s.URL + c.base + `","headers":{"x-team":"{env.FAIRWAY_TEST_KEY}"},` + keys
			if kind == "openai_compatible" {
				config += `,"vendor":"mistral","no_stream_options":true`
			}
			p := mustLoad(t, kind, config+"}")
			d := p.(llm.Describer)
			if p.Credentials() != 3 || p.Dialect().Name() != c.dialect || d.Vendor() != c.vendor || d.Endpoint() != s.URL+strings.TrimSuffix(c.base, "/") {
				t.Errorf("got %d keys, %s, %s, %s", p.Credentials(), p.Dialect().Name(), d.Vendor(), d.Endpoint())
			}
			if r, ok := p.(llm.StreamOptionsRefuser); ok != strings.HasPrefix(p.Dialect().Name(), "openai") || ok && r.RefusesStreamOptions() != (kind == "openai_compatible") {
				t.Error("stream_options are not refused as configured")
			}
			for i := range 3 {
				err := call(t, p, &llm.Outgoing{Model: "m-1", Stream: i == 1, Credential: i, Body: []byte("{}"), Header: []string{"Anthropic-Beta", "b", c.header, "other"}})
				if err != nil {
					t.Fatal(err)
				}
				r := (*got)[i]
				if want := []string{c.value + "key-" + string(rune('0'+i))}; !slices.Equal(r.header[c.header], want) {
					t.Errorf("%s: got %q, want %q", c.header, r.header[c.header], want)
				}
				if r.header.Get("X-Team") != "key-0" || r.header.Get("Anthropic-Beta") != "b" || r.body != "{}" {
					t.Errorf("got %+v", r)
				}
				if v := r.header.Get("Anthropic-Version"); (v == "2023-06-01") != (kind == "anthropic") {
					t.Errorf("version %q", v)
				}
				if want := map[bool]string{false: c.uri, true: c.stream}[i == 1]; r.uri != want {
					t.Errorf("got %s, want %s", r.uri, want)
				}
				others := 0
				for _, name := range []string{"Authorization", "X-Api-Key", "X-Goog-Api-Key", "Api-Key", "Cookie"} {
					others += len(r.header[name])
				}
				if others != 1 {
					t.Errorf("%d credentials: %v", others, r.header)
				}
			}
		})
	}
}

func TestNoKey(t *testing.T) {
	s, got := vendor(t)
	p := mustLoad(t, "openai_compatible", `{"base_url":"`+s.URL+`/v1/"}`)
	if p.Credentials() != 1 {
		t.Errorf("%d credentials", p.Credentials())
	}
	if err := call(t, p, &llm.Outgoing{}); err != nil {
		t.Fatal(err)
	}
	if r := (*got)[0]; r.header["Authorization"] != nil || r.uri != "/v1/chat/completions" {
		t.Errorf("got %+v", r)
	}
}

func TestBaseURLWithoutPath(t *testing.T) {
	s, got := vendor(t)
	for _, slash := range []string{"", "/"} {
		if err := call(t, mustLoad(t, "openai_compatible", `{"base_url":"`+s.URL+slash+`"}`), &llm.Outgoing{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range *got {
		if r.uri != "/chat/completions" {
			t.Errorf("got %s", r.uri)
		}
	}
}

func TestCallsThatCannotBeMade(t *testing.T) {
	s, got := vendor(t)
	p := mustLoad(t, "openai_compatible", `{"base_url":"`+s.URL+`/v1"}`)
	var e *llm.Error
	for _, o := range []*llm.Outgoing{{Operation: "assistants"}, {}, {Operation: llm.OpChat, Credential: 1}, {Operation: llm.OpChat, Credential: -1}} {
		if _, err := p.Send(t.Context(), o); !errors.As(err, &e) || e.Class != llm.ClassGateway {
			t.Errorf("%+v: got %v", o, err)
		}
	}
	if len(*got) > 0 {
		t.Errorf("something was sent: %v", *got)
	}
}

// Whatever a model is called, it names a model and not another resource.
func TestModelsInPaths(t *testing.T) {
	s, got := vendor(t)
	p := mustLoad(t, "gemini", `{"base_url":"`+s.URL+`/proxy%2Fa","api_keys":["key"]}`)
	for model, want := range map[string]string{
		"gemini-2.5-pro":          "gemini-2.5-pro",
		"models/gemini-2.5-pro":   "gemini-2.5-pro",
		"tunedModels/x":           "tunedModels%2Fx",
		"publishers/google/m":     "publishers%2Fgoogle%2Fm",
		"a?alt=json":              "a%3Falt%3Djson",
		"a#b":                     "a%23b",
		"a%2fb":                   "a%252fb",
		"a:countTokens?x=":        "a%3AcountTokens%3Fx%3D",
		`a\b;c&d e+f`:             "a%5Cb%3Bc%26d%20e%2Bf",
		"ä~_":                     "%C3%A4~_",
		".":                       ".",
		"../../x":                 "",
		"a/..":                    "",
		"..":                      "",
		"models/../x":             "",
		"":                        "",
		"models/":                 "",
		"a\x00":                   "",
		"a\r\nX: y":               "",
		"a\xff":                   "",
		"\u0085":                  "",
		"models/models/x":         "models%2Fx",
		"https://evil.example/x?": "https%3A%2F%2Fevil.example%2Fx%3F",
	} {
		*got = nil
		err := call(t, p, &llm.Outgoing{Model: model, Body: []byte("{}")})
		if want == "" {
			var e *llm.Error
			if !errors.As(err, &e) || e.Class != llm.ClassCallerFault || e.Param != "model" || len(*got) > 0 {
				t.Errorf("%q: got %v, %v", model, err, *got)
			}
			continue
		}
		if err != nil || len(*got) != 1 || (*got)[0].uri != "/proxy%2Fa/v1beta/models/"+want+":generateContent" {
			t.Errorf("%q: got %v, %v", model, err, *got)
		}
	}
}

// A reload provisions the new configuration and then gives up the old one.
func TestReloadKeepsConnections(t *testing.T) {
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	config := `{"base_url":"` + s.URL + `/v1","api_keys":["key"]}`
	var old llm.Provider
	for range 5 {
		p := mustLoad(t, "openai_compatible", config)
		if old != nil {
			if err := old.(caddy.CleanerUpper).Cleanup(); err != nil {
				t.Fatal(err)
			}
			// Calls that the old configuration still has are served.
			if err := call(t, old, &llm.Outgoing{Body: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
		}
		if err := call(t, p, &llm.Outgoing{Body: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		old = p
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestOtherKeyIsAnotherAccount(t *testing.T) {
	identity := func(config string) string {
		return mustLoad(t, "openai_compatible", config).(llm.Identifier).Identity()
	}
	base := identity(`{"base_url":"http://127.0.0.1:1/v1","api_keys":["secret-a"]}`)
	if again := identity(`{"base_url":"http://127.0.0.1:1/v1/","api_keys":["secret-a"],"vendor":"openai"}`); again != base {
		t.Errorf("got %q, want %q", again, base)
	}
	for _, config := range []string{
		`{"base_url":"http://127.0.0.1:1/v1","api_keys":["secret-b"]}`,
		`{"base_url":"http://127.0.0.1:1/v1","api_keys":["secret-a","secret-b"]}`,
		`{"base_url":"http://127.0.0.1:1/v1","api_keys":["secret-","a"]}`,
		`{"base_url":"http://127.0.0.1:1/v1"}`,
		`{"base_url":"http://127.0.0.1:2/v1","api_keys":["secret-a"]}`,
	} {
		if identity(config) == base {
			t.Errorf("%s is the same account", config)
		}
	}
	if strings.Contains(base, "secret") {
		t.Errorf("the identity tells the key: %s", base)
	}
}

func TestCleanupOfWhatWasNotProvisioned(t *testing.T) {
	for _, p := range []caddy.CleanerUpper{new(OpenAICompatible), new(Anthropic), new(Gemini), new(Ollama), new(Cohere), new(AzureOpenAI)} {
		if err := p.Cleanup(); err != nil {
			t.Error(err)
		}
	}
}

func TestSimulator(t *testing.T) {
	p := mustLoad(t, "simulator", `{"latency":"1ms","delay":"1ms"}`)
	a, err := p.Send(t.Context(), &llm.Outgoing{Operation: llm.OpChat, Body: []byte(`{"model":"echo","messages":[{"role":"user","content":"hello"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(a.Body); !strings.Contains(string(b), `"content":"hello"`) {
		t.Errorf("got %s", b)
	}
	if p.Credentials() != 1 || p.Dialect().Name() != "openai" || p.(llm.Describer).Vendor() != "simulator" || len(p.(llm.ModelLister).Models()) == 0 {
		t.Errorf("got %+v", p)
	}
	if _, err := p.Send(t.Context(), &llm.Outgoing{Operation: "embeddings"}); err == nil {
		t.Error("it has an operation that it does not have")
	}
	if _, err := load(t, "simulator", `{"delay":-1}`); err == nil {
		t.Error("a negative delay")
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

// observed is a logger whose lines can be read.
func observed() (*zap.Logger, *observer.ObservedLogs) {
	core, logs := observer.New(zap.DebugLevel)
	return zap.New(core), logs
}
