package platform

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestExactly: of many calls at once, as many pass as the limit says.
func TestExactly(t *testing.T) {
	t.Parallel()
	s := open(t, `{"name":"open","approval":"auto","limits":{"requests_per_day":25}}`, "")
	s.ask(t)
	var passed, refused atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 5 {
				switch a := s.chat(t, "fast"); a.Status {
				case 200:
					passed.Add(1)
				case 429:
					refused.Add(1)
				default:
					t.Errorf("%d %s", a.Status, a.Body)
				}
			}
		})
	}
	group.Wait()
	if passed.Load() != 25 || refused.Load() != 75 {
		t.Errorf("%d passed and %d were refused", passed.Load(), refused.Load())
	}
}

// TestLevels: a call must be within the limits of its key, application,
// subscription and tenant alike, and a refusal says whose limit it is.
func TestLevels(t *testing.T) {
	t.Parallel()
	const none, one = `{}`, `{"requests_per_day":1}`
	for level, at := range map[string][4]string{
		"key": {one, none, none, none}, "application": {none, one, none, none}, "subscription": {none, none, one, none}, "tenant": {none, none, none, one},
	} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			s := open(t, `{"name":"open","approval":"auto","limits":`+at[2]+`}`, "")
			s.ask(t)
			s.key = s.Make(t, "/applications/"+s.app+"/keys", `{"name":"k","limits":`+at[0]+`}`).Secret
			s.Ask(t, 200, "PATCH", "/applications/"+s.app, `{"limits":`+at[1]+`}`, nil)
			s.Ask(t, 200, "PATCH", "/tenants/acme", `{"limits":`+at[3]+`}`, nil)
			s.passes(t)
			if a := s.refused(t, "fast", 429, "insufficient_quota"); !strings.Contains(string(a.Body), "of this "+level+" (1)") {
				t.Errorf("%s", a.Body)
			}
		})
	}
}

// TestRates: what a client is told of a rate, in each dialect's words.
func TestRates(t *testing.T) {
	t.Parallel()
	s := open(t, `{"name":"open","approval":"auto","limits":{"requests_per_minute":3,"tokens_per_minute":100000}}`, "")
	s.ask(t)
	a := s.chat(t, "fast")
	for name, want := range map[string]string{
		"Ratelimit-Policy": `"requests_per_minute";q=3;w=60, "tokens_per_minute";q=100000;w=60;qu="tokens"`, "X-Ratelimit-Limit-Requests": "3", "X-Ratelimit-Remaining-Requests": "2",
		"X-Ratelimit-Limit-Tokens": "100000",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	key := []string{"Authorization", "Bearer " + s.key}
	const message = `{"model":"fast","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`
	if a := s.Post(t, "/v1/messages", message, key...); a.Header.Get("Anthropic-Ratelimit-Requests-Remaining") != "1" || a.Header.Get("Anthropic-Ratelimit-Tokens-Reset") == "" {
		t.Errorf("%v", a.Header)
	}
	s.passes(t)
	a = s.refused(t, "fast", 429, "rate_limit_exceeded")
	if a.Header.Get("Retry-After") == "" || a.Header.Get("X-Should-Retry") != "" {
		t.Errorf("%v", a.Header)
	}
	if a := s.Post(t, "/v1/messages", message, key...); a.Status != 429 || !strings.Contains(string(a.Body), `"type":"rate_limit_error"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// TestTokensAndMoney are settled by what calls came to, whole and streamed.
func TestTokensAndMoney(t *testing.T) {
	t.Parallel()
	for limit, max := range map[string]string{"tokens_per_day": "60", "cost_per_day": `"0.000100"`} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			g := fairwaytest.Start(t, fairwaytest.Config{Fairway: simulator + "price sim/echo {\n\tinput 1\n\toutput 2\n}\n"})
			plan := g.Make(t, "/apis/api_00000000000000000000000000/plans", fmt.Sprintf(`{"name":"small","approval":"auto","limits":{%q:%s}}`, limit, max))
			var subs struct{ Items []fairwaytest.Thing }
			g.Ask(t, 200, "GET", "/subscriptions", "", &subs)
			var sub struct{ Application string }
			g.Ask(t, 200, "GET", "/subscriptions/"+subs.Items[0].ID, "", &sub)
			g.Make(t, "/requests", fmt.Sprintf(`{"application":%q,"api":"api_00000000000000000000000000","plan":%q,"kind":"plan_change"}`, sub.Application, plan.ID))
			passed, used := 0, int64(0)
			for passed < 200 {
				body := fairwaytest.Ask("fast")
				if passed%2 == 1 {
					body = fairwaytest.AskStream("fast")
				}
				a := g.Chat(t, body)
				if a.Status == 429 {
					break
				}
				if a.Status != 200 {
					t.Fatalf("%d %s", a.Status, a.Body)
				}
				passed++
				rec := g.Record(t, a.ID())
				used += rec.Usage.Input + rec.Usage.Output
			}
			if passed == 0 || passed == 200 {
				t.Fatalf("%d calls passed", passed)
			}
			if limit == "tokens_per_day" && used > 60+40 {
				t.Errorf("%d tokens were used of 60", used)
			}
		})
	}
}

// TestUnknownPrice: a limit on cost cannot be kept where a price is not known.
func TestUnknownPrice(t *testing.T) {
	t.Parallel()
	up := fairwaytest.NewUpstream(t)
	s := open(t, `{"name":"open","approval":"auto","limits":{"cost_per_day":"1.00"}}`, "")
	s.ask(t)
	if status, body, err := s.Reload(fairwaytest.Config{Fairway: "provider house openai_compatible {\n\tbase_url " + up.URL + "\n}\nmodel fast {\n\ttarget house/nobody-knows\n}\n"}); err != nil || status != 200 {
		t.Fatalf("%d %v %s", status, err, body)
	}
	s.refused(t, "fast", 403, "price-unknown")
}

// TestConcurrent: calls under way count until they end.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	up := fairwaytest.NewUpstream(t)
	s := open(t, `{"name":"open","approval":"auto","limits":{"concurrent_requests":1}}`, "")
	s.ask(t)
	if status, body, err := s.Reload(fairwaytest.Config{Fairway: "provider house openai_compatible {\n\tbase_url " + up.URL + "\n\tapi_key x\n}\nmodel fast {\n\ttarget house/m\n}\n"}); err != nil || status != 200 {
		t.Fatalf("%d %v %s", status, err, body)
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	up.On("m", func(c *fairwaytest.Conn, r *fairwaytest.Received) {
		close(arrived)
		<-release
		fairwaytest.JSON(200, fairwaytest.Completion("done"))(c, r)
	}, fairwaytest.JSON(200, fairwaytest.Completion("done")))
	done := make(chan int)
	go func() { done <- s.chat(t, "fast").Status }()
	<-arrived
	s.refused(t, "fast", 429, "rate_limit_exceeded")
	close(release)
	if status := <-done; status != 200 {
		t.Error(status)
	}
	s.passes(t)
}
