package responses

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// usage is a call's consumption as it stands in an answer. Cached tokens are
// within the input's, reasoning within the output's.
type usage struct {
	input, cached, written, output, reasoning, total int64
	// set is false where there are no figures, as in answers that failed.
	set bool
}

// read reads the figures. Anything but an object leaves them unset.
func (u *usage) read(r *reader) {
	*u = usage{}
	for name := range r.fields {
		u.set = true
		switch string(name) {
		case "input_tokens":
			u.input = r.figure()
		case "output_tokens":
			u.output = r.figure()
		case "total_tokens":
			u.total = r.figure()
		case "input_tokens_details":
			for name := range r.fields {
				switch string(name) {
				case "cached_tokens":
					u.cached = r.figure()
				case "cache_write_tokens":
					u.written = r.figure()
				default:
					r.skip()
				}
			}
		case "output_tokens_details":
			for name := range r.fields {
				if string(name) == "reasoning_tokens" {
					u.reasoning = r.figure()
				} else {
					r.skip()
				}
			}
		default:
			r.skip()
		}
	}
}

// neutral splits the figures into disjoint parts; it is nil where there are
// none. searches is how often the hosted search was used, which the figures do
// not tell.
func (u *usage) neutral(searches int64) *llm.Usage {
	if !u.set {
		return nil
	}
	n := llm.Usage{Input: u.input, CacheRead: u.cached, CacheWrite5m: u.written, Output: u.output, WebSearches: searches}
	if within := max(u.cached, 0) + max(u.written, 0); within <= u.input {
		n.Input = u.input - within
	}
	switch outside := u.total - u.input - u.output; {
	case u.reasoning <= 0:
		n.Reasoning = u.reasoning
	case u.reasoning > u.output, u.total > 0 && outside == u.reasoning:
		n.Reasoning = u.reasoning // some servers count it beside the output
	default:
		n.Output -= u.reasoning
		n.Reasoning = u.reasoning
	}
	n.Sanitize()
	return &n
}

// appendUsage appends the figures as this dialect counts.
func appendUsage(dst []byte, u *llm.Usage) []byte {
	if u == nil {
		return append(dst, "null"...)
	}
	n := func(key string, v int64) {
		dst = strconv.AppendInt(append(dst, key...), v, 10)
	}
	n(`{"input_tokens":`, u.InputTotal())
	n(`,"input_tokens_details":{"cached_tokens":`, u.CacheRead)
	if w := u.CacheWrite(); w > 0 {
		n(`,"cache_write_tokens":`, w)
	}
	n(`},"output_tokens":`, u.OutputTotal())
	n(`,"output_tokens_details":{"reasoning_tokens":`, u.Reasoning)
	n(`},"total_tokens":`, u.Total())
	return append(dst, '}')
}
