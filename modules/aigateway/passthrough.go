package aigateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/internal/routing"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// passthrough sends a request that nobody looks into to a provider's account, at
// a path below its base URL, and the answer back. It is one attempt: what has
// passed is not kept.
func (h *Handler) passthrough(w http.ResponseWriter, r *http.Request, call *gateway.Call, e *gateway.Endpoint) *llm.Error {
	name, path, _ := gateway.CutPassthrough(r)
	forwarder := h.forwarders[name]
	if forwarder == nil {
		return gateway.NotFound(r.URL.Path) // as if there were no such provider
	}
	if err := h.passable(w, r, path); err != nil {
		return err
	}
	query, err := passableQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	if err := call.Admit(); err != nil {
		return err
	}
	x := newExchange(w, r, call, e, h.logger)
	defer x.free()
	defer h.recover(x)
	x.route = h.app.Account(name)
	provider := x.route.Target(0).Provider
	x.front, x.in.Model = provider.Dialect(), "passthrough/"+name
	if err := call.EntitleModel(r, x.in.Model, true); err != nil {
		return err
	}
	if err := x.reserve(); err != nil {
		return err
	}
	call.Open(x.front, e.Operation, x.route, &x.in)
	x.forward(forwarder, &llm.Forwarded{
		Method: r.Method, Path: path, Query: query, Header: passableHeader(r.Header),
		Body: http.MaxBytesReader(nil, r.Body, h.MaxBody), Length: r.ContentLength,
		Connect: x.route.Timeout.Connect,
	})
	if x.severed {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// passable refuses what can be seen to be wrong before anything is sent.
func (h *Handler) passable(w http.ResponseWriter, r *http.Request, path string) *llm.Error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		w.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE")
		return refuse(http.StatusMethodNotAllowed, "method_not_allowed", "this method does not pass through")
	}
	if r.Header.Get("Upgrade") != "" {
		return refuse(http.StatusUpgradeRequired, "upgrade_not_supported", "only plain requests pass through, not a WebSocket")
	}
	if why := badPath(path); why != "" {
		return refuse(http.StatusBadRequest, "invalid_path", why)
	}
	if r.ContentLength > h.MaxBody {
		return tooLarge(w, h.MaxBody)
	}
	if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		w.Header().Set("Connection", "close") // see readBody
	}
	return nil
}

// badPath says why an escaped path may not pass; empty when it may. Nobody on
// the way to what the provider serves may read it as a path elsewhere.
func badPath(path string) string {
	if path == "" {
		return ""
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		plain, err := url.PathUnescape(segment)
		switch {
		case err != nil, !utf8.ValidString(plain):
			return "the path cannot be read"
		case segment == "":
			return "the path has an empty step"
		case plain == ".", plain == "..":
			return "the path has a step up"
		case strings.ContainsAny(plain, `/\%;?#`), strings.ContainsFunc(plain, unicode.IsControl):
			return "the path has a character that does not pass through"
		}
	}
	return ""
}

// credentialParams are those of a query that carry a key.
var credentialParams = map[string]bool{
	"key": true, "api_key": true, "api-key": true, "apikey": true, "access_token": true, "oauth_token": true,
	"token": true, "subscription-key": true, "authorization": true, "x-api-key": true, "x-goog-api-key": true,
}

// passableQuery is a query without what carries a key.
func passableQuery(raw string) (string, *llm.Error) {
	if raw == "" {
		return "", nil
	}
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if _, bad := url.QueryUnescape(pair); err != nil || bad != nil || strings.Contains(pair, ";") {
			return "", refuse(http.StatusBadRequest, "invalid_query", "the query cannot be read")
		}
		if pair != "" && !credentialParams[strings.ToLower(plain)] {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&"), nil
}

// passableHeaders are the headers of requests that pass: what describes the
// body and what vendors read beside it. All others stay here, whatever they are
// for: credentials, cookies, and what would tell where a call goes.
var passableHeaders = map[string]bool{
	"Accept": true, "Accept-Language": true, "Content-Type": true, "Content-Encoding": true, "Content-Disposition": true,
	"Content-Language": true, "Content-Md5": true, "Digest": true, "Range": true, "If-Match": true, "If-None-Match": true,
	"If-Modified-Since": true, "If-Unmodified-Since": true, "If-Range": true, "Idempotency-Key": true, "Prefer": true,
	"Anthropic-Version": true, "Anthropic-Beta": true, "Openai-Beta": true,
}

func passableHeader(h http.Header) http.Header {
	passed := http.Header{}
	for name, values := range h {
		if passableHeaders[name] {
			passed[name] = values
		}
	}
	return passed
}

// returnedHeaders are those of answers that pass back, beside the type and the
// length.
var returnedHeaders = [...]string{
	"Accept-Ranges", "Content-Disposition", "Content-Language", "Content-Range", "Etag", "Last-Modified", "Link",
	"Openai-Processing-Ms", "Openai-Version", "Retry-After", "Retry-After-Ms",
}

// forward makes the attempt, and brings its answer to the caller.
func (x *exchange) forward(forwarder llm.Forwarder, f *llm.Forwarded) {
	x.tries = x.route.Plan().Start(time.Now(), routing.Need{}, nil)
	defer x.tries.End()
	pick, stop := x.tries.Next(time.Now(), nil)
	if stop != nil {
		x.refuse(stop)
		return
	}
	target := x.route.Target(pick.Target)
	a := &attempt{target: target, credential: pick.Credential, operation: x.op}
	f.Credential = pick.Credential
	a.record = x.call.Attempt(target, pick.Credential)
	t := x.route.Timeout
	a.ctx, a.watch = newWatchdog(x.r.Context(), time.Now(), t.Total, t.Idle, t.StreamTotal)
	defer a.watch.stop()
	// How it ends says nothing of the key: callers can ask for what it may not do.
	failed := x.forwarded(a, forwarder, f)
	if failed == nil {
		return
	}
	if failed.Class == llm.ClassNone {
		failed.Class = resilience.Classify(failed)
	}
	a.record.Reason = failed.Reason
	if !x.committed {
		x.call.Attempted(failed.Class)
		x.refuse(resilience.ForCaller(failed))
	}
	x.logFailure(a, failed)
}

// forwarded makes the attempt. An error of the provider that is not about our
// credential passes to the caller as it is, and is returned all the same.
func (x *exchange) forwarded(a *attempt, forwarder llm.Forwarder, f *llm.Forwarded) *llm.Error {
	// The answer may begin before all of the request is here.
	_ = http.NewResponseController(x.w).EnableFullDuplex() // HTTP/2 is that anyway
	answer, err := forwarder.Forward(a.ctx, f)
	if err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return tooLarge(x.w, tooLong.Limit)
		}
		return x.cause(a, err)
	}
	defer answer.Body.Close()
	a.record.Status = answer.Status
	a.record.RequestID = upstreamRequestID(answer.Header)
	var failed *llm.Error
	switch {
	case answer.Status >= http.StatusBadRequest:
		text, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody))
		if err != nil && len(text) == 0 {
			return x.cause(a, err)
		}
		failed = llm.ParseError(answer.Status, answer.Header, text)
		if failed.Class = resilience.Classify(failed); oursAlone(failed) {
			return failed
		}
		answer.Body = joined{io.MultiReader(bytes.NewReader(text), answer.Body), answer.Body}
	case answer.Status >= 300 && answer.Status != http.StatusNotModified:
		// A redirect would lead the caller, and perhaps a credential, elsewhere.
		return &llm.Error{Status: answer.Status, Class: llm.ClassServer, Reason: "redirect", Message: "the provider answered with a redirect, which is not followed"}
	}
	kind := answer.Header.Get("Content-Type")
	x.status = answer.Status
	var dialect llm.Dialect
	if failed != nil {
		x.failure = failed.Class
	} else if f.Method == http.MethodPost { // in other answers it is the usage of another call
		dialect = gateway.Reader(a.target.Provider.Dialect().Name(), f.Path)
	}
	t := newTap(kind, dialect)
	if err := x.pipe(a, answer, passed{t: t, head: func() { x.beginForwarded(a, answer, kind) }}); err != nil {
		return err
	}
	return failed
}

// oursAlone reports whether a failure is about our account: the caller must not
// see what the provider says of it.
func oursAlone(e *llm.Error) bool {
	switch e.Class {
	case llm.ClassCredential, llm.ClassQuota, llm.ClassRegion:
		return true
	}
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// joined is a body of which a part was read.
type joined struct {
	io.Reader
	io.Closer
}

// beginForwarded commits an answer that nobody looks into.
func (x *exchange) beginForwarded(a *attempt, answer *llm.Answer, kind string) {
	x.committed = true
	h := x.header(a, a.record.RequestID)
	for _, name := range returnedHeaders {
		if v := answer.Header[name]; len(v) > 0 {
			h[name] = v
		}
	}
	if kind != "" {
		h["Content-Type"] = []string{kind}
	} else {
		h["Content-Type"] = nil // the server would guess one
	}
	h["X-Content-Type-Options"] = noSniff
	h["X-Accel-Buffering"] = unbuffered
	if answer.Length >= 0 && answer.Status != http.StatusNoContent && answer.Status != http.StatusNotModified {
		h["Content-Length"] = []string{strconv.FormatInt(answer.Length, 10)}
	}
	x.w.WriteHeader(answer.Status)
}
