package ledger

import "github.com/fairwaygw/fairway/llm"

// bytesPerToken is what byte-pair tokenizers make of English and of code, and
// about what request bodies show: their JSON syntax makes for more bytes, their
// tool schemas for fewer. Scripts outside Latin have three bytes a character
// and about one token for one or two, which comes to the same within a factor
// of two.
const bytesPerToken = 4

// EstimateTokens guesses how many tokens a text of so many bytes has: one for
// every four bytes, rounded up. It is meant for reservations and for answers
// whose provider tells no usage, where a rough figure is better than none.
// Media must not be counted in: a picture's tokens have nothing to do with its
// bytes.
func EstimateTokens(bytes int64) int64 {
	if bytes <= 0 {
		return 0
	}
	return (bytes-1)/bytesPerToken + 1
}

// Estimate is the usage of a call whose provider told none, guessed from
// the bytes of the prompt's and the answer's text, and marked as estimated.
func Estimate(input, output int64) llm.Usage {
	return llm.Usage{Input: EstimateTokens(input), Output: EstimateTokens(output), Estimated: true}
}
