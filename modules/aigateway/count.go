package aigateway

import (
	"net/http"
	"strconv"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// count answers how many tokens a request has: by the model's provider, if that
// is one that counts in the caller's dialect, else by an estimate of ours.
func (x *exchange) count() *llm.Error {
	if counts(x.route.Target(0), x.front.Name()) {
		x.run()
		return nil
	}
	if err := x.estimated(); err != nil {
		x.refuse(err)
	}
	return nil
}

// counts reports whether a target counts tokens in the words of a front.
func counts(target *gateway.Target, front string) bool {
	d := speaks(target, llm.OpCountTokens, front)
	return d != nil && d.Name() == front
}

// guessable reports whether a count that failed says nothing against the
// request.
func guessable(e *llm.Error) bool {
	switch e.Class {
	case llm.ClassClientCancel, llm.ClassContextWindow, llm.ClassContentPolicy, llm.ClassModelAccess:
		return false
	case llm.ClassCallerFault:
		return e.Code == "unsupported_operation" // of a target that took over
	}
	return true
}

// estimated answers with an estimate, and says that it is one. The error is of
// a request that makes no sense.
func (x *exchange) estimated() *llm.Error {
	if x.neutral == nil {
		neutral, err := x.front.DecodeRequest(x.body)
		if err != nil {
			return asError(err)
		}
		x.neutral = neutral
	}
	usage := llm.Usage{Input: ledger.EstimatePrompt(x.neutral, x.route.Target(0).Vendor), Estimated: true}
	out, err := x.front.AppendResponse(x.out[:0], &llm.Response{Usage: &usage}, x.view())
	if err != nil {
		return asError(err)
	}
	x.out = out
	x.committed = true
	x.call.Settle(http.StatusOK, llm.ClassNone, "")

	h := x.w.Header()
	gateway.SetPrivate(h)
	h["Fairway-Estimated"] = []string{"true"}
	if n := len(x.call.Record().Attempts); n > 0 {
		h["Fairway-Attempts"] = attemptsHeader(n)
	}
	h["Content-Type"] = contentJSON
	h["Content-Length"] = []string{strconv.Itoa(len(x.out))}
	x.w.WriteHeader(http.StatusOK)
	_, _ = x.w.Write(x.out) // a caller that is gone has its record all the same
	return nil
}
