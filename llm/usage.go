package llm

// Usage is what a call consumed, in tokens. The parts are disjoint: each token
// is counted in one of them, so their sum is what the provider counted.
type Usage struct {
	// Input is text of the prompt that no cache served or stored.
	Input        int64 `json:"input,omitempty"`
	CacheRead    int64 `json:"cache_read,omitempty"`
	CacheWrite5m int64 `json:"cache_write_5m,omitempty"`
	CacheWrite1h int64 `json:"cache_write_1h,omitempty"`
	AudioInput   int64 `json:"audio_input,omitempty"`
	ImageInput   int64 `json:"image_input,omitempty"`
	// ToolPrompt is what the vendor's own tools put into the prompt.
	ToolPrompt int64 `json:"tool_prompt,omitempty"`

	// Output is the visible answer, tool calls included, reasoning excluded.
	Output      int64 `json:"output,omitempty"`
	Reasoning   int64 `json:"reasoning,omitempty"`
	AudioOutput int64 `json:"audio_output,omitempty"`
	ImageOutput int64 `json:"image_output,omitempty"`

	// WebSearches counts requests of the vendor's hosted search.
	WebSearches int64 `json:"web_searches,omitempty"`
	// AudioSeconds is sound that the provider counts by its length.
	AudioSeconds int64 `json:"audio_seconds,omitempty"`

	// Estimated is set when the provider gave no figures and these are ours.
	Estimated bool `json:"estimated,omitempty"`
	// Suspect is set when the provider's figures were implausible and cut down.
	Suspect bool `json:"suspect,omitempty"`
	// Unknown is set when something was used, and nobody told how much.
	Unknown bool `json:"unknown,omitempty"`
}

// CacheWrite is the prompt's tokens that were written to a cache.
func (u *Usage) CacheWrite() int64 { return u.CacheWrite5m + u.CacheWrite1h }

// InputTotal is all of the prompt, cached or not.
func (u *Usage) InputTotal() int64 {
	return u.Input + u.CacheRead + u.CacheWrite() + u.AudioInput + u.ImageInput + u.ToolPrompt
}

// OutputTotal is all of the answer, reasoning included.
func (u *Usage) OutputTotal() int64 {
	return u.Output + u.Reasoning + u.AudioOutput + u.ImageOutput
}

// Total is every token of the call.
func (u *Usage) Total() int64 { return u.InputTotal() + u.OutputTotal() }

// Used reports whether anything was used, as far as it is known.
func (u *Usage) Used() bool {
	return u.Unknown || u.AudioSeconds > 0 || u.Total() > 0
}

// maxPlausible is more tokens than any one call can use; a provider that says
// more is wrong.
const maxPlausible = 1 << 30

// Sanitize cuts figures that cannot be true, so that no sum overflows and no
// call costs less than nothing, and marks the usage as suspect if it did.
func (u *Usage) Sanitize() {
	for _, n := range []*int64{
		&u.Input, &u.CacheRead, &u.CacheWrite5m, &u.CacheWrite1h, &u.AudioInput, &u.ImageInput, &u.ToolPrompt,
		&u.Output, &u.Reasoning, &u.AudioOutput, &u.ImageOutput, &u.WebSearches, &u.AudioSeconds,
	} {
		if *n < 0 || *n > maxPlausible {
			*n = min(max(*n, 0), maxPlausible)
			u.Suspect = true
		}
	}
}

// Add adds the figures of another attempt.
func (u *Usage) Add(o *Usage) {
	u.Input += o.Input
	u.CacheRead += o.CacheRead
	u.CacheWrite5m += o.CacheWrite5m
	u.CacheWrite1h += o.CacheWrite1h
	u.AudioInput += o.AudioInput
	u.ImageInput += o.ImageInput
	u.ToolPrompt += o.ToolPrompt
	u.Output += o.Output
	u.Reasoning += o.Reasoning
	u.AudioOutput += o.AudioOutput
	u.ImageOutput += o.ImageOutput
	u.WebSearches += o.WebSearches
	u.AudioSeconds += o.AudioSeconds
	u.Estimated = u.Estimated || o.Estimated
	u.Suspect = u.Suspect || o.Suspect
	u.Unknown = u.Unknown || o.Unknown
}
