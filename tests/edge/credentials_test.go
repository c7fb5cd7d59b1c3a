package edge

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestWrongKeys holds that every wrong key gets the same answer, in the
// dialect's shape, and that nothing reaches the provider.
func TestWrongKeys(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	key := g.Key
	var first string
	for _, c := range []struct {
		name    string
		path    string
		headers []string
	}{
		{"none", "", []string{"Authorization", ""}},
		{"empty bearer", "", []string{"Authorization", "Bearer "}},
		{"bearer alone", "", []string{"Authorization", "Bearer"}},
		{"two spaces", "", []string{"Authorization", "Bearer  " + key}},
		{"basic", "", []string{"Authorization", "Basic dXNlcjpwYXNz"}},
		{"the key without a scheme", "", []string{"Authorization", key}},
		{"in the query", "?key=" + key, []string{"Authorization", ""}},
		{"in the query by another name", "?api_key=" + key, []string{"Authorization", ""}},
		{"10 kB", "", []string{"Authorization", "Bearer " + strings.Repeat("a", 10_000)}},
		{"beyond ASCII", "", []string{"Authorization", "Bearer fwk_sch\u00f6n"}},
		{"SQL", "", []string{"Authorization", "Bearer ' OR 1=1--"}},
		{"one letter more", "", []string{"Authorization", "Bearer " + key + "a"}},
		{"one letter less", "", []string{"Authorization", "Bearer " + key[:len(key)-1]}},
		{"the last letter changed", "", []string{"Authorization", "Bearer " + key[:len(key)-1] + other(key[len(key)-1])}},
		{"another case", "", []string{"Authorization", "Bearer " + strings.ToUpper(key)}},
		{"a provider's key", "", []string{"Authorization", "Bearer " + providerKey}},
		{"wrong x-api-key", "", []string{"Authorization", "", "X-Api-Key", "fwk_wrong"}},
	} {
		a := g.Post(t, "/v1/chat/completions"+c.path, fairwaytest.Ask("up/ok"), c.headers...)
		if a.Status != 401 {
			t.Errorf("%s: status %d, want 401: %.200s", c.name, a.Status, a.Body)
			continue
		}
		if a.Header.Get("Www-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", c.name)
		}
		if got := a.Header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("%s: Cache-Control %q", c.name, got)
		}
		if e := a.Error(t); e.CodeOf() != "invalid-credential" {
			t.Errorf("%s: code %q", c.name, e.CodeOf())
		}
		if first == "" {
			first = string(a.Body)
		}
		if string(a.Body) != first {
			t.Errorf("%s: another body than the first: %s", c.name, a.Body)
		}
	}
	if n := len(up.All()); n > 0 {
		t.Errorf("%d requests reached the provider", n)
	}
	if strings.Contains(g.Log(), key) {
		t.Error("the log has the key")
	}
}

// other is a letter that is not the given one.
func other(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}

// TestKeyCarriers holds that a key is found wherever an SDK puts it.
func TestKeyCarriers(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{})
	for name, headers := range map[string][]string{
		"bearer":            {"Authorization", "Bearer " + g.Key},
		"bearer in capital": {"Authorization", "BEARER " + g.Key},
		"x-api-key":         {"Authorization", "", "X-Api-Key", g.Key},
		"api-key":           {"Authorization", "", "Api-Key", g.Key},
		"x-goog-api-key":    {"Authorization", "", "X-Goog-Api-Key", g.Key},
		"the same twice":    {"Authorization", "Bearer " + g.Key, "X-Goog-Api-Key", g.Key},
	} {
		if a := g.Chat(t, fairwaytest.Ask("up/ok"), headers...); a.Status != 200 {
			t.Errorf("%s: status %d: %s", name, a.Status, a.Body)
		}
	}
}

// TestQueryKey holds that a key in the address works only where it is allowed,
// and never gets into the log.
func TestQueryKey(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{Site: "log\nfairway {\n\tquery_key\n}"})
	if a := g.Post(t, "/v1/chat/completions?key="+g.Key, fairwaytest.Ask("up/ok"), "Authorization", ""); a.Status != 200 {
		t.Errorf("status %d: %s", a.Status, a.Body)
	}
	if a := g.Chat(t, fairwaytest.Ask("up/ok")); a.Status != 200 {
		t.Errorf("in the header: status %d: %s", a.Status, a.Body)
	}
	fairwaytest.Eventually(t, 5*time.Second, "the access log", func() bool { return strings.Contains(g.Log(), "handled request") })
	if strings.Contains(g.Log(), g.Key) {
		t.Error("the log has the key")
	}
}

func TestTwoKeys(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	_, second := g.AddKey(t, "shop")
	for name, headers := range map[string][]string{
		"two good ones":          {"X-Api-Key", second},
		"a good and a bad one":   {"X-Api-Key", "fwk_wrong"},
		"a good one and a basic": {"Authorization", "Basic dXNlcjpwYXNz", "X-Api-Key", g.Key},
	} {
		a := g.Chat(t, fairwaytest.Ask("up/ok"), headers...)
		if a.Status != 400 {
			t.Errorf("%s: status %d, want 400", name, a.Status)
			continue
		}
		if e := a.Error(t); e.CodeOf() != "conflicting-credentials" {
			t.Errorf("%s: code %q", name, e.CodeOf())
		}
	}
	if n := len(up.All()); n > 0 {
		t.Errorf("%d requests reached the provider", n)
	}
}

// TestKeysEnd holds that a key stops working within a second of its end, and
// that a new one works as fast.
func TestKeysEnd(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{})
	status := func(secret string) int {
		return g.Chat(t, fairwaytest.Ask("up/ok"), "Authorization", "Bearer "+secret).Status
	}
	refused := func(t *testing.T, secret string) {
		t.Helper()
		var a *fairwaytest.Answer
		fairwaytest.Eventually(t, time.Second, "a refusal", func() bool {
			a = g.Chat(t, fairwaytest.Ask("up/ok"), "Authorization", "Bearer "+secret)
			return a.Status != 200
		})
		if e := a.Error(t); a.Status != 401 || e.CodeOf() != "credential-expired" {
			t.Errorf("status %d, code %q", a.Status, e.CodeOf())
		}
	}
	t.Run("revoked", func(t *testing.T) {
		t.Parallel()
		id, secret := g.AddKey(t, "shop")
		fairwaytest.Eventually(t, time.Second, "the new key works", func() bool { return status(secret) == 200 })
		g.Must(t, "key", "revoke", id)
		refused(t, secret)
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		end := time.Now().Add(3 * time.Second)
		_, secret := g.AddKey(t, "shop", "--expires", end.UTC().Format(time.RFC3339Nano))
		fairwaytest.Eventually(t, time.Second, "the new key works", func() bool { return status(secret) == 200 })
		fairwaytest.Eventually(t, 4*time.Second, "the key ends", func() bool { return status(secret) != 200 })
		if late := time.Since(end); late > time.Second || late < 0 {
			t.Errorf("the key ended %s after its time", late)
		}
		refused(t, secret)
	})
	t.Run("already expired", func(t *testing.T) {
		t.Parallel()
		r := g.Manage(t, "key", "create", "--application", "shop", "--json", "--expires", "2020-01-01T00:00:00Z")
		if r.Code != 0 {
			return // to refuse it is as good
		}
		var key struct{ Secret string }
		if err := json.Unmarshal([]byte(r.Stdout), &key); err != nil {
			t.Fatal(err)
		}
		if got := status(key.Secret); got != 401 {
			t.Errorf("status %d, want 401", got)
		}
	})
}

// TestPublic holds that a site can do without keys, and records calls all the
// same.
func TestPublic(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{Site: "fairway {\n\tpublic\n}", NoKey: true})
	a := g.Chat(t, fairwaytest.Ask("up/ok"))
	if a.Status != 200 {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	if r := g.Record(t, a.ID()); r.Application != "" || r.Model != "up/ok" || r.Status != 200 {
		t.Errorf("the record is %+v", r)
	}
	// Somebody else's key is no reason to refuse, and must not be passed on.
	if a := g.Chat(t, fairwaytest.Ask("up/ok"), "Authorization", "Bearer sk-of-the-caller"); a.Status != 200 {
		t.Errorf("with a key: status %d", a.Status)
	}
	if got := up.Last(t, "ok").Header.Get("Authorization"); got != "Bearer "+providerKey {
		t.Errorf("the provider got %q", got)
	}
}

// TestGatewayWithoutSubscription holds that forgetting the key check does not
// open the gateway.
func TestGatewayWithoutSubscription(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{Site: "ai_gateway"})
	if a := g.Chat(t, fairwaytest.Ask("up/ok")); a.Status != 401 {
		t.Errorf("status %d, want 401", a.Status)
	}
	if n := len(up.All()); n > 0 {
		t.Errorf("%d requests reached the provider", n)
	}
}
