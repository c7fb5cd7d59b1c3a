package cohere

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// wireUsage is what a call used. The prompt as counted holds what Cohere puts
// around the caller's own, and what of that came out of a cache; neither is
// billed (https://docs.cohere.com/docs/how-does-cohere-pricing-work).
type wireUsage struct {
	billed, counted figures
	// image and reasoning are parts of the counted figures.
	image, reasoning int64
}

type figures struct {
	input, output int64
	told          bool
}

func (u *wireUsage) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "billed_units":
			u.billed.read(r, u)
		case "tokens":
			u.counted.read(r, u)
		default:
			r.skip()
		}
	}
}

func (f *figures) read(r *reader, u *wireUsage) {
	for name := range r.fields {
		switch string(name) {
		case "input_tokens":
			f.input, f.told = r.integer(), true
		case "output_tokens":
			f.output, f.told = r.integer(), true
		case "image_tokens":
			u.image = r.integer()
		case "reasoning_tokens":
			u.reasoning = r.integer()
		default:
			r.skip()
		}
	}
}

// neutral is nil when there are no figures.
func (u *wireUsage) neutral() *llm.Usage {
	f := u.billed
	if !f.told {
		f = u.counted
	}
	if !f.told {
		return nil
	}
	n := &llm.Usage{Input: f.input, Output: f.output}
	n.ImageInput = take(&n.Input, u.image)
	n.Reasoning = take(&n.Output, u.reasoning)
	n.Sanitize()
	return n
}

// take moves up to n tokens out of what is left.
func take(left *int64, n int64) int64 {
	n = max(min(n, *left), 0)
	*left -= n
	return n
}

// appendUsage appends usage; nil is an empty object, which Cohere sends too.
func appendUsage(dst []byte, u *llm.Usage) []byte {
	if u == nil {
		return append(dst, "{}"...)
	}
	count := func(key string, n int64) {
		dst = strconv.AppendInt(append(dst, key...), n, 10)
	}
	count(`{"billed_units":{"input_tokens":`, u.InputTotal())
	count(`,"output_tokens":`, u.OutputTotal())
	count(`},"tokens":{"input_tokens":`, u.InputTotal())
	count(`,"output_tokens":`, u.OutputTotal())
	if u.Reasoning > 0 {
		count(`,"reasoning_tokens":`, u.Reasoning)
	}
	if u.ImageInput > 0 {
		count(`,"image_tokens":`, u.ImageInput)
	}
	dst = append(dst, '}')
	if u.CacheRead > 0 {
		count(`,"cached_tokens":`, u.CacheRead)
	}
	return append(dst, '}')
}

// readUsage reads usage where a cursor stands.
func readUsage(c *rawjson.Cursor) (u wireUsage) {
	r := reader{c: *c}
	u.read(&r)
	*c = r.c
	return u
}
