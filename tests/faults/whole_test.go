package faults

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

const secret = "sk-leaked-by-the-provider"

func errorBody(message, kind, code string) string {
	return fmt.Sprintf(`{"error":{"message":%q,"type":%q,"param":null,"code":%q}}`, message, kind, code)
}

// TestFailuresOfWholeAnswers holds what each failure becomes for the caller and
// in the record.
func TestFailuresOfWholeAnswers(t *testing.T) {
	t.Parallel()
	canary := fairwaytest.NewCanary(t)
	good := fairwaytest.Completion("fine")
	html := "<html><body><h1>502 Bad Gateway</h1>" + secret + "</body></html>"
	cases := []struct {
		name  string
		reply fairwaytest.Reply
		want  failure
		// reason and class are the record's; "*" stands for any.
		class, reason string
	}{
		{"reset before an answer", fairwaytest.Reset(), unreachable, "transport", "*"},
		{"closed before an answer", fairwaytest.Raw(""), unreachable, "transport", "*"},
		{"reset in the head", func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
			c.Send("HTTP/1.1 200 OK\r\nContent-Ty")
			c.Reset()
		}, unreachable, "transport", "*"},
		{"not HTTP", fairwaytest.Raw("SSH-2.0-OpenSSH_9.2\r\n"), unreachable, "transport", "*"},
		{"shorter than its length", fairwaytest.Raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n" + good), badResponse, "bad_output", "truncated"},
		{"chunks cut off", func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
			c.Head(200, "Content-Type", "application/json")
			c.Chunk(good[:40])
			c.Close()
		}, badResponse, "bad_output", "truncated"},
		{"reset in the body", func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
			c.Head(200, "Content-Type", "application/json")
			c.Chunk(good[:40])
			c.Reset()
		}, badResponse, "bad_output", "*"},
		{"stalled", fairwaytest.Hold(), timedOut, "timeout", "*"},
		{"stalled midway", func(c *fairwaytest.Conn, r *fairwaytest.Received) {
			c.Head(200, "Content-Type", "application/json")
			c.Chunk(good[:40])
			c.Hold(r)
		}, timedOut, "timeout", "*"},

		{"500", fairwaytest.JSON(500, errorBody(secret, "server_error", "x")), serverError, "server", "*"},
		{"502 HTML", fairwaytest.Whole(502, "text/html", html), serverError, "server", "*"},
		{"503", fairwaytest.JSON(503, errorBody("overloaded", "server_error", "x")), overloaded, "overloaded", "*"},
		{"503 HTML", fairwaytest.Whole(503, "text/html", html), overloaded, "overloaded", "*"},
		{"504", fairwaytest.Whole(504, "text/html", html), timedOut, "timeout", "*"},
		{"520 of a proxy", fairwaytest.Whole(520, "text/html", html), overloaded, "overloaded", "*"},
		{"529", fairwaytest.JSON(529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), overloaded, "overloaded", "*"},
		{"500 without a body", fairwaytest.Whole(500, "", ""), serverError, "server", "*"},

		{"200 HTML", fairwaytest.Whole(200, "text/html", html), badResponse, "bad_output", "malformed"},
		{"200 garbage", fairwaytest.JSON(200, "\x00\x01\x02"), badResponse, "bad_output", "malformed"},
		{"200 empty", fairwaytest.JSON(200, ""), badResponse, "bad_output", "empty"},
		{"200 {}", fairwaytest.JSON(200, "{}"), badResponse, "bad_output", "malformed"},
		{"200 []", fairwaytest.JSON(200, "[]"), badResponse, "bad_output", "malformed"},
		{"200 null", fairwaytest.JSON(200, "null"), badResponse, "bad_output", "malformed"},
		{"200 half of a JSON", fairwaytest.JSON(200, good[:80]), badResponse, "bad_output", "malformed"},
		{"200 without choices", fairwaytest.JSON(200, `{"id":"x","object":"chat.completion","choices":[]}`), badResponse, "bad_output", "malformed"},
		{"200 with a server's error", fairwaytest.JSON(200, errorBody("failed", "server_error", "x")), serverError, "*", "*"},
		{"204", fairwaytest.Whole(204, "", ""), badResponse, "*", "*"},
		{"302", fairwaytest.Whole(302, "text/html", "", "Location", "http://"+canary.Address+"/"), serverError, "server", "redirect"},
		{"307", fairwaytest.Whole(307, "text/html", "", "Location", "http://"+canary.Address+"/"), serverError, "server", "redirect"},
		{"308 to itself", fairwaytest.Whole(308, "text/html", "", "Location", "/v1/chat/completions"), serverError, "server", "redirect"},
	}
	name := func(of string) string {
		return strings.NewReplacer(" ", "-", "{}", "object", "[]", "array", "'", "").Replace(of)
	}
	models := ""
	for _, c := range cases {
		models += "model " + name(c.name) + " {\n\ttarget oai/" + name(c.name) + "\n\ttimeout total 1s\n}\n"
	}
	g, up := start(t, models)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			model := name(c.name)
			up.On(model, c.reply)
			a := g.Chat(t, fairwaytest.Ask(model))
			c.want.check(t, a)
			for _, word := range []string{secret, "<html", "127.0.0.1", ".go:"} {
				if strings.Contains(string(a.Body), word) {
					t.Errorf("the caller sees %q: %s", word, a.Body)
				}
			}
			r := g.Record(t, a.ID())
			if r.Status != c.want.status || c.class != "*" && r.Class != c.class {
				t.Errorf("the record has status %d and class %q, want %q", r.Status, r.Class, c.class)
			}
			if c.reason != "*" && (len(r.Attempts) == 0 || r.Attempts[0].Reason != c.reason) {
				t.Errorf("the record's attempts are %+v, want the reason %q", r.Attempts, c.reason)
			}
			if n := len(up.Requests(model)); n != len(r.Attempts) {
				t.Errorf("%d requests reached the provider, the record has %d attempts", n, len(r.Attempts))
			}
		})
	}
	t.Cleanup(func() {
		if n := canary.Connections(); n > 0 {
			t.Errorf("%d redirects were followed", n)
		}
	})
}

// TestRequestsThatTheProviderRefuses holds that a caller's own mistake comes
// back as it is, at once, and blames nobody else.
func TestRequestsThatTheProviderRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		status int
		body   string
		want   failure
		says   string
	}{
		{"400", 400, errorBody("temperature is too high", "invalid_request_error", "invalid_value"), failure{400, "invalid_value", "invalid_request_error"}, "temperature is too high"},
		{"422", 422, `{"detail":[{"loc":["body","top_k"],"msg":"must be positive","type":"value_error"}]}`, failure{422, "*", "invalid_request_error"}, "must be positive"},
		{"404 of a model", 404, errorBody("The model does not exist", "invalid_request_error", "model_not_found"), failure{404, "model_not_available", "not_found"}, ""},
		{"context", 400, errorBody("This model's maximum context length is 8192 tokens", "invalid_request_error", "context_length_exceeded"), failure{400, "context_length_exceeded", "invalid_request_error"}, "8192"},
		{"filter", 400, errorBody("The response was filtered", "invalid_request_error", "content_filter"), failure{400, "content_filter", "invalid_request_error"}, ""},
		{"413", 413, errorBody("too large", "invalid_request_error", "too_large"), failure{413, "too_large", "invalid_request_error"}, "too large"},
	}
	var targets []string
	for _, c := range cases {
		targets = append(targets, "oai/wrong-"+strings.ReplaceAll(c.name, " ", "-"))
	}
	g, up := start(t, "model backed {\n\ttarget oai/wrong-backed\n\tfallback oai/good\n}", targets...)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			model := "wrong-" + strings.ReplaceAll(c.name, " ", "-")
			up.On(model, fairwaytest.JSON(c.status, c.body))
			a := g.Chat(t, fairwaytest.Ask("oai/"+model))
			if c.want.code == "*" {
				c.want.code = a.Error(t).CodeOf()
			}
			if e := c.want.check(t, a); !strings.Contains(e.Message, c.says) {
				t.Errorf("the message %q lacks %q", e.Message, c.says)
			}
			if n := len(up.Requests(model)); n != 1 {
				t.Errorf("%d requests reached the provider, want 1", n)
			}
		})
	}
	t.Run("with a fallback", func(t *testing.T) {
		t.Parallel()
		up.On("wrong-backed", fairwaytest.JSON(400, errorBody("no", "invalid_request_error", "invalid_value")))
		failure{400, "invalid_value", "invalid_request_error"}.check(t, g.Chat(t, fairwaytest.Ask("backed")))
	})
}

// TestProvidersWithoutUs holds that a refused key or an empty account is the
// gateway's matter: the caller sees neither the key nor the provider's words,
// and the key is left alone.
func TestProvidersWithoutUs(t *testing.T) {
	t.Parallel()
	g, up := start(t, "", "alone/denied-alone", "barred/denied-barred", "broke/denied-broke")
	for provider, c := range map[string]struct {
		status int
		body   string
		want   failure
	}{
		"alone":  {401, errorBody("Incorrect API key provided: "+secret, "invalid_request_error", "invalid_api_key"), failure{502, "upstream_auth", "api_error"}},
		"barred": {403, errorBody("Your account "+secret+" has no access", "invalid_request_error", "forbidden"), failure{502, "upstream_auth", "api_error"}},
		"broke":  {402, errorBody("Your account "+secret+" has no credit", "insufficient_quota", "insufficient_quota"), failure{429, "provider_quota", "insufficient_quota"}},
	} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			model := "denied-" + provider
			up.On(model, fairwaytest.JSON(c.status, c.body))
			for range 3 {
				a := g.Chat(t, fairwaytest.Ask(provider+"/"+model))
				if a.Status < 400 || strings.Contains(string(a.Body), secret) || strings.Contains(string(a.Body), "sk-") {
					t.Errorf("status %d: %s", a.Status, a.Body)
				}
				if len(up.Requests(model)) == 1 && a.Status != c.want.status {
					t.Errorf("status %d, want %d: %s", a.Status, c.want.status, a.Body)
				}
			}
			if n := len(up.Requests(model)); n != 1 {
				t.Errorf("%d requests reached the provider: the key was not left alone", n)
			}
		})
	}
}

// TestLargeAnswers holds the bound on what is kept in memory.
func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	g, up := start(t, "", "oai/large", "oai/endless", "oai/announced")
	up.On("large", fairwaytest.JSON(200, fairwaytest.Completion(strings.Repeat("a", 20<<20))))
	if a := g.Chat(t, fairwaytest.Ask("oai/large")); a.Status != 200 || len(a.Body) < 20<<20 {
		t.Errorf("20 MB: status %d, %d bytes", a.Status, len(a.Body))
	}
	chunk := strings.Repeat("a", 1<<20)
	up.On("endless", func(c *fairwaytest.Conn, r *fairwaytest.Received) {
		c.Head(200, "Content-Type", "application/json")
		c.Chunk(`{"id":"`)
		for {
			select {
			case <-r.Gone():
				c.Close()
				return
			default:
				c.Chunk(chunk)
			}
		}
	})
	a := g.Chat(t, fairwaytest.Ask("oai/endless"))
	badResponse.check(t, a)
	if r := g.Record(t, a.ID()); len(r.Attempts) == 0 || r.Attempts[0].Reason != "too_large" {
		t.Errorf("the record's attempts are %+v", r.Attempts)
	}
	up.On("announced", fairwaytest.Raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n{"))
	badResponse.check(t, g.Chat(t, fairwaytest.Ask("oai/announced")))
}

func TestUnexpectedEncodings(t *testing.T) {
	t.Parallel()
	g, up := start(t, "", "oai/zipped", "oai/zipped-stream", "oai/unknown")
	up.On("zipped", fairwaytest.Gzip("application/json", fairwaytest.Completion("fine")))
	if a := g.Chat(t, fairwaytest.Ask("oai/zipped")); a.Status != 200 || !strings.Contains(string(a.Body), "fine") || a.Header.Get("Content-Encoding") != "" {
		t.Errorf("status %d, encoding %q: %.200s", a.Status, a.Header.Get("Content-Encoding"), a.Body)
	}
	var text strings.Builder
	for _, d := range fairwaytest.Completed("fi", "ne") {
		text.WriteString("data: " + d + "\n\n")
	}
	up.On("zipped-stream", fairwaytest.Gzip("text/event-stream", text.String()))
	a := g.Chat(t, fairwaytest.AskStream("oai/zipped-stream"))
	if s, err := fairwaytest.ReadChatStream(a.Body); err != nil || s.Text != "fine" || !s.Done {
		t.Errorf("status %d (%v): %.500s", a.Status, err, a.Body)
	}
	up.On("unknown", fairwaytest.Whole(http.StatusOK, "application/json", "xxxx", "Content-Encoding", "br"))
	badResponse.check(t, g.Chat(t, fairwaytest.Ask("oai/unknown")))
}
