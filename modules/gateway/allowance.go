package gateway

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/limits"
	"github.com/fairwaygw/fairway/llm"
)

// allowance is what a caller may use, at each level that has limits, and what
// this call holds of it.
type allowance struct {
	claims [4]limits.Claim
	n      int
	held   *limits.Reservation
}

var reservations = sync.Pool{New: func() any { return new(limits.Reservation) }}

// claim adds the limits of a level. Levels come in their order.
func (a *allowance) claim(level limits.Level, id string, rules []limits.Rule) {
	if len(rules) > 0 {
		a.claims[a.n] = limits.Claim{Level: level, ID: id, Rules: rules}
		a.n++
	}
}

// Limited tells what the limits of the call's caller count beside requests.
func (c *Call) Limited() (any, tokens, cost bool) {
	for i := range c.allowance.n {
		for _, r := range c.allowance.claims[i].Rules {
			switch r.Kind.Unit() {
			case limits.Tokens:
				tokens = true
			case limits.Cost:
				cost = true
			}
		}
	}
	return c.allowance.n > 0, tokens, cost
}

// Reserve lets the call through all limits that apply to it and holds what it
// may come to until [Call.Settle], or refuses it and counts nothing. The answer's
// header tells how the limits stand.
func (c *Call) Reserve(h http.Header, front string, amount limits.Amount) *llm.Error {
	if c.allowance.n == 0 {
		return nil
	}
	held := reservations.Get().(*limits.Reservation)
	if refusal := c.engine.counting.book.Load().Reserve(held, c.allowance.claims[:c.allowance.n], amount); refusal != nil {
		reservations.Put(held)
		return refused(h, front, refusal)
	}
	c.allowance.held = held
	tellLimits(h, front, held)
	return nil
}

// settle counts what the call came to.
func (a *allowance) settle(u *llm.Usage, cost ledger.Nano, attempts int) {
	if a.held == nil {
		return
	}
	a.held.Settle(limits.Used{Tokens: u.Total(), Cost: int64(cost), Void: attempts == 0})
	reservations.Put(a.held)
	a.held = nil
}

// Codes of refusals, in the words that clients of the AI dialects know; see
// problemCodes for others.
const (
	codeRateLimited = "rate_limit_exceeded"
	codeBudgetSpent = "insufficient_quota"
)

// refused is the answer to a call that a limit does not let through.
func refused(h http.Header, front string, r *limits.Refusal) *llm.Error {
	if r.Cut {
		return &llm.Error{
			Status: http.StatusServiceUnavailable, Class: llm.ClassGateway, Type: "api_error", Code: "limits_unavailable",
			Message: "the limits of this " + r.Level.String() + " are counted together with other nodes, which cannot be reached", RetryAfter: time.Second,
		}
	}
	wait := max(r.Wait, time.Second)
	t := standings{}
	if r.Rule.Kind.Period() > 0 {
		t.add(limits.Status{Kind: r.Rule.Kind, Max: r.Rule.Max, Reset: wait})
		t.write(h, front)
	}
	e := &llm.Error{Status: http.StatusTooManyRequests, Class: llm.ClassGateway, RetryAfter: wait}
	which := fmt.Sprintf("%s of this %s (%s)", r.Rule.Kind, r.Level, measure(&r.Rule))
	if r.Rule.Kind.Quota() {
		e.Type, e.Code = codeBudgetSpent, codeBudgetSpent
		e.Message = fmt.Sprintf("the budget %s is spent; it begins anew at %s", which, time.Now().Add(wait).UTC().Format(time.RFC3339))
		h["X-Should-Retry"] = []string{"false"}
		return e
	}
	e.Type, e.Code = "rate_limit_error", codeRateLimited
	e.Message = fmt.Sprintf("the limit %s is reached; try again in %s", which, wait.Round(time.Second))
	return e
}

// measure is a limit as people write it.
func measure(r *limits.Rule) string {
	if r.Kind.Unit() == limits.Cost {
		return "$" + ledger.Nano(r.Max).String()
	}
	return strconv.FormatInt(r.Max, 10)
}

// standings are how limits stand, for the header.
type standings struct {
	rows [10]limits.Status
	n    int
}

func (t *standings) add(s limits.Status) {
	// What things cost and how many run at a time is nothing that a client could
	// pace itself by.
	if s.Kind.Unit() != limits.Cost && s.Kind.Period() > 0 {
		t.rows[t.n] = s
		t.n++
	}
}

func tellLimits(h http.Header, front string, r *limits.Reservation) {
	t := standings{}
	r.Status(t.add)
	t.write(h, front)
}

// write sets the headers: those of draft-ietf-httpapi-ratelimit-headers-10, and
// the ones that clients of the vendor look for.
func (t *standings) write(h http.Header, front string) {
	if t.n == 0 {
		return
	}
	var policy, state []byte
	for i := range t.n {
		s := &t.rows[i]
		if i > 0 {
			policy, state = append(policy, ", "...), append(state, ", "...)
		}
		policy = fmt.Appendf(policy, `"%s";q=%d;w=%d`, s.Kind, s.Max, int64(s.Kind.Period()/time.Second))
		if s.Kind.Unit() == limits.Tokens {
			policy = append(policy, `;qu="tokens"`...)
		}
		state = fmt.Appendf(state, `"%s";r=%d;t=%d`, s.Kind, max(s.Left, 0), seconds(s.Reset))
	}
	h["Ratelimit-Policy"], h["Ratelimit"] = []string{string(policy)}, []string{string(state)}
	t.vendor(h, front, "requests", limits.Requests)
	t.vendor(h, front, "tokens", limits.Tokens)
}

// vendor sets the vendor's own headers from the limit that leaves least.
// Sources: https://platform.openai.com/docs/guides/rate-limits and
// https://docs.anthropic.com/en/api/rate-limits.
func (t *standings) vendor(h http.Header, front, what string, unit limits.Unit) {
	var s *limits.Status
	for i := range t.n {
		if row := &t.rows[i]; row.Kind.Unit() == unit && (s == nil || row.Left < s.Left) {
			s = row
		}
	}
	if s == nil {
		return
	}
	limit, left := []string{strconv.FormatInt(s.Max, 10)}, []string{strconv.FormatInt(max(s.Left, 0), 10)}
	name, _, _ := strings.Cut(front, "-")
	switch name {
	case "openai", "responses":
		what := strings.ToUpper(what[:1]) + what[1:]
		h["X-Ratelimit-Limit-"+what], h["X-Ratelimit-Remaining-"+what] = limit, left
		h["X-Ratelimit-Reset-"+what] = []string{s.Reset.Round(time.Millisecond).String()}
	case "anthropic":
		what := "Anthropic-Ratelimit-" + strings.ToUpper(what[:1]) + what[1:]
		h[what+"-Limit"], h[what+"-Remaining"] = limit, left
		h[what+"-Reset"] = []string{time.Now().Add(s.Reset).UTC().Format(time.RFC3339)}
	}
}

// seconds rounds up.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
