package aigateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// attempt is one try at one target.
type attempt struct {
	target     *gateway.Target
	credential int
	record     *ledger.Attempt
	// operation is what the provider is asked for; completions become chat where
	// there are none.
	operation llm.Operation
	dialect   llm.Dialect
	// pass is set on the same-dialect lane.
	pass llm.Passthrough
	// encoded is what translation made of the request.
	encoded llm.Encoded
	watch   *watchdog
	ctx     context.Context
}

const (
	// maxAnswer bounds a whole answer.
	maxAnswer = 64 << 20
	// maxErrorBody bounds what is read of an error's body.
	maxErrorBody = 64 << 10
	// maxRequestID bounds a provider's id of a call.
	maxRequestID = 256
)

// try makes one attempt. An error that is returned before anything was
// committed may be followed by another attempt.
func (x *exchange) try(target *gateway.Target, credential int) *llm.Error {
	a := &attempt{target: target, credential: credential}
	a.operation, a.dialect = x.spoken(target)
	a.record = x.call.Attempt(target, credential)
	body, err := x.request(a)
	if err == nil {
		timeout := x.route.Timeout
		total := timeout.Total
		if x.in.Stream {
			total = timeout.StreamTotal
		}
		first := timeout.FirstEvent
		if !x.in.Stream {
			// A whole answer has no first event to wait for.
			first = total
		}
		a.ctx, a.watch = newWatchdog(x.r.Context(), time.Now(), first, timeout.Idle, total)
		err = x.send(a, body)
		if x.refusesStreamOptions(a, body, err) {
			err = x.send(a, withoutStreamOptions(body))
		}
		a.watch.stop()
	}
	class := llm.ClassNone
	if err != nil {
		if err.Class == llm.ClassNone {
			err.Class = resilience.Classify(err)
		}
		class = err.Class
		a.record.Reason = err.Reason
		if err.RequestID != "" {
			a.record.RequestID = err.RequestID
		}
	}
	if !x.committed {
		x.call.Attempted(class)
	}
	if err != nil {
		x.logFailure(a, err)
	}
	return err
}

// logFailure tells the operator why an attempt failed, with the cause, which
// no caller sees. What callers do wrong is of interest only while debugging.
func (x *exchange) logFailure(a *attempt, e *llm.Error) {
	level := zap.WarnLevel
	switch e.Class {
	case llm.ClassClientCancel, llm.ClassCallerFault, llm.ClassContextWindow, llm.ClassContentPolicy:
		level = zap.DebugLevel
	}
	entry := x.log.Check(level, "attempt failed")
	if entry == nil {
		return
	}
	entry.Write(
		zap.String("call", x.call.ID), zap.String("target", a.target.Name), zap.Int("credential", a.credential),
		zap.Stringer("class", e.Class), zap.String("reason", e.Reason), zap.Int("status", e.Status),
		zap.String("code", e.Code), zap.String("message", e.Message), zap.String("upstream_request_id", e.RequestID),
		zap.Bool("answer_begun", x.committed), zap.NamedError("cause", e.Err),
	)
}

// request makes the body for the attempt's target.
func (x *exchange) request(a *attempt) ([]byte, *llm.Error) {
	x.call.Record().Dropped = nil // what another target could not be told
	if a.dialect == nil {
		return nil, unsupported(x.op)
	}
	if a.dialect.Name() == x.front.Name() {
		a.pass, _ = a.dialect.(llm.Passthrough)
	}
	body, in, failed := x.said(a)
	if failed != nil {
		return nil, failed
	}
	if a.pass != nil {
		edited := a.pass.EditRequest(x.sent[:0], body, in, llm.RequestEdit{
			Model:           a.target.Model,
			IncludeUsage:    x.in.Stream && !a.target.NoStreamOptions && !a.target.RefusesStreamOptions.Load(),
			NoStreamOptions: a.target.NoStreamOptions || a.target.RefusesStreamOptions.Load(),
		})
		if len(edited) > 0 && (len(body) == 0 || &edited[0] != &body[0]) {
			x.sent = edited
		}
		return edited, nil
	}
	if x.neutral == nil {
		neutral, err := x.front.DecodeRequest(body)
		if err != nil {
			return nil, asError(err)
		}
		x.past.settled(neutral)
		if err := selfContained(neutral); err != nil {
			return nil, err
		}
		// Google's paths say what other bodies do.
		neutral.Model, neutral.Stream = x.in.Model, x.in.Stream
		x.neutral = neutral
	}
	encoded, err := a.dialect.AppendRequest(x.sent[:0], x.thoughtful(a), llm.Target{
		Model: a.target.Model, Facts: a.target.Facts, Strict: x.route.Strict || x.r.Header.Get("Fairway-Strict") == "true", Vendor: a.target.Vendor,
	})
	if err != nil {
		return nil, asError(err)
	}
	if x.in.Stream && a.target.RefusesStreamOptions.Load() && a.dialect.Name() == openaiName {
		encoded.Body = withoutStreamOptions(encoded.Body)
	}
	x.sent, a.encoded = encoded.Body, encoded
	x.call.Record().Dropped = x.dropped(&encoded)
	if (x.route.Strict || x.r.Header.Get("Fairway-Strict") == "true") && len(x.call.Record().Dropped) > 0 {
		name := x.call.Record().Dropped[0]
		return nil, llm.Invalid(name, "unsupported_parameter", name+" cannot be carried to "+a.target.Name+", and strict mode does not drop it")
	}
	return encoded.Body, nil
}

// selfContained refuses a request that goes on from something that is kept at a
// vendor: another one does not have it, and leaving it out would lose the
// conversation without a word.
func selfContained(r *llm.Request) *llm.Error {
	for _, name := range [...]string{"previous_response_id", "conversation"} {
		if v := r.Extra[name]; len(v) > 0 && string(v) != "null" {
			return llm.Invalid(name, "unsupported_parameter", "the model's provider does not keep conversations of this kind; send all of the input instead")
		}
	}
	return nil
}

// dropped names, in the caller's words, what the target's dialect could not
// carry.
func (x *exchange) dropped(e *llm.Encoded) []string {
	var names []string
	for _, f := range e.Dropped {
		names = append(names, x.front.FieldName(f))
	}
	return appendExtra(names, x.neutral.Extra, e.Extra)
}

// send sends the request and brings the answer to the caller.
func (x *exchange) send(a *attempt, body []byte) *llm.Error {
	answer, err := a.target.Provider.Send(a.ctx, &llm.Outgoing{
		Operation: a.operation, Dialect: a.dialect.Name(), Model: a.target.Model, Stream: x.in.Stream, ContentType: x.in.ContentType, Body: body, Header: a.encoded.Header, Credential: a.credential,
		Connect: x.route.Timeout.Connect,
	})
	if err != nil {
		return x.cause(a, err)
	}
	defer answer.Body.Close()
	a.record.Status = answer.Status
	a.record.RequestID = upstreamRequestID(answer.Header)
	switch {
	case answer.Status >= 200 && answer.Status < 300 && answer.Status != http.StatusNoContent:
	case answer.Status >= 300 && answer.Status < 400:
		// A redirect would lead a credential to a place that nobody configured.
		return &llm.Error{Status: answer.Status, Class: llm.ClassServer, Reason: "redirect", Message: "the provider answered with a redirect, which is not followed"}
	default:
		text, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody))
		if err != nil && len(text) == 0 {
			return x.cause(a, err)
		}
		return llm.ParseError(answer.Status, answer.Header, text)
	}
	if c, ok := a.pass.(llm.Carrier); ok {
		return x.carried(a, c, answer)
	}
	if x.in.Stream {
		return x.stream(a, answer)
	}
	return x.whole(a, answer)
}

// cause finds out why an attempt broke: a deadline of ours, a caller that
// left, or the upstream.
func (x *exchange) cause(a *attempt, err error) *llm.Error {
	if x.unreachable || x.r.Context().Err() != nil {
		return x.left()
	}
	var ours *llm.Error
	if errors.As(context.Cause(a.ctx), &ours) {
		return ours
	}
	if errors.As(err, &ours) {
		return ours
	}
	reason := "reset"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		reason = "truncated"
	}
	return &llm.Error{
		Status: http.StatusBadGateway, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
		Reason: reason, Message: "the provider's answer broke off", Err: err,
	}
}

// asError makes an [*llm.Error] of what a dialect returned.
func asError(err error) *llm.Error {
	var e *llm.Error
	if errors.As(err, &e) {
		return e
	}
	return &llm.Error{
		Status: http.StatusBadGateway, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
		Reason: "malformed", Message: "the provider's answer could not be read", Err: err,
	}
}

// upstreamRequestID is the provider's id of a call, by its usual headers.
func upstreamRequestID(h http.Header) string {
	for _, name := range [...]string{"X-Request-Id", "Request-Id", "Apim-Request-Id", "X-Amzn-Requestid"} {
		// Longer ones are none, and callers read no head that is as long.
		if v := h[name]; len(v) > 0 && len(v[0]) <= maxRequestID {
			return v[0]
		}
	}
	return ""
}
