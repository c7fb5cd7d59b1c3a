package openai

import (
	"math"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// mediaUsage reads the usage of an operation on sound or pictures: tokens, which
// are called input and output there, or the length of the sound. It is false
// where there are no figures.
func mediaUsage(op llm.Operation, value []byte) (llm.Usage, bool) {
	c := rawjson.Trust(value, 0)
	if !c.Object() {
		return llm.Usage{}, false
	}
	var (
		u                             llm.Usage
		input, output, audio, picture int64
		cached, audioOut, pictureOut  int64
		split, splitOut, set          bool
	)
	for c.NextField() {
		switch string(c.Key()) {
		case "seconds":
			u.AudioSeconds, set = wholeSeconds(decimal(c.Value())), true
		case "input_tokens":
			input, set = figure(&c), true
		case "output_tokens":
			output, set = figure(&c), true
		case "prompt_tokens", "completion_tokens": // servers that count as chat does
			var w usage
			_ = w.UnmarshalJSON(value) // it never fails
			return *w.neutral(), true
		case "input_token_details", "input_tokens_details":
			split = true
			details(&c, func(key []byte) {
				switch string(key) {
				case "audio_tokens":
					audio = figure(&c)
				case "image_tokens":
					picture = figure(&c)
				case "cached_tokens":
					cached = figure(&c)
				default:
					c.Skip()
				}
			})
		case "output_token_details", "output_tokens_details":
			splitOut = true
			details(&c, func(key []byte) {
				switch string(key) {
				case "audio_tokens":
					audioOut = figure(&c)
				case "image_tokens":
					pictureOut = figure(&c)
				default:
					c.Skip()
				}
			})
		default:
			c.Skip()
		}
	}
	if !set {
		return u, false
	}
	// What is not told apart is what the operation is about.
	switch {
	case split:
	case op == llm.OpTranscriptions, op == llm.OpTranslations:
		audio = input
	}
	switch {
	case splitOut:
	case op == llm.OpSpeech:
		audioOut = output
	case op == llm.OpImages, op == llm.OpImageEdits, op == llm.OpImageVariations:
		pictureOut = output
	}
	u.Input = input
	u.CacheRead = take(&u.Input, cached)
	u.AudioInput = take(&u.Input, audio)
	u.ImageInput = take(&u.Input, picture)
	u.Output = output
	u.AudioOutput = take(&u.Output, audioOut)
	u.ImageOutput = take(&u.Output, pictureOut)
	u.Sanitize()
	return u, true
}

// decimal reads a JSON number; what is none is 0.
func decimal(value []byte) float64 {
	if rawjson.KindOf(value) != rawjson.Number {
		return 0
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return 0
	}
	return f
}

// wholeSeconds rounds up, as vendors do who count sound by the second.
func wholeSeconds(s float64) int64 {
	return int64(math.Ceil(min(max(s, -1), maxFigure)))
}
