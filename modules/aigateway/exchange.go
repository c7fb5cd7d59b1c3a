package aigateway

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/net/http/httpguts"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/routing"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// exchange is one call on its way through the gateway: what its attempts
// share. It is pooled for its buffers.
type exchange struct {
	w     http.ResponseWriter
	r     *http.Request
	call  *gateway.Call
	front llm.Dialect
	op    llm.Operation
	route *gateway.Route
	log   *zap.Logger

	// tries is the call's way through the route's plan.
	tries routing.Run

	in   llm.Inspection
	body []byte // the caller's
	// neutral is the decoded request, made when the first attempt needs it.
	neutral *llm.Request
	// past is what a call of the Responses API goes on from; nil for others.
	past *past

	sent   []byte // the request as sent upstream
	answer []byte // the upstream's answer
	out    []byte // what goes to the caller

	// committed is set once something has been sent to the caller, after which
	// no failure can be hidden.
	committed bool
	// complete is set once a stream has said all and has its record.
	complete bool
	// unreachable is set when something could not be sent to the caller.
	unreachable bool
	// status is that of the answer, 0 for 200, and failure what is wrong with one
	// that is passed on all the same.
	status  int
	failure llm.Class
	// severed is set when the caller's connection has to end, because nothing else
	// tells that the answer is not whole.
	severed bool
	// unsent is set while the server holds bytes that were written to it.
	unsent bool
}

var exchangePool = sync.Pool{New: func() any { return new(exchange) }}

// maxPooled bounds the buffers that go back into the pool, so that one large
// prompt does not hold its memory for ever.
const maxPooled = 512 << 10

func newExchange(w http.ResponseWriter, r *http.Request, call *gateway.Call, e *gateway.Endpoint, log *zap.Logger) *exchange {
	x := exchangePool.Get().(*exchange)
	x.w, x.r, x.call, x.front, x.op, x.log = w, r, call, e.Front, e.Operation, log
	return x
}

func (x *exchange) free() {
	keep := func(b []byte) []byte {
		if cap(b) > maxPooled {
			return nil
		}
		return b[:0]
	}
	x.in.Reset()
	*x = exchange{in: x.in, body: keep(x.body), sent: keep(x.sent), answer: keep(x.answer), out: keep(x.out)}
	exchangePool.Put(x)
}

// view is how the answer is to look to the caller.
func (x *exchange) view() llm.View {
	v := llm.View{Model: x.in.Model, ID: x.call.ID, Created: x.call.Start, IncludeUsage: x.in.IncludeUsage, Base64: x.in.Base64}
	if x.past != nil {
		v.Stored, v.Previous = x.past.keep > 0, x.past.refers.Previous
	}
	return v
}

// header sets what every answer tells about how it came to be.
func (x *exchange) header(a *attempt, requestID string) http.Header {
	h := x.w.Header()
	gateway.SetPrivate(h)
	h["Fairway-Target"] = a.target.NameHeader
	h["Fairway-Attempts"] = attemptsHeader(len(x.call.Record().Attempts))
	if a.target.Ending != nil {
		a.target.Ending.Set(h)
	}
	if requestID != "" {
		h["X-Upstream-Request-Id"] = []string{requestID}
	}
	if dropped := x.call.Record().Dropped; len(dropped) > 0 {
		h["Fairway-Dropped-Params"] = []string{droppedHeader(dropped)}
	}
	return h
}

var (
	contentJSON   = []string{"application/json"}
	contentStream = []string{"text/event-stream; charset=utf-8"}
	trailerCost   = []string{"Fairway-Cost"}
	// Proxies that buffer by default are told not to (nginx).
	unbuffered = []string{"no"}
	attempts   = [...][]string{{"0"}, {"1"}, {"2"}, {"3"}, {"4"}}
)

func attemptsHeader(n int) []string {
	if n < len(attempts) {
		return attempts[n]
	}
	return []string{strconv.Itoa(n)}
}

// account writes what an answer said of itself into the attempt's record.
func (x *exchange) account(a *attempt, f *llm.AnswerFacts) {
	a.record.Model = f.Model
	if x.op == gateway.OpPassthrough {
		x.call.AnsweredBy(f.Model)
	}
	r := x.call.Record()
	r.Finish, r.NativeFinish = string(f.Finish), f.NativeFinish
	if f.HasUsage {
		a.record.Usage = f.Usage
		a.record.Usage.Sanitize()
		return
	}
	if f.Content && unmetered(x.op) {
		a.record.Usage.Unknown = true
		return
	}
	if f.Content {
		a.record.Usage = estimate(x.body)
		a.record.Usage.Output = ledger.EstimateTokens(f.OutputBytes)
	}
}

// unmetered reports whether nothing can be told of an operation's usage but by
// its provider.
func unmetered(op llm.Operation) bool {
	switch op {
	case llm.OpTranscriptions, llm.OpTranslations, llm.OpSpeech, llm.OpImages, llm.OpImageEdits, llm.OpImageVariations,
		gateway.OpPassthrough:
		return true
	}
	return false
}

// estimate is what a request may have used whose provider did not tell.
func estimate(body []byte) llm.Usage { return ledger.Estimate(promptBytes(body), 0) }

// maxDropped bounds the names in a header, which callers choose and clients
// read no further than they must.
const maxDropped = 2 << 10

// droppedHeader lists the names of fields, as far as they fit into a header.
func droppedHeader(names []string) string {
	var b strings.Builder
	for _, name := range names {
		if b.Len()+len(name) > maxDropped || !httpguts.ValidHeaderFieldValue(name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name)
	}
	return b.String()
}

// promptBytes is the size of a request without its media, whose tokens have
// nothing to do with their bytes.
func promptBytes(body []byte) int64 {
	n := len(body)
	for at := 0; ; {
		i := bytes.IndexByte(body[at:], '"')
		if i < 0 {
			return int64(n)
		}
		start := at + i + 1
		end := start
		for end < len(body) && body[end] != '"' {
			if body[end] == '\\' {
				end++
			}
			end++
		}
		if end = min(end, len(body)); isMedia(body[start:end]) {
			n -= end - start
		}
		at = min(end+1, len(body))
	}
}

// leastMedia is the size from which a text without any space is not prose.
const leastMedia = 1 << 10

// isMedia reports whether a JSON string is base64, perhaps in a data URL.
func isMedia(s []byte) bool {
	if len(s) < leastMedia {
		return false
	}
	if bytes.HasPrefix(s, []byte("data:")) {
		if i := bytes.IndexByte(s[:leastMedia], ','); i >= 0 {
			s = s[i+1:]
		}
	}
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '+', c == '/', c == '-', c == '_', c == '=', c == '\\':
		default:
			return false
		}
	}
	return true
}

// unfinished is the usage of a stream that broke off. What its provider told
// may be from its beginning, as with Anthropic; what has passed since was used
// all the same.
func unfinished(u llm.Usage, f *llm.AnswerFacts) llm.Usage {
	if passed := ledger.EstimateTokens(f.OutputBytes); passed > 2*u.OutputTotal() {
		u.Output += passed - u.OutputTotal()
		u.Estimated = true
	}
	return u
}

// firstContent notes the time to the first content, once.
func (x *exchange) firstContent(a *attempt) {
	if a.record.FirstContent == 0 {
		now := time.Now()
		a.record.FirstContent = now.Sub(x.call.Start)
		x.tries.FirstToken(now)
	}
}
