package openai

import (
	"strconv"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/fairwaygw/fairway/llm"
)

// usage is a call's consumption as vendors of this dialect spell it.
type usage struct {
	goopenai.Usage
	PromptTokensDetails *struct {
		goopenai.PromptTokensDetails
		CacheWriteTokens int `json:"cache_write_tokens"`
		ImageTokens      int `json:"image_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionTokensDetails *struct {
		goopenai.CompletionTokensDetails
		ImageTokens int `json:"image_tokens"`
	} `json:"completion_tokens_details"`
	// Cached tokens at DeepSeek, Moonshot and Together, Mistral, and where
	// Anthropic's models stand behind the dialect.
	PromptCacheHitTokens     int `json:"prompt_cache_hit_tokens"`
	CachedTokens             int `json:"cached_tokens"`
	NumCachedTokens          int `json:"num_cached_tokens"`
	CacheReadInputTokens     int `json:"cache_read_input_tokens"`
	CacheCreationInputTokens int `json:"cache_creation_input_tokens"`
	CacheCreation            *struct {
		OneHour int `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	ReasoningTokens  int `json:"reasoning_tokens"`
	NumSearchQueries int `json:"num_search_queries"` // Perplexity
	ServerToolUse    *struct {
		WebSearchRequests int `json:"web_search_requests"`
	} `json:"server_tool_use"` // OpenRouter
}

// neutral splits the figures into disjoint parts. Vendors disagree on what is
// inside what, so the total decides where it can.
func (w *usage) neutral() *llm.Usage {
	if w == nil {
		return nil
	}
	var u llm.Usage
	prompt, completion := int64(w.PromptTokens), int64(w.CompletionTokens)
	var outside int64 // what the total has beyond both
	if w.TotalTokens > 0 {
		outside = int64(w.TotalTokens) - prompt - completion
	}

	u.CacheRead = firstSet(w.PromptCacheHitTokens, w.CachedTokens, w.NumCachedTokens, w.CacheReadInputTokens)
	write := int64(w.CacheCreationInputTokens)
	var audio, image int64
	if d := w.PromptTokensDetails; d != nil {
		if d.CachedTokens != 0 {
			u.CacheRead = int64(d.CachedTokens)
		}
		if d.CacheWriteTokens != 0 {
			write = int64(d.CacheWriteTokens)
		}
		audio, image = int64(d.AudioTokens), int64(d.ImageTokens)
	}
	u.CacheWrite5m = write
	if c := w.CacheCreation; c != nil && c.OneHour > 0 && int64(c.OneHour) <= write {
		u.CacheWrite1h = int64(c.OneHour)
		u.CacheWrite5m = write - u.CacheWrite1h
	}
	if audio > 0 && audio == outside { // Mistral counts sound beside the text
		prompt += audio
		outside = 0
	}
	u.Input = prompt
	if cached := max(u.CacheRead, 0) + max(write, 0); cached <= prompt {
		u.Input = prompt - cached
	}
	// A cached token may be one of an image or a sound as well.
	u.AudioInput = take(&u.Input, audio)
	u.ImageInput = take(&u.Input, image)

	u.Output = completion
	reasoning := int64(w.ReasoningTokens)
	if d := w.CompletionTokensDetails; d != nil {
		if d.ReasoningTokens != 0 {
			reasoning = int64(d.ReasoningTokens)
		}
		u.AudioOutput = take(&u.Output, int64(d.AudioTokens))
		u.ImageOutput = take(&u.Output, int64(d.ImageTokens))
	}
	switch {
	case reasoning > 0 && (reasoning == outside || reasoning > completion): // older xAI, Vercel
		u.Reasoning = reasoning
	case reasoning > 0:
		u.Reasoning = take(&u.Output, reasoning)
	case reasoning < 0:
		u.Reasoning = reasoning
	case outside > 0: // Gemini's own chat completions count thoughts in the total only
		u.Reasoning = outside
	}
	u.WebSearches = int64(w.NumSearchQueries)
	if w.ServerToolUse != nil {
		u.WebSearches = int64(w.ServerToolUse.WebSearchRequests)
	}
	u.Sanitize()
	return &u
}

// firstSet returns the first figure that is not 0.
func firstSet(figures ...int) int64 {
	for _, n := range figures {
		if n != 0 {
			return int64(n)
		}
	}
	return 0
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
