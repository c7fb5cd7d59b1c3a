package aigateway

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// whole brings an answer that is not streamed to the caller.
func (x *exchange) whole(a *attempt, answer *llm.Answer) *llm.Error {
	body, err := readAnswer(x.answer[:0], answer)
	x.answer = body
	if err != nil {
		if errors.Is(err, errAnswerTooLarge) {
			return errAnswerTooLarge
		}
		return x.cause(a, err)
	}
	var facts llm.AnswerFacts
	if a.pass != nil {
		out, err := x.edited(a, body, &facts)
		if err != nil {
			return asError(err)
		}
		x.out = out
	} else {
		response, err := a.dialect.DecodeResponse(body)
		if err != nil {
			return asError(err)
		}
		restore(response, &a.encoded)
		if err := x.supplement(response); err != nil {
			return err
		}
		facts = responseFacts(response)
		var thought thinking
		thought.noteWhole(response)
		x.keepThoughts(a, &thought)
		if x.ownID(a) {
			response.ID = ""
		}
		out, err := x.front.AppendResponse(x.out[:0], response, x.view())
		if err != nil {
			return asError(err)
		}
		x.out = out
	}
	x.account(a, &facts)
	x.call.Attempted(llm.ClassNone)
	x.committed = true
	x.remember(a, x.out)
	x.call.Settle(http.StatusOK, llm.ClassNone, "")

	h := x.header(a, a.record.RequestID)
	h["Content-Type"] = contentJSON
	h["Content-Length"] = []string{strconv.Itoa(len(x.out))}
	if cost := x.call.Record().Cost; cost != nil {
		h["Fairway-Cost"] = []string{cost.String()}
	}
	x.w.WriteHeader(http.StatusOK)
	_, _ = x.w.Write(x.out) // a caller that is gone has its record all the same
	return nil
}

// edited is an answer of the caller's own dialect as the caller is to see it.
func (x *exchange) edited(a *attempt, body []byte, facts *llm.AnswerFacts) ([]byte, error) {
	if e, ok := a.pass.(llm.AnswerEditor); ok {
		return e.EditAnswer(x.out[:0], body, x.view(), facts)
	}
	return a.pass.EditResponse(x.out[:0], body, x.in.Model, facts)
}

var errAnswerTooLarge = &llm.Error{
	Status: http.StatusBadGateway, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
	Reason: "too_large", Message: "the provider's answer is too large",
}

// readAnswer reads a whole answer into dst.
func readAnswer(dst []byte, answer *llm.Answer) ([]byte, error) {
	if answer.Length > maxAnswer {
		return dst, errAnswerTooLarge
	}
	if n := answer.Length; n >= 0 && int64(cap(dst)) <= n {
		dst = make([]byte, 0, n+1)
	}
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := answer.Body.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if len(dst) > maxAnswer {
			return dst, errAnswerTooLarge
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}
