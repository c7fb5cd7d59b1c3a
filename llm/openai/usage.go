package openai

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// usage is a call's consumption as vendors of this dialect spell it. It is read
// without decoding, for a relayed stream may have it in every chunk.
type usage struct {
	prompt, completion, total int64
	// cached has precedence over cachedBeside, which stands outside the details.
	cached, cachedBeside     int64
	written, writtenBeside   int64
	writtenLong              int64
	audioIn, imageIn         int64
	audioOut, imageOut       int64
	reasoning                int64
	reasoningBeside          int64
	searches, hostedSearches int64
}

// UnmarshalJSON never fails: figures that are none are not there.
func (w *usage) UnmarshalJSON(b []byte) error {
	c := rawjson.Trust(b, 0)
	w.read(&c)
	return nil
}

// read reads the figures from an object. Anything else is skipped and gives
// false.
func (w *usage) read(c *rawjson.Cursor) bool {
	if !c.Object() {
		return false
	}
	*w = usage{}
	for c.NextField() {
		switch string(c.Key()) {
		case "prompt_tokens":
			w.prompt = figure(c)
		case "completion_tokens":
			w.completion = figure(c)
		case "total_tokens":
			w.total = figure(c)
		case "prompt_tokens_details":
			details(c, func(key []byte) {
				switch string(key) {
				case "cached_tokens":
					w.cached = figure(c)
				case "cache_write_tokens":
					w.written = figure(c)
				case "audio_tokens":
					w.audioIn = figure(c)
				case "image_tokens":
					w.imageIn = figure(c)
				default:
					c.Skip()
				}
			})
		case "completion_tokens_details":
			details(c, func(key []byte) {
				switch string(key) {
				case "reasoning_tokens":
					w.reasoning = figure(c)
				case "audio_tokens":
					w.audioOut = figure(c)
				case "image_tokens":
					w.imageOut = figure(c)
				default:
					c.Skip()
				}
			})
		// Cached tokens at DeepSeek, Moonshot and Together, Mistral, and where
		// Anthropic's models stand behind the dialect.
		case "prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens":
			if n := figure(c); n != 0 {
				w.cachedBeside = n
			}
		case "cache_creation_input_tokens":
			w.writtenBeside = figure(c)
		case "cache_creation":
			details(c, func(key []byte) {
				if string(key) == "ephemeral_1h_input_tokens" {
					w.writtenLong = figure(c)
				} else {
					c.Skip()
				}
			})
		case "reasoning_tokens":
			w.reasoningBeside = figure(c)
		case "num_search_queries": // Perplexity
			w.searches = figure(c)
		case "server_tool_use": // OpenRouter
			details(c, func(key []byte) {
				if string(key) == "web_search_requests" {
					w.hostedSearches = figure(c)
				} else {
					c.Skip()
				}
			})
		default:
			c.Skip()
		}
	}
	return c.Err() == nil
}

// details walks an object within the figures; anything else is skipped.
func details(c *rawjson.Cursor, field func(key []byte)) {
	if !c.Object() {
		return
	}
	for c.NextField() {
		field(c.Key())
	}
}

// maxFigure bounds what is read, so that no sum of figures overflows. It is far
// beyond what is plausible.
const maxFigure = 1 << 50

// figure reads a number of tokens; what is no number is 0.
func figure(c *rawjson.Cursor) int64 {
	v := c.Value()
	n, ok := rawjson.Int(v)
	if !ok {
		if rawjson.KindOf(v) != rawjson.Number {
			return 0
		}
		// A fraction, an exponent or an absurd length.
		f, _ := strconv.ParseFloat(string(v), 64)
		n = int64(min(max(f, -maxFigure), maxFigure))
	}
	return min(max(n, -maxFigure), maxFigure)
}

// neutral is the usage in neutral form; nil stays nil.
func (w *usage) neutral() *llm.Usage {
	if w == nil {
		return nil
	}
	u := w.split()
	return &u
}

// split splits the figures into disjoint parts. Vendors disagree on what is
// inside what, so the total decides where it can.
func (w *usage) split() llm.Usage {
	var u llm.Usage
	prompt := w.prompt
	var outside int64 // what the total has beyond both
	if w.total > 0 {
		outside = w.total - prompt - w.completion
	}

	u.CacheRead = firstSet(w.cached, w.cachedBeside)
	write := firstSet(w.written, w.writtenBeside)
	u.CacheWrite5m = write
	if w.writtenLong > 0 && w.writtenLong <= write {
		u.CacheWrite1h = w.writtenLong
		u.CacheWrite5m = write - u.CacheWrite1h
	}
	if w.audioIn > 0 && w.audioIn == outside { // Mistral counts sound beside the text
		prompt += w.audioIn
		outside = 0
	}
	u.Input = prompt
	if cached := max(u.CacheRead, 0) + max(write, 0); cached <= prompt {
		u.Input = prompt - cached
	}
	// A cached token may be one of an image or a sound as well.
	u.AudioInput = take(&u.Input, w.audioIn)
	u.ImageInput = take(&u.Input, w.imageIn)

	u.Output = w.completion
	u.AudioOutput = take(&u.Output, w.audioOut)
	u.ImageOutput = take(&u.Output, w.imageOut)
	reasoning := firstSet(w.reasoning, w.reasoningBeside)
	switch {
	case reasoning > 0 && (reasoning == outside || reasoning > w.completion): // older xAI, Vercel
		u.Reasoning = reasoning
	case reasoning > 0:
		u.Reasoning = take(&u.Output, reasoning)
	case reasoning < 0:
		u.Reasoning = reasoning
	case outside > 0: // Gemini's own chat completions count thoughts in the total only
		u.Reasoning = outside
	}
	u.WebSearches = firstSet(w.hostedSearches, w.searches)
	u.Sanitize()
	return u
}

// firstSet returns a, or b where that is 0.
func firstSet(a, b int64) int64 {
	if a != 0 {
		return a
	}
	return b
}

// take moves up to n tokens out of what is left. A negative n is kept, so that
// it is noticed.
func take(left *int64, n int64) int64 {
	if n <= 0 {
		return n
	}
	n = min(n, max(*left, 0))
	*left -= n
	return n
}

// appendUsage appends the figures as this dialect counts: cached tokens are
// within the prompt's, reasoning within the completion's.
func appendUsage(dst []byte, u *llm.Usage) []byte {
	n := func(dst []byte, key string, v int64) []byte {
		return strconv.AppendInt(append(dst, key...), v, 10)
	}
	dst = n(dst, `{"prompt_tokens":`, u.InputTotal())
	dst = n(dst, `,"completion_tokens":`, u.OutputTotal())
	dst = n(dst, `,"total_tokens":`, u.Total())
	dst = n(dst, `,"prompt_tokens_details":{"cached_tokens":`, u.CacheRead)
	if w := u.CacheWrite(); w > 0 {
		dst = n(dst, `,"cache_write_tokens":`, w)
	}
	if u.ImageInput > 0 {
		dst = n(dst, `,"image_tokens":`, u.ImageInput)
	}
	dst = n(dst, `,"audio_tokens":`, u.AudioInput)
	dst = n(dst, `},"completion_tokens_details":{"reasoning_tokens":`, u.Reasoning)
	if u.ImageOutput > 0 {
		dst = n(dst, `,"image_tokens":`, u.ImageOutput)
	}
	dst = n(dst, `,"audio_tokens":`, u.AudioOutput)
	return append(dst, `,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`...)
}
