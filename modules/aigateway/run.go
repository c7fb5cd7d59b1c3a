package aigateway

import (
	"net/http"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// run makes attempts until one of them answers, or until there is nothing left
// to try.
func (x *exchange) run() {
	need := x.route.Need(&x.in, x.promptTokens())
	if x.r.Header.Get("Fairway-Explain") == "true" {
		need.Explain = x.explain
	}
	x.tries = x.route.Plan().Start(time.Now(), need, nil)
	defer x.tries.End()
	// A caller that names its call lets it be made twice
	// (draft-ietf-httpapi-idempotency-key-header).
	x.tries.Idempotent = x.r.Header.Get("Idempotency-Key") != ""
	x.prefer()
	var failed *llm.Error
	for {
		pick, stop := x.tries.Next(time.Now(), failed)
		if stop != nil {
			x.give(stop)
			return
		}
		if !x.wait(pick.Wait) {
			x.refuse(x.left())
			return
		}
		failed = x.try(x.route.Target(pick.Target), pick.Credential)
		if x.forgotten(failed) {
			failed = x.try(x.route.Target(pick.Target), pick.Credential)
		}
		x.tries.Done(time.Now(), failed)
		if failed == nil {
			x.route.Answered()
			return
		}
		if x.committed {
			return
		}
	}
}

// wait lets time pass before an attempt, and reports whether the caller is
// still there.
func (x *exchange) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.r.Context().Done():
		return false
	}
}

// give ends a call that no provider answered. Tokens can be counted all the
// same, if not as well.
func (x *exchange) give(e *llm.Error) {
	if x.op == llm.OpCountTokens && guessable(e) {
		if e = x.estimated(); e == nil {
			return
		}
	}
	x.refuse(e)
}

// refuse ends a call that got no answer.
func (x *exchange) refuse(e *llm.Error) {
	x.call.Settle(e.Status, e.Class, e.Reason)
	h := x.w.Header()
	if e.Class == llm.ClassClientCancel {
		// Nobody is there to be told but the access log. And whoever has closed
		// one half of the connection alone must not take this for an answer.
		h["Content-Length"] = []string{"0"}
		x.w.WriteHeader(e.Status)
		return
	}
	if n := len(x.call.Record().Attempts); n > 0 {
		h["Fairway-Attempts"] = attemptsHeader(n)
		// What can be tried again was. Official SDKs would multiply that.
		h["X-Should-Retry"] = noRetry
		if e.RequestID != "" {
			h["X-Upstream-Request-Id"] = []string{e.RequestID}
		}
	}
	gateway.WriteError(x.w, x.r, x.front, e)
}

var noRetry = []string{"false"}

// settleBroken closes the record of a stream that broke off before the caller's
// eyes.
func (x *exchange) settleBroken(e *llm.Error) {
	status := http.StatusOK // what the caller was told
	if e.Class == llm.ClassClientCancel {
		status = resilience.StatusClientClosed
	}
	x.call.Settle(status, e.Class, e.Reason)
}
