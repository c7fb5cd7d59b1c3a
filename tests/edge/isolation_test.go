package edge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestCallersDoNotChooseTheUpstream holds that nothing in a request leads it, or
// the provider's key, to another place.
func TestCallersDoNotChooseTheUpstream(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	canary := fairwaytest.NewCanary(t)
	there := "http://" + canary.Address
	for _, field := range []string{"api_base", "base_url", "api_key", "extra_headers", "extra_body", "extra_query"} {
		value := fairwaytest.Quote(there)
		if strings.HasPrefix(field, "extra") {
			value = `{"Host":` + value + `}`
		}
		a := g.Chat(t, ask(fmt.Sprintf(`,%q:%s`, field, value)))
		if a.Status != 400 {
			t.Errorf("%s in the body: status %d, want 400", field, a.Status)
		}
	}
	for _, query := range []string{"api_base", "base_url", "url", "host", "target"} {
		if a := g.Post(t, "/v1/chat/completions?"+query+"="+there, fairwaytest.Ask("up/ok")); a.Status != 200 && a.Status != 400 {
			t.Errorf("%s in the query: status %d", query, a.Status)
		}
	}
	for _, header := range []string{
		"X-Forwarded-Host", "X-Host", "X-Upstream-Host", "X-Api-Base", "X-Base-Url", "X-Openai-Host", "X-Target-Url", "Forwarded", "X-Original-Url", "X-Rewrite-Url", "Proxy",
	} {
		value := canary.Address
		if header == "Forwarded" {
			value = "host=" + value
		}
		if a := g.Chat(t, fairwaytest.Ask("up/ok"), header, value); a.Status != 200 && a.Status != 400 {
			t.Errorf("%s: status %d", header, a.Status)
		}
	}
	for _, model := range []string{there + "/v1/x", "up@" + canary.Address + "/x", canary.Address + "/x", "//" + canary.Address + "/x"} {
		if a := g.Chat(t, fairwaytest.Ask(model)); a.Status != 404 && a.Status != 400 {
			t.Errorf("model %q: status %d", model, a.Status)
		}
	}
	// A name that is a path stays inside the body.
	for _, model := range []string{"up/%2e%2e%2fadmin", "up/x?y=z", "up/x#y"} {
		up.On(strings.TrimPrefix(model, "up/"), fairwaytest.JSON(200, fairwaytest.Completion("fine")))
		g.Chat(t, fairwaytest.Ask(model))
	}
	for _, r := range up.All() {
		if r.URI != "/v1/chat/completions" || r.Host != strings.TrimPrefix(up.URL, "http://") {
			t.Errorf("the provider got a request for %s at %s", r.URI, r.Host)
		}
		if strings.Contains(fmt.Sprint(r.Header), canary.Address) {
			t.Errorf("the provider got the caller's headers: %v", r.Header)
		}
	}
	if n := canary.Connections(); n > 0 {
		t.Errorf("%d connections to where a caller pointed", n)
	}
}

// TestPicturesAreNotFetched holds that an address in a message is the
// provider's to fetch.
func TestPicturesAreNotFetched(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	canary := fairwaytest.NewCanary(t)
	body := message(`"role":"user","content":[{"type":"image_url","image_url":{"url":"http://` + canary.Address + `/cat.png"}}]`)
	if a := g.Chat(t, body); a.Status == 200 && !strings.Contains(string(up.Last(t, "ok").Body), canary.Address) {
		t.Error("the address did not reach the provider")
	}
	if n := canary.Connections(); n > 0 {
		t.Errorf("%d connections to the picture's host", n)
	}
}

// TestCallersHeadersStayHere holds that providers see nothing of who calls.
func TestCallersHeadersStayHere(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	private := []string{
		"Cookie", "session=secret-of-the-caller", "X-Forwarded-For", "192.0.2.7", "X-Real-Ip", "192.0.2.7", "Proxy-Authorization", "Basic c2VjcmV0",
		"Origin", "https://shop.example", "Referer", "https://shop.example/cart", "X-Custom", "secret-of-the-caller", "User-Agent", "callers-agent/1.0",
		"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Openai-Organization", "org-of-the-caller", "Anthropic-Beta", "something",
	}
	for name, carrier := range map[string][]string{
		"bearer": {"Authorization", "Bearer " + g.Key}, "x-api-key": {"Authorization", "", "X-Api-Key", g.Key}, "api-key": {"Authorization", "", "Api-Key", g.Key},
	} {
		for _, model := range []string{"ok", "stream"} {
			body := fairwaytest.Ask("up/" + model)
			if model == "stream" {
				body = fairwaytest.AskStream("up/" + model)
			}
			if a := g.Chat(t, body, append(carrier, private...)...); a.Status != 200 {
				t.Fatalf("%s, %s: status %d: %s", name, model, a.Status, a.Body)
			}
		}
	}
	for _, r := range up.All() {
		if got := r.Header.Get("Authorization"); got != "Bearer "+providerKey {
			t.Errorf("the provider got the key %q", got)
		}
		text := fmt.Sprint(r.Header) + string(r.Body)
		for _, word := range []string{g.Key, "of-the-caller", "192.0.2.7", "shop.example", "callers-agent", "0af7651916cd43dd8448eb211c80319c", "c2VjcmV0", "something"} {
			if strings.Contains(text, word) {
				t.Errorf("the provider got %q in %v", word, r.Header)
			}
		}
		for _, name := range []string{"X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Cookie", "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
			if v := r.Header.Get(name); v != "" {
				t.Errorf("the provider got %s: %s", name, v)
			}
		}
	}
	if n := len(up.All()); n != 6 {
		t.Errorf("%d requests reached the provider, want 6", n)
	}
}

// TestUpstreamsHeadersStayThere holds that a provider sets nothing at callers.
func TestUpstreamsHeadersStayThere(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	up.On("chatty", fairwaytest.JSON(200, fairwaytest.Completion("fine"),
		"Set-Cookie", "tracker=1", "Server", "secret-server", "X-Internal", "topology", "Openai-Organization", "org-of-the-operator",
		"X-Request-Id", "req-upstream-1", "Access-Control-Allow-Origin", "*", "Alt-Svc", `h3=":443"`, "Strict-Transport-Security", "max-age=1"))
	a := g.Chat(t, fairwaytest.Ask("up/chatty"))
	if a.Status != 200 {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	text := fmt.Sprint(a.Header)
	for _, word := range []string{"tracker", "secret-server", "topology", "org-of-the-operator", "Access-Control", "Strict-Transport"} {
		if strings.Contains(text, word) {
			t.Errorf("the caller got %q: %v", word, a.Header)
		}
	}
	if got := a.Header.Get("X-Upstream-Request-Id"); got != "req-upstream-1" {
		t.Errorf("X-Upstream-Request-Id %q, want the provider's id", got)
	}
	if a.ID() == "req-upstream-1" || a.ID() == "" {
		t.Errorf("X-Request-Id %q, want an id of the gateway's", a.ID())
	}
}
