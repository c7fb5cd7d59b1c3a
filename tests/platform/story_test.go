package platform

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

const simulator = `
provider sim simulator
model fast {
	target sim/echo
}
model deep {
	target sim/echo
}
`

// shop is a gateway with a tenant that publishes "chat", which has the model
// fast, and another tenant's application, which has a key and no subscription.
type shop struct {
	*fairwaytest.Gateway
	api, plan, app, key string
}

func open(t *testing.T, plan, site string) *shop {
	t.Helper()
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: simulator, Site: site})
	s := &shop{Gateway: g}
	g.Make(t, "/tenants", `{"name":"provider"}`)
	g.Make(t, "/tenants", `{"name":"acme"}`)
	s.api = g.Make(t, "/tenants/provider/apis", `{"name":"chat","kind":"model","models":["fast"],"visibility":"shared","shared_with":["acme"]}`).ID
	s.plan = g.Make(t, "/apis/"+s.api+"/plans", plan).ID
	g.Do(t, "/apis/"+s.api+"/publish", "")
	s.app = g.Make(t, "/tenants/acme/applications", `{"name":"shop"}`).ID
	s.key = g.Make(t, "/applications/"+s.app+"/keys", `{"name":"prod"}`).Secret
	return s
}

func (s *shop) ask(t *testing.T) fairwaytest.Thing {
	t.Helper()
	return s.Make(t, "/requests", fmt.Sprintf(`{"application":%q,"api":%q,"plan":%q,"reason":"nightly reports"}`, s.app, s.api, s.plan))
}

// chat calls a model with the application's key.
func (s *shop) chat(t *testing.T, model string) *fairwaytest.Answer {
	t.Helper()
	return s.Chat(t, fairwaytest.Ask(model), "Authorization", "Bearer "+s.key)
}

// refused checks what the application is told, in OpenAI's words.
func (s *shop) refused(t *testing.T, model string, status int, code string) *fairwaytest.Answer {
	t.Helper()
	a := s.chat(t, model)
	var e struct {
		Error struct{ Code, Message, Type string }
	}
	a.JSON(t, &e)
	if a.Status != status || e.Error.Code != code {
		t.Errorf("%s: got %d %s, want %d %s", model, a.Status, a.Body, status, code)
	}
	return a
}

func (s *shop) passes(t *testing.T) {
	t.Helper()
	if a := s.chat(t, "fast"); a.Status != 200 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// TestApproval is the story of a subscription: every change is in force when it
// is answered.
func TestApproval(t *testing.T) {
	t.Parallel()
	s := open(t, `{"name":"team","approval":"manual"}`, "")
	if a := s.refused(t, "fast", 403, "not-subscribed"); !strings.Contains(string(a.Body), "/console/catalog/provider/chat") {
		t.Errorf("no link to apply: %s", a.Body)
	}
	s.refused(t, "deep", 404, "model_not_found") // of which it can know nothing
	s.refused(t, "none", 404, "model_not_found")

	req := s.ask(t)
	s.refused(t, "fast", 403, "subscription-pending")
	s.Do(t, "/requests/"+req.ID+"/reject", `{"note":"say what for"}`)
	if a := s.refused(t, "fast", 403, "subscription-rejected"); !strings.Contains(string(a.Body), "say what for") {
		t.Errorf("no reason: %s", a.Body)
	}
	s.Ask(t, 409, "POST", "/requests/"+req.ID+"/approve", "", nil)

	req = s.ask(t)
	approved := s.Do(t, "/requests/"+req.ID+"/approve", `{"note":"ok"}`)
	if approved.State != "approved" || approved.Subscription == "" {
		t.Fatalf("%+v", approved)
	}
	s.passes(t)
	s.refused(t, "deep", 404, "model_not_found")
	sub := "/subscriptions/" + approved.Subscription
	for _, step := range []struct{ do, code string }{
		{"suspend", "subscription-suspended"}, {"resume", ""}, {"pause", "subscription-paused"}, {"unpause", ""},
		{"revoke", "subscription-revoked"},
	} {
		s.Do(t, sub+"/"+step.do, `{"reason":"because"}`)
		if step.code == "" {
			s.passes(t)
		} else {
			s.refused(t, "fast", 403, step.code)
		}
	}
	s.Ask(t, 409, "POST", sub+"/resume", "", nil)

	// In the words of other dialects.
	key := []string{"Authorization", "Bearer " + s.key}
	a := s.Post(t, "/v1/messages", `{"model":"fast","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`, key...)
	if a.Status != 403 || !strings.Contains(string(a.Body), `"type":"permission_error"`) || !strings.Contains(string(a.Body), `"code":"subscription-revoked"`) {
		t.Errorf("anthropic: %d %s", a.Status, a.Body)
	}
	a = s.Post(t, "/v1beta/models/fast:generateContent", `{"contents":[{"parts":[{"text":"x"}]}]}`, key...)
	if a.Status != 403 || !strings.Contains(string(a.Body), `"reason":"subscription-revoked"`) {
		t.Errorf("gemini: %d %s", a.Status, a.Body)
	}
	fairwaytest.Eventually(t, 10*time.Second, "the records of the three calls that passed", func() bool { return len(s.AllRecords(t)) == 3 })
}

// TestModels: a caller sees the models that it may call.
func TestModels(t *testing.T) {
	t.Parallel()
	s := open(t, `{"name":"open","approval":"auto"}`, "")
	list := func() string {
		return string(s.Call(t, "GET", "/v1/models", "", "Authorization", "Bearer "+s.key).Body)
	}
	if strings.Contains(list(), "fast") {
		t.Error("a model is listed that may not be called")
	}
	if got := s.ask(t); got.State != "approved" || got.Subscription == "" {
		t.Errorf("a plan that approves at once leaves the request %+v", got)
	}
	if text := list(); !strings.Contains(text, `"fast"`) || strings.Contains(text, `"deep"`) {
		t.Error(text)
	}
	if a := s.Call(t, "GET", "/v1/models/deep", "", "Authorization", "Bearer "+s.key); a.Status != 404 {
		t.Error(a.Status)
	}
}

// TestLifecycle: what becomes of an API, callers learn at once.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	s := open(t, `{"name":"open","approval":"auto"}`, "")
	s.ask(t)
	s.passes(t)
	api := "/apis/" + s.api
	s.Do(t, api+"/block", `{"reason":"an incident"}`)
	if a := s.refused(t, "fast", 503, "api-blocked"); a.Header.Get("Retry-After") == "" || !strings.Contains(string(a.Body), "an incident") {
		t.Errorf("%v %s", a.Header, a.Body)
	}
	s.Do(t, api+"/unblock", "")
	s.passes(t)
	s.Ask(t, 409, "POST", api+"/retire", "", nil) // it was called just now
	s.Do(t, api+"/retire", `{"force":true,"successor":"chat-2"}`)
	if a := s.refused(t, "fast", 410, "api-retired"); !strings.Contains(string(a.Body), "chat-2") {
		t.Errorf("%s", a.Body)
	}
}

// TestDefault: in the tenant default everything goes on as before there were
// subscriptions.
func TestDefault(t *testing.T) {
	t.Parallel()
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: simulator})
	for _, model := range []string{"fast", "deep"} {
		if a := g.Chat(t, fairwaytest.Ask(model)); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
}

// TestKeys: a key may be bound to models and addresses, and be rotated.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := open(t, `{"name":"open","approval":"auto"}`, "")
	s.ask(t)
	bound := func(settings string) *fairwaytest.Answer {
		k := s.Make(t, "/applications/"+s.app+"/keys", settings)
		return s.Chat(t, fairwaytest.Ask("fast"), "Authorization", "Bearer "+k.Secret)
	}
	for settings, status := range map[string]int{
		`{"name":"a","models":["deep"]}`: 403, `{"name":"b","models":["fa*"]}`: 200, `{"name":"c","addresses":["10.0.0.0/8"]}`: 403,
		`{"name":"d","addresses":["127.0.0.1"]}`: 200, `{"name":"e","limits":{"requests_per_minute":0}}`: 429,
	} {
		if a := bound(settings); a.Status != status {
			t.Errorf("%s: got %d %s, want %d", settings, a.Status, a.Body, status)
		}
	}
	old := s.Make(t, "/applications/"+s.app+"/keys", `{"name":"old"}`)
	next := s.Make(t, "/keys/"+old.ID+"/rotate", `{"overlap":"1h"}`)
	last := s.Make(t, "/keys/"+next.ID+"/rotate", "")
	for secret, status := range map[string]int{old.Secret: 200, next.Secret: 401, last.Secret: 200} {
		if a := s.Chat(t, fairwaytest.Ask("fast"), "Authorization", "Bearer "+secret); a.Status != status {
			t.Errorf("got %d %s, want %d", a.Status, a.Body, status)
		}
	}
	s.Ask(t, 204, "DELETE", "/applications/"+s.app, "", nil)
	if a := s.Chat(t, fairwaytest.Ask("fast"), "Authorization", "Bearer "+last.Secret); a.Status != 401 {
		t.Errorf("the key of a deleted application: %d %s", a.Status, a.Body)
	}
}

// TestService: any handler behind a subscription to an API.
func TestService(t *testing.T) {
	t.Parallel()
	s := open(t, `{"name":"team","approval":"manual"}`, `handle /orders/* {
	subscription provider/orders
	respond "order 7"
}`)
	call := func() *fairwaytest.Answer {
		return s.Call(t, "GET", "/orders/7", "", "Authorization", "Bearer "+s.key)
	}
	problem := func(status int, code string) {
		t.Helper()
		a := call()
		if a.Status != status || a.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(a.Body), `"code":"`+code+`"`) {
			t.Errorf("got %d %s, want %d %s", a.Status, a.Body, status, code)
		}
	}
	problem(404, "not-found")
	orders := s.Make(t, "/tenants/provider/apis", `{"name":"orders","kind":"rest","upstreams":["http://127.0.0.1:1"],"visibility":"public"}`)
	problem(404, "not-found") // a draft is nobody's business
	plan := s.Make(t, "/apis/"+orders.ID+"/plans", `{"name":"open","approval":"auto","limits":{"requests_per_day":2}}`)
	s.Do(t, "/apis/"+orders.ID+"/publish", "")
	problem(403, "not-subscribed")
	s.Make(t, "/requests", fmt.Sprintf(`{"application":%q,"api":%q,"plan":%q}`, s.app, orders.ID, plan.ID))
	for range 2 {
		if a := call(); a.Status != 200 || string(a.Body) != "order 7" {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
	}
	problem(429, "budget-exhausted")
	if a := call(); a.Header.Get("Retry-After") == "" || !strings.Contains(a.Header.Get("Ratelimit"), "requests_per_day") || a.Header.Get("X-Should-Retry") != "false" {
		t.Errorf("%v", a.Header)
	}
	s.Do(t, "/apis/"+orders.ID+"/deprecate", `{"sunset_at":"2031-01-01T00:00:00Z","successor":"/orders/v2"}`)
	a := call()
	if a.Header.Get("Deprecation") != "" {
		t.Error("a refused call tells of the API's end")
	}
	// Without a key.
	if a := s.Call(t, "GET", "/orders/7", "", "Authorization", ""); a.Status != 401 || a.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
}
