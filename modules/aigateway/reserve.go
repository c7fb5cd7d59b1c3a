package aigateway

import (
	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/limits"
	"github.com/fairwaygw/fairway/llm"
)

// heldAnswer is how many tokens of an answer a call holds at most before it is
// made. Callers often allow far more than they get: to hold all of it would keep
// others out for nothing, and to hold none would let any number of calls in at
// once. An answer that is longer counts in full when it ends.
const heldAnswer = 4096

// reserve holds what the call may come to against the limits of its caller.
func (x *exchange) reserve() *llm.Error {
	limited, tokens, cost := x.call.Limited()
	if !limited {
		return nil
	}
	var a limits.Amount
	if (tokens || cost) && !unmetered(x.op) {
		prompt := ledger.EstimateTokens(promptBytes(x.body))
		answer := x.longestAnswer()
		a.LeastTokens, a.Tokens = prompt, prompt+answer
		if cost {
			var err *llm.Error
			if a.LeastCost, a.Cost, err = x.route.Worth(prompt, answer); err != nil {
				return err
			}
		}
	}
	return x.call.Reserve(x.w.Header(), x.front.Name(), a)
}

// longestAnswer is how many tokens to hold for the answer.
func (x *exchange) longestAnswer() int64 {
	switch x.op {
	case llm.OpChat, llm.OpCompletions:
	default:
		return 0 // its answer is not made of tokens
	}
	answer := int64(heldAnswer)
	if x.in.MaxTokens > 0 {
		answer = min(answer, x.in.MaxTokens)
	}
	return answer * max(x.in.N, 1)
}
