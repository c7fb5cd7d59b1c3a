package providers

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// noGoogle takes away what the environment says about Google.
func noGoogle(t *testing.T) {
	t.Helper()
	for _, name := range []string{"GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_APPLICATION_CREDENTIALS"} {
		t.Setenv(name, "")
	}
}

// tokenServer is where tokens are fetched; it answers with a status, once it is
// told to.
type tokenServer struct {
	*httptest.Server
	status  atomic.Int64
	fetched atomic.Int64
}

func newTokenServer(t *testing.T) *tokenServer {
	t.Helper()
	s := new(tokenServer)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fetched.Add(1)
		_ = r.ParseForm()
		if r.Form.Get("assertion") == "" {
			t.Errorf("got %v", r.Form)
		}
		w.Header().Set("Content-Type", "application/json")
		if status := s.status.Load(); status != 0 {
			w.WriteHeader(int(status))
			_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
			return
		}
		_, _ = io.WriteString(w, `{"access_token":"token-1","token_type":"Bearer","expires_in":3600}`)
	}))
	t.Cleanup(s.Close)
	return s
}

// serviceAccount writes the key of a service account.
func serviceAccount(t *testing.T, tokenURL string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "p", "client_email": "a@p.iam.gserviceaccount.com", "private_key_id": "1", "token_uri": tokenURL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	file := filepath.Join(t.TempDir(), "google.json")
	write(t, file, string(text), 0o600)
	return file
}

func TestVertex(t *testing.T) {
	noGoogle(t)
	tokens := newTokenServer(t)
	file := serviceAccount(t, tokens.URL)
	s, got := vendor(t)
	for kind, c := range map[string]struct{ publisher, whole, stream, dialect, vendor string }{
		"vertex":           {"google", ":generateContent", ":streamGenerateContent?alt=sse", "gemini", "google-vertex"},
		"vertex_anthropic": {"anthropic", ":rawPredict", ":streamRawPredict", "anthropic", "google-vertex"},
	} {
		*got = nil
		tokens.fetched.Store(0)
		p := mustLoad(t, kind, `{"base_url":"`+s.URL+`","project":"example.com:p-1","location":"europe-west1","credentials_file":"`+file+`"}`)
		if tokens.fetched.Load() != 0 {
			t.Error("a token was fetched before it was needed")
		}
		if p.Dialect().Name() != c.dialect || p.(llm.Describer).Vendor() != c.vendor || p.Credentials() != 1 {
			t.Errorf("got %s, %s, %d", p.Dialect().Name(), p.(llm.Describer).Vendor(), p.Credentials())
		}
		for i, stream := range []bool{false, true} {
			if err := call(t, p, &llm.Outgoing{Model: "m@1", Stream: stream, Body: []byte(`{"a":1}`), Header: []string{"Authorization", "other"}}); err != nil {
				t.Fatal(err)
			}
			r := (*got)[i]
			want := "/v1/projects/example.com:p-1/locations/europe-west1/publishers/" + c.publisher + "/models/m%401" + map[bool]string{false: c.whole, true: c.stream}[stream]
			if r.uri != want || r.header.Get("Authorization") != "Bearer token-1" || len(r.header["Authorization"]) != 1 {
				t.Errorf("got %+v, want %s", r, want)
			}
		}
		if tokens.fetched.Load() != 1 {
			t.Errorf("%d tokens were fetched", tokens.fetched.Load())
		}
		var e *llm.Error
		if err := call(t, p, &llm.Outgoing{Model: "../x", Body: []byte(`{}`)}); !errors.As(err, &e) || e.Param != "model" {
			t.Errorf("got %v", err)
		}
	}
}

// Vertex AI takes no ids of calls, which the Gemini API wants back.
func TestGeminiAtVertexIsVertex(t *testing.T) {
	r := &llm.Request{Messages: []llm.Message{
		{Role: llm.RoleUser, Parts: []llm.Part{{Kind: llm.PartText, Text: "x"}}},
		{Role: llm.RoleAssistant, Parts: []llm.Part{{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "call-1", Name: "f", Arguments: "{}"}}}},
		{Role: llm.RoleTool, Parts: []llm.Part{{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: "call-1", Parts: []llm.Part{{Kind: llm.PartText, Text: "y"}}}}}},
	}}
	for vertex, d := range map[bool]llm.Dialect{true: new(Vertex).Dialect(), false: new(Gemini).Dialect()} {
		encoded, err := d.AppendRequest(nil, r, llm.Target{Model: "gemini-2.5-pro", Vendor: "google-vertex"})
		if err != nil || strings.Contains(string(encoded.Body), "call-1") == vertex {
			t.Errorf("%v: got %s, %v", vertex, encoded.Body, err)
		}
	}
}

func TestClaudeAtVertexHasItsModelInTheURL(t *testing.T) {
	for body, want := range map[string]string{
		`{}`: `{"anthropic_version":"vertex-2023-10-16"}`,
		` { "model" : "m" , "max_tokens":1, "x\"y":[{"model":"n"}] } `:                    `{"anthropic_version":"vertex-2023-10-16","max_tokens":1,"x\"y":[{"model":"n"}]}`,
		`{"messages":[],"anthropic_version":"2023-06-01","mod\u0065l":"m","stream":true}`: `{"anthropic_version":"vertex-2023-10-16","messages":[],"stream":true}`,
		`{"a":`:   "",
		`{}{}`:    "",
		``:        "",
		`["a"]`:   "",
		`{"a" 1}`: "",
	} {
		got, err := forVertex([]byte(body))
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %s, %v", body, got, err)
		}
	}
}

func TestTokensThatCannotBeHad(t *testing.T) {
	noGoogle(t)
	tokens := newTokenServer(t)
	file := serviceAccount(t, tokens.URL)
	s, got := vendor(t)
	load := func() llm.Provider {
		return mustLoad(t, "vertex", `{"base_url":"`+s.URL+`","project":"p","credentials_file":"`+file+`"}`)
	}
	for status, want := range map[int64]llm.Class{400: llm.ClassCredential, 401: llm.ClassCredential} {
		tokens.status.Store(status)
		var e *llm.Error
		if err := call(t, load(), &llm.Outgoing{Model: "m"}); !errors.As(err, &e) || e.Class != want || e.Err == nil {
			t.Errorf("%d: got %v", status, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var e *llm.Error
	if _, err := load().Send(ctx, &llm.Outgoing{Operation: llm.OpChat, Model: "m"}); !errors.As(err, &e) || e.Class != llm.ClassClientCancel {
		t.Errorf("got %v", err)
	}
	tokens.Close()
	if err := call(t, load(), &llm.Outgoing{Model: "m"}); !errors.As(err, &e) || e.Class != llm.ClassTransport {
		t.Errorf("got %v", err)
	}
	if len(*got) > 0 {
		t.Errorf("something was sent: %v", *got)
	}
}

func TestVertexEndpoints(t *testing.T) {
	noGoogle(t)
	t.Setenv("GOOGLE_CLOUD_PROJECT", "p")
	for location, want := range map[string]string{
		"":                        "https://aiplatform.googleapis.com",
		"global":                  "https://aiplatform.googleapis.com",
		"us-central1":             "https://us-central1-aiplatform.googleapis.com",
		"northamerica-northeast1": "https://northamerica-northeast1-aiplatform.googleapis.com",
	} {
		t.Setenv("GOOGLE_CLOUD_LOCATION", location)
		if p := mustLoad(t, "vertex", `{}`).(llm.Describer); p.Endpoint() != want {
			t.Errorf("%s: got %s", location, p.Endpoint())
		}
	}
}

func TestVertexThatCannotBeProvisioned(t *testing.T) {
	noGoogle(t)
	file := filepath.Join(t.TempDir(), "x.json")
	write(t, file, `{"private_key":"secret"}`, 0o600)
	odd := filepath.Join(t.TempDir(), "y.json")
	write(t, odd, `{"type":"service_accounts","private_key":"secret"}`, 0o600)
	for config, want := range map[string]string{
		`{}`:                                                    "project is missing",
		`{"project":"{env.NO_SUCH_THING}"}`:                     "NO_SUCH_THING",
		`{"project":"a/b"}`:                                     "is none of Google's",
		`{"project":"p","location":"x.evil/"}`:                  "is none of Google's",
		`{"project":"p","api_keys":["secret"]}`:                 "takes no keys",
		`{"project":"p","credentials_file":"/no/such/file"}`:    "no such file",
		`{"project":"p","credentials_file":"` + file + `"}`:     "is no file of Google's credentials",
		`{"project":"p","credentials_file":"` + odd + `"}`:      "credentials_file: reading",
		`{"project":"p","base_url":"https://x.example.com/v1"}`: "leave /v1 out",
	} {
		if _, err := load(t, "vertex", config); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %q", config, err, want)
		}
	}
}
