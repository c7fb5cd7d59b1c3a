package aigateway

import (
	"net/http"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// spoken is what the target's provider is asked for, and the dialect that it is
// asked in: nil where the provider does not have the operation. Completions
// become a chat there.
func (x *exchange) spoken(target *gateway.Target) (llm.Operation, llm.Dialect) {
	if x.op == llm.OpChat {
		if x.past != nil { // a caller of Responses, which some providers have too
			if d := speaks(target, x.op, x.front.Name()); d != nil {
				return x.op, d
			}
		}
		return x.op, target.Provider.Dialect()
	}
	if d := speaks(target, x.op, x.front.Name()); d != nil {
		return x.op, d
	}
	if x.op == llm.OpCompletions {
		return llm.OpChat, target.Provider.Dialect()
	}
	return x.op, nil
}

func speaks(target *gateway.Target, op llm.Operation, front string) llm.Dialect {
	switch p := target.Provider.(type) {
	case llm.Versed:
		return p.SpeaksTo(op, target.Model, front)
	case llm.Speaker:
		return p.Speaks(op)
	}
	return nil
}

// unsupported is the error for an operation that a model's provider does not
// have.
func unsupported(op llm.Operation) *llm.Error {
	return &llm.Error{
		Status: http.StatusBadRequest, Class: llm.ClassCallerFault, Type: "invalid_request_error", Code: "unsupported_operation", Param: "model",
		Message: "the model's provider has no operation " + string(op),
	}
}

// supplement puts into an answer of another dialect what the caller's has to
// have: usage, and the documents that were ranked. A ranking of something else
// is no answer.
func (x *exchange) supplement(r *llm.Response) *llm.Error {
	if r.Usage == nil && x.neutral.Embed != nil {
		u := estimate(x.body)
		r.Usage = &u
	}
	if e := x.neutral.Embed; e != nil && len(r.Embeddings) != len(e.Inputs) {
		return errOtherAnswer
	}
	asked := x.neutral.Rerank
	if asked == nil {
		return nil
	}
	for i := range r.Rankings {
		n := r.Rankings[i].Index
		if n >= len(asked.Documents) {
			return errOtherAnswer
		}
		if asked.ReturnDocuments {
			r.Rankings[i].Document = &asked.Documents[n]
		}
	}
	return nil
}

var errOtherAnswer = &llm.Error{
	Status: http.StatusBadGateway, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
	Reason: "malformed", Message: "the provider's answer is not one to the request",
}
