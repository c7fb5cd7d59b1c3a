package ollama

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// wireUsage is what a call used, as its last line tells. What the cache served
// is not among the prompt's tokens and told nowhere.
type wireUsage struct {
	prompt, output int64
	told           bool
}

// neutral is nil when there are no figures.
func (u *wireUsage) neutral() *llm.Usage {
	if !u.told {
		return nil
	}
	n := &llm.Usage{Input: u.prompt, Output: u.output}
	n.Sanitize()
	return n
}

// appendUsage appends the members of an answer that tell what it used.
func appendUsage(dst []byte, u *llm.Usage) []byte {
	dst = strconv.AppendInt(append(dst, `,"prompt_eval_count":`...), u.InputTotal(), 10)
	return strconv.AppendInt(append(dst, `,"eval_count":`...), u.OutputTotal(), 10)
}
