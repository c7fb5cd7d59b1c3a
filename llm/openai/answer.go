package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	goopenai "github.com/sashabaranov/go-openai"
)

// answer is a whole answer, or one chunk of a streamed one. Where vendors send
// more than go-openai's types hold, or other kinds of values, its fields stand
// in front of theirs.
type answer struct {
	goopenai.ChatCompletionStreamResponse
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage"`
	XGroq   *struct {
		Usage *usage `json:"usage"`
	} `json:"x_groq"`
	ServiceTier string          `json:"service_tier"`
	Failure     json.RawMessage `json:"error"`
	// Perplexity's sources.
	Citations     []string `json:"citations"`
	SearchResults []source `json:"search_results"`
}

type source struct {
	URL   string `json:"url"`
	Title string `json:"title"`
}

type choice struct {
	Index        int                   `json:"index"`
	Message      *message              `json:"message"`
	Delta        *message              `json:"delta"`
	FinishReason goopenai.FinishReason `json:"finish_reason"`
	LogProbs     json.RawMessage       `json:"logprobs"`
	Failure      json.RawMessage       `json:"error"`
}

// message is what the model said, or a piece of it.
type message struct {
	Content          content           `json:"content"`
	Refusal          string            `json:"refusal"`
	ReasoningContent string            `json:"reasoning_content"`
	Reasoning        string            `json:"reasoning"`
	ReasoningDetails []reasoningDetail `json:"reasoning_details"`
	ThinkingBlocks   []thinkingBlock   `json:"thinking_blocks"`
	ToolCalls        []toolCall        `json:"tool_calls"`
	FunctionCall     *functionCall     `json:"function_call"`
	Annotations      []annotation      `json:"annotations"`
	Images           []imagePart       `json:"images"`
	Audio            *audio            `json:"audio"`
	ExtraContent     *extraContent     `json:"extra_content"`
}

// reasoningDetail is a piece of reasoning at OpenRouter and Vercel.
type reasoningDetail struct {
	Type      string `json:"type"`
	Text      string `json:"text"`
	Summary   string `json:"summary"`
	Data      string `json:"data"`
	Signature string `json:"signature"`
	Format    string `json:"format"`
}

// thinkingBlock is a block of Anthropic's as this dialect passes it on.
type thinkingBlock struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
	Data      string `json:"data"`
}

type toolCall struct {
	goopenai.ToolCall
	Function     *functionCall `json:"function"`
	Custom       *customCall   `json:"custom"`
	ExtraContent *extraContent `json:"extra_content"`
}

type functionCall struct {
	Name      string    `json:"name"`
	Arguments arguments `json:"arguments"`
}

type customCall struct {
	Name  string `json:"name"`
	Input string `json:"input"`
}

type annotation struct {
	Type        string `json:"type"`
	URLCitation struct {
		source
		StartIndex int `json:"start_index"`
		EndIndex   int `json:"end_index"`
	} `json:"url_citation"`
}

type imagePart struct {
	ImageURL struct {
		URL string `json:"url"`
	} `json:"image_url"`
}

type audio struct {
	ID         string `json:"id"`
	Data       string `json:"data"`
	Transcript string `json:"transcript"`
}

// extraContent is where Google's chat completions put thought signatures.
type extraContent struct {
	Google struct {
		ThoughtSignature string `json:"thought_signature"`
	} `json:"google"`
}

func (x *extraContent) signature() string {
	if x == nil {
		return ""
	}
	return unmarked(x.Google.ThoughtSignature)
}

// parse reads one JSON object. A value of an unexpected type is skipped: it is
// no reason to lose an answer.
func (a *answer) parse(body []byte) error {
	err := json.Unmarshal(body, a)
	if mismatch := (*json.UnmarshalTypeError)(nil); errors.As(err, &mismatch) && mismatch.Field != "" {
		return nil
	}
	return err
}

// failure is the answer's error, or nil.
func (a *answer) failure() json.RawMessage {
	if saysSomething(a.Failure) {
		return a.Failure
	}
	for i := range a.Choices {
		if saysSomething(a.Choices[i].Failure) {
			return a.Choices[i].Failure
		}
	}
	return nil
}

func saysSomething(raw json.RawMessage) bool {
	switch string(raw) {
	case "", "null", "{}", `""`, "false":
		return false
	}
	return true
}

// consumed is the usage from wherever the vendor puts it.
func (a *answer) consumed() *usage {
	if a.Usage == nil && a.XGroq != nil {
		return a.XGroq.Usage
	}
	return a.Usage
}

// created is the answer's time; a few servers count milliseconds.
func (a *answer) created() time.Time {
	const latestSecond = 1 << 36
	switch t := a.Created; {
	case t <= 0:
		return time.Time{}
	case t > latestSecond:
		return time.UnixMilli(t).UTC()
	default:
		return time.Unix(t, 0).UTC()
	}
}

// sources are the pages that the answer as a whole rests on.
func (a *answer) sources() []source {
	if len(a.SearchResults) > 0 {
		return a.SearchResults
	}
	list := make([]source, 0, len(a.Citations))
	for _, url := range a.Citations {
		list = append(list, source{URL: url})
	}
	return list
}

// content is the text of a message, which vendors write as a string, as null,
// as a list of parts (Mistral) or, for structured output, as the value itself
// (Cloudflare).
type content struct {
	text     string
	thinking string
	images   []imagePart
}

// UnmarshalJSON never fails, so that the rest of the answer is read.
func (c *content) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) == 0 || b[0] == 'n':
	case b[0] == '"':
		c.text = unquote(b)
	case b[0] == '[':
		c.parts(b)
	default:
		var compact bytes.Buffer
		_ = json.Compact(&compact, b)
		c.text = compact.String()
	}
	return nil
}

func (c *content) parts(b []byte) {
	var parts []struct {
		Type     string  `json:"type"`
		Text     string  `json:"text"`
		Thinking content `json:"thinking"`
		imagePart
	}
	_ = json.Unmarshal(b, &parts)
	var text, thinking strings.Builder
	for i := range parts {
		p := &parts[i]
		switch p.Type {
		case "thinking":
			thinking.WriteString(p.Thinking.text)
		case "image_url":
			c.images = append(c.images, p.imagePart)
		default:
			text.WriteString(p.Text)
		}
	}
	c.text, c.thinking = text.String(), thinking.String()
}

// arguments is the JSON text of a call's arguments, which some servers send as
// the object itself.
type arguments string

// UnmarshalJSON never fails, so that the rest of the answer is read.
func (a *arguments) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) == 0 || b[0] == 'n':
	case b[0] == '"':
		*a = arguments(unquote(b))
	default:
		*a = arguments(b)
	}
	return nil
}

// unquote reads a JSON string.
func unquote(b []byte) string {
	if in := b[1 : len(b)-1]; bytes.IndexByte(in, '\\') < 0 && asciiOnly(in) {
		return string(in)
	}
	var s string
	_ = json.Unmarshal(b, &s)
	return s
}

func asciiOnly(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
