// Package simulator answers chat completions in process, without a network and
// without a model: for first steps, tests and benchmarks. Equal requests have
// equal answers, but for the time that they name.
//
// # What it answers
//
// The text of the last user message; or, where the conversation ends in the
// results of tools, those. With a response_format it answers an instance of the
// schema, or {"echo": "…"} for a json_object. Where tool_choice demands a call,
// by name or as "required", it calls that tool, or the first one, with an
// instance of its parameters, unless results have just come. Where the choice
// is the model's it never calls.
//
// A stream has one chunk for each word; arguments and other JSON come in pieces
// of a few bytes. max_tokens, stop and n hold. A token is one such piece in the
// answer, and four bytes of text in the prompt.
//
// # What can be set
//
// The name of the model says how it behaves: words joined by dashes, some
// followed by a value.
//
//	echo                    answers at once
//	slow                    is latency-1s-delay-50ms
//	latency-<duration>      waits before the answer begins
//	delay-<duration>        waits between the chunks of a stream
//	words-<n>               answers with n words, repeating the text
//	status-<code>           answers with this status and an error
//	retry-<duration>        adds Retry-After to that
//	refuse                  cannot be reached
//	reset                   resets the connection
//	stall                   sends nothing more until the caller leaves
//	truncate                ends the answer in the middle
//	garbage                 sends what is not JSON
//	error                   sends an error in the place of an answer
//	after-<n>               lets n chunks of content pass before that; the
//	                        default is none, and all of them for truncate
//
// So "echo-latency-200ms-delay-20ms", "status-429-retry-2s" and "reset-after-3"
// are models. Any other name is a 404.
//
// The field "simulate" of a request says the same, and is stronger:
//
//	{"latency": "200ms", "delay": "20ms", "words": 60, "status": 503,
//	 "retry_after": "2s", "after": 3,
//	 "fault": "refuse"|"reset"|"stall"|"truncate"|"garbage"|"error_event",
//	 "tokens": {"prompt": 10, "completion": 5, "cached": 4, "reasoning": 2}}
package simulator

import (
	"context"
	"hash/crc32"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/fairwaygw/fairway/internal/egress"
	"github.com/fairwaygw/fairway/llm"
)

// Simulator answers requests. It is safe for concurrent use.
type Simulator struct {
	// Latency and Delay hold where neither model nor request says otherwise.
	Latency, Delay time.Duration
}

// Models are the names that stand for themselves.
func Models() []string { return []string{"echo", "slow"} }

// Send answers a request.
func (s *Simulator) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	q, fault := s.read(o.Body)
	if q.behavior.fault == faultRefuse && fault == nil {
		return nil, egress.Unreachable("dial", syscall.ECONNREFUSED)
	}
	if !wait(ctx, q.behavior.latency) {
		return nil, egress.Interrupted(ctx)
	}
	a := answer{request: q, id: id(o.Body), created: time.Now().Unix()}
	if fault == nil {
		fault = a.compose()
	}
	if fault != nil {
		return fault.answer(a.id), nil
	}
	if q.stream {
		return a.streamed(ctx), nil
	}
	return a.whole(ctx), nil
}

// read reads a request and settles how to behave.
func (s *Simulator) read(body []byte) (*request, *fault) {
	q := &request{behavior: behavior{
		latency: s.Latency, delay: s.Delay, after: unset, status: unset,
		prompt: unset, completion: unset, cached: unset, reasoning: unset,
	}}
	if f := q.read(body); f != nil {
		return q, f
	}
	if !q.behavior.model(q.model) {
		q.behavior = behavior{}
		return q, &fault{
			status: http.StatusNotFound, kind: "invalid_request_error", code: "model_not_found", param: "model",
			message: "The model `" + q.model + "` does not exist; the simulator has echo, slow, status-503 and the like",
		}
	}
	if f := q.behavior.read(q.simulate); f != nil {
		return q, f
	}
	if q.behavior.status != unset {
		return q, simulated(q.behavior.status, q.behavior.retryAfter)
	}
	return q, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// id is the same for equal requests.
func id(body []byte) string {
	b := append(make([]byte, 0, 32), "sim"...)
	b = strconv.AppendUint(b, uint64(crc32.Checksum(body, castagnoli)), 36)
	return string(strconv.AppendUint(b, uint64(len(body)), 36))
}

// wait reports whether the context outlasted the time.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
