package fairwaytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Tool is a call of a tool in an answer.
type Tool struct {
	ID, Name, Arguments string
}

// Usage is what an answer says of its tokens, in OpenAI's counting.
type Usage struct {
	Prompt, Completion, Cached, Reasoning int64
}

// Said is what an answer in OpenAI's chat dialect says, whole or streamed, read
// without any code of the gateway.
type Said struct {
	Text, Reasoning, Refusal string
	Tools                    []Tool
	Finish                   string
	// Usage is nil when the answer has none.
	Usage *Usage
	// Models are the names that stand in the answer or its chunks, each once.
	Models []string
	// Done is set when a stream had its end mark.
	Done bool
	// Failure is the error inside a stream, or nil.
	Failure *APIError
	// Chunks are the stream's payloads.
	Chunks []json.RawMessage
}

type chatMessage struct {
	Content          any `json:"content"`
	Refusal          *string
	ReasoningContent *string `json:"reasoning_content"`
	Reasoning        *string
	FunctionCall     *struct{ Name, Arguments string } `json:"function_call"`
	ToolCalls        []struct {
		Index    *int
		ID       string
		Function struct{ Name, Arguments string }
		Custom   struct{ Name, Input string }
	} `json:"tool_calls"`
}

type chatBody struct {
	Model   string
	Error   *APIError
	Choices []struct {
		Index          int
		Message, Delta *chatMessage
		FinishReason   *string `json:"finish_reason"`
	}
	Usage *struct {
		PromptTokens        int64 `json:"prompt_tokens"`
		CompletionTokens    int64 `json:"completion_tokens"`
		PromptTokensDetails *struct {
			CachedTokens int64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		CompletionTokensDetails *struct {
			ReasoningTokens int64 `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	}
}

// ReadChat reads a whole answer.
func ReadChat(body []byte) (*Said, error) {
	s := new(Said)
	if err := s.take(body); err != nil {
		return nil, err
	}
	return s, nil
}

// ReadChatStream reads a stream.
func ReadChatStream(body []byte) (*Said, error) {
	s := new(Said)
	payloads, err := Payloads(body)
	if err != nil {
		return nil, err
	}
	for _, p := range payloads {
		switch {
		case s.Done:
			return nil, fmt.Errorf("the stream goes on after [DONE]: %.200s", p)
		case s.Failure != nil:
			return nil, fmt.Errorf("the stream goes on after an error: %.200s", p)
		case p == "[DONE]":
			s.Done = true
			continue
		}
		s.Chunks = append(s.Chunks, json.RawMessage(p))
		if err := s.take([]byte(p)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Payloads are the data of a stream's events. A stream that does not end with a
// blank line has lost its last event.
func Payloads(body []byte) ([]string, error) {
	if len(body) > 0 && !bytes.HasSuffix(body, []byte("\n\n")) {
		return nil, errors.New("the stream ends in the middle of an event")
	}
	var payloads []string
	for event := range strings.SplitSeq(string(body), "\n\n") {
		var data []string
		for line := range strings.SplitSeq(event, "\n") {
			if d, ok := strings.CutPrefix(line, "data:"); ok {
				data = append(data, strings.TrimPrefix(d, " "))
			}
		}
		if len(data) > 0 {
			payloads = append(payloads, strings.Join(data, "\n"))
		}
	}
	return payloads, nil
}

func (s *Said) take(text []byte) error {
	var b chatBody
	if err := json.Unmarshal(text, &b); err != nil {
		return fmt.Errorf("reading an answer: %w: %.200s", err, text)
	}
	if b.Error != nil {
		s.Failure = b.Error
	}
	s.model(b.Model)
	if u := b.Usage; u != nil {
		s.Usage = &Usage{Prompt: u.PromptTokens, Completion: u.CompletionTokens}
		if u.PromptTokensDetails != nil {
			s.Usage.Cached = u.PromptTokensDetails.CachedTokens
		}
		if u.CompletionTokensDetails != nil {
			s.Usage.Reasoning = u.CompletionTokensDetails.ReasoningTokens
		}
	}
	for _, c := range b.Choices {
		if c.Index != 0 {
			continue
		}
		if c.FinishReason != nil && *c.FinishReason != "" {
			s.Finish = *c.FinishReason
		}
		if c.Message != nil {
			s.message(c.Message)
		}
		if c.Delta != nil {
			s.message(c.Delta)
		}
	}
	return nil
}

func (s *Said) model(name string) {
	for _, m := range s.Models {
		if m == name {
			return
		}
	}
	if name != "" {
		s.Models = append(s.Models, name)
	}
}

func (s *Said) message(m *chatMessage) {
	s.content(m.Content)
	for _, text := range []*string{m.ReasoningContent, m.Reasoning} {
		if text != nil {
			s.Reasoning += *text
			break
		}
	}
	if m.Refusal != nil {
		s.Refusal += *m.Refusal
	}
	if c := m.FunctionCall; c != nil {
		if len(s.Tools) == 0 {
			s.Tools = append(s.Tools, Tool{})
		}
		s.Tools[0].Name += c.Name
		s.Tools[0].Arguments += c.Arguments
	}
	for _, c := range m.ToolCalls {
		at := len(s.Tools)
		switch {
		case c.Index != nil:
			at = *c.Index
		case c.ID == "" && at > 0:
			at-- // a server that leaves out the index goes on with the last one
		}
		for len(s.Tools) <= at {
			s.Tools = append(s.Tools, Tool{})
		}
		tool := &s.Tools[at]
		if c.ID != "" {
			tool.ID = c.ID
		}
		tool.Name += c.Function.Name + c.Custom.Name
		tool.Arguments += c.Function.Arguments + c.Custom.Input
	}
}

// content takes a message's content: a text, or Mistral's list of parts.
func (s *Said) content(c any) {
	switch c := c.(type) {
	case string:
		s.Text += c
	case []any:
		for _, part := range c {
			p, _ := part.(map[string]any)
			switch p["type"] {
			case "text":
				text, _ := p["text"].(string)
				s.Text += text
			case "thinking":
				thoughts, _ := p["thinking"].([]any)
				for _, thought := range thoughts {
					t, _ := thought.(map[string]any)
					text, _ := t["text"].(string)
					s.Reasoning += text
				}
			}
		}
	}
}
