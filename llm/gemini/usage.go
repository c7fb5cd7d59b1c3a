package gemini

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// wireUsage is usageMetadata. Its counts by modality need not cover the totals
// (https://ai.google.dev/api/generate-content#UsageMetadata).
type wireUsage struct {
	// prompt has the cached tokens in it; candidates has no thoughts in it.
	prompt, cached, candidates, thoughts, toolPrompt, total int64
	in, out, cache                                          modalities
	tier                                                    string
}

// modalities are the tokens of media that are priced apart from text.
type modalities struct{ audio, image int64 }

func (u *wireUsage) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "promptTokenCount":
			u.prompt = r.integer()
		case "cachedContentTokenCount":
			u.cached = r.integer()
		case "candidatesTokenCount", "responseTokenCount": // the second in Google's Live API
			u.candidates = r.integer()
		case "thoughtsTokenCount":
			u.thoughts = r.integer()
		case "toolUsePromptTokenCount":
			u.toolPrompt = r.integer()
		case "totalTokenCount":
			u.total = r.integer()
		case "promptTokensDetails":
			u.in.read(r)
		case "candidatesTokensDetails":
			u.out.read(r)
		case "cacheTokensDetails":
			u.cache.read(r)
		case "serviceTier":
			u.tier = r.str()
		default:
			r.skip()
		}
	}
}

func (m *modalities) read(r *reader) {
	for range r.items {
		var audio, image bool
		var n int64
		for name := range r.fields {
			switch string(name) {
			case "modality":
				audio, image = modality(r)
			case "tokenCount":
				n = r.integer()
			default:
				r.skip()
			}
		}
		switch {
		case audio:
			m.audio += n
		case image:
			m.image += n
		}
	}
}

// modality reads a modality, by name or by number.
func modality(r *reader) (audio, image bool) {
	if r.c.Kind() == rawjson.Number {
		n := r.integer()
		return n == 4, n == 2
	}
	name := r.bytes()
	return string(name) == "AUDIO", string(name) == "IMAGE"
}

// says reports whether there is any figure. Vertex AI sends the object without
// one in the first chunks of a stream.
func (u *wireUsage) says() bool {
	return u.prompt != 0 || u.candidates != 0 || u.thoughts != 0 || u.toolPrompt != 0 || u.total != 0
}

// neutral splits the figures into disjoint parts whose sum is Google's. It is
// nil when there are none.
func (u *wireUsage) neutral() *llm.Usage {
	if !u.says() {
		return nil
	}
	n := &llm.Usage{
		Input: u.prompt, Output: u.candidates, Reasoning: u.thoughts, ToolPrompt: u.toolPrompt,
	}
	if u.cached < 0 {
		n.CacheRead = u.cached
	}
	// What is cached counts as such, whatever its modality.
	n.CacheRead += take(&n.Input, u.cached)
	n.AudioInput = take(&n.Input, u.in.audio-u.cache.audio)
	n.ImageInput = take(&n.Input, u.in.image-u.cache.image)
	n.AudioOutput = take(&n.Output, u.out.audio)
	n.ImageOutput = take(&n.Output, u.out.image)
	n.Sanitize()
	return n
}

// take moves up to n tokens out of what is left.
func take(left *int64, n int64) int64 {
	n = max(min(n, *left), 0)
	*left -= n
	return n
}

// appendUsage appends usageMetadata as Google counts.
func appendUsage(dst []byte, u *llm.Usage, tier string) []byte {
	count := func(key string, n int64) {
		if n > 0 {
			dst = strconv.AppendInt(append(dst, key...), n, 10)
		}
	}
	prompt := u.InputTotal() - u.ToolPrompt
	candidates := u.OutputTotal() - u.Reasoning
	dst = strconv.AppendInt(append(dst, `{"promptTokenCount":`...), prompt, 10)
	dst = strconv.AppendInt(append(dst, `,"candidatesTokenCount":`...), candidates, 10)
	dst = strconv.AppendInt(append(dst, `,"totalTokenCount":`...), u.Total(), 10)
	count(`,"cachedContentTokenCount":`, u.CacheRead)
	count(`,"toolUsePromptTokenCount":`, u.ToolPrompt)
	count(`,"thoughtsTokenCount":`, u.Reasoning)
	dst = appendModalities(dst, `,"promptTokensDetails":`, prompt, u.AudioInput, u.ImageInput)
	dst = appendModalities(dst, `,"candidatesTokensDetails":`, candidates, u.AudioOutput, u.ImageOutput)
	if tier != "" {
		dst = rawjson.AppendQuote(append(dst, `,"serviceTier":`...), tier)
	}
	return append(dst, '}')
}

// appendModalities appends a total by modality.
func appendModalities(dst []byte, key string, total, audio, image int64) []byte {
	open := false
	one := func(name string, n int64) {
		if n <= 0 {
			return
		}
		if open {
			dst = append(dst, ',')
		} else {
			dst = append(append(dst, key...), '[')
		}
		open = true
		dst = append(append(append(dst, `{"modality":"`...), name...), `","tokenCount":`...)
		dst = append(strconv.AppendInt(dst, n, 10), '}')
	}
	one("TEXT", total-audio-image)
	one("IMAGE", image)
	one("AUDIO", audio)
	if open {
		dst = append(dst, ']')
	}
	return dst
}

// neutralTier is a service tier in OpenAI's words.
func neutralTier(tier string) string {
	if tier == "standard" {
		return "default"
	}
	return tier
}
