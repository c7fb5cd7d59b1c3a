package aigateway

import (
	"strings"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/routing"
	"github.com/fairwaygw/fairway/llm"
)

// maxTrace bounds the explanation of a call, in bytes.
const maxTrace = 4 << 10

// explain notes what became of a target in Fairway-Trace: a list of targets in
// the order in which they were looked at, each with what was done and why
// (RFC 9651):
//
//	"openai/gpt-5";skipped="its circuit breaker is open", "house/qwen3";taken="first"
func (x *exchange) explain(target int, what routing.Step, why string) {
	entry := quote(x.route.Target(target).Name) + ";" + what.String() + "=" + quote(why)
	h := x.w.Header()
	if old := h["Fairway-Trace"]; len(old) == 1 {
		entry = old[0] + ", " + entry
	}
	if len(entry) <= maxTrace {
		h["Fairway-Trace"] = []string{entry}
	}
}

// quote makes a string of RFC 9651, which has printable ASCII only.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			b.WriteByte('?')
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// promptTokens is about how many tokens the prompt has, as far as that can
// matter: a small body fits everywhere, and is not read for that.
func (x *exchange) promptTokens() int64 {
	if x.op != llm.OpChat || x.route.Fits(int64(len(x.body)), x.in.MaxTokens) {
		return 0
	}
	return ledger.EstimateTokens(promptBytes(x.body))
}
