package corpus

import (
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// anthropicUsage has pointers, because a later event of a stream replaces only
// what it names.
type anthropicUsage struct {
	Input   *int64 `json:"input_tokens"`
	Output  *int64 `json:"output_tokens"`
	Read    *int64 `json:"cache_read_input_tokens"`
	Written *int64 `json:"cache_creation_input_tokens"`
	Details *struct {
		Thinking int64 `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
}

type anthropicBlock struct {
	Type, Text, Thinking, ID, Name string
	Input                          json.RawMessage
}

type anthropicBody struct {
	Type       string
	Content    []anthropicBlock
	StopReason string `json:"stop_reason"`
	Usage      *anthropicUsage
	Message    *struct{ Usage *anthropicUsage }
	Index      int
	Block      *anthropicBlock `json:"content_block"`
	Delta      struct {
		Type, Text, Thinking string
		PartialJSON          string `json:"partial_json"`
		StopReason           string `json:"stop_reason"`
	}
}

// readAnthropic reads a recorded answer the way OpenAI's dialect says it.
func readAnthropic(r *recording) (*fairwaytest.Said, error) {
	list, err := r.payloads()
	if err != nil {
		return nil, err
	}
	s := new(fairwaytest.Said)
	var usage anthropicUsage
	stop := ""
	blocks := map[int]int{} // the tool at a block's index
	for _, text := range list {
		var b anthropicBody
		if err := json.Unmarshal(text, &b); err != nil {
			return nil, err
		}
		for i := range b.Content {
			begin(s, &b.Content[i])
		}
		if b.Message != nil {
			usage.set(b.Message.Usage)
		}
		usage.set(b.Usage)
		if b.Block != nil && begin(s, b.Block) {
			blocks[b.Index] = len(s.Tools) - 1
		}
		s.Text += b.Delta.Text
		s.Reasoning += b.Delta.Thinking
		if at, ok := blocks[b.Index]; ok && b.Delta.Type == "input_json_delta" {
			s.Tools[at].Arguments += b.Delta.PartialJSON
		}
		if b.StopReason != "" {
			stop = b.StopReason
		}
		if b.Delta.StopReason != "" {
			stop = b.Delta.StopReason
		}
	}
	for i := range s.Tools {
		if s.Tools[i].Arguments == "" {
			s.Tools[i].Arguments = "{}"
		}
	}
	s.Finish = map[string]string{"max_tokens": "length", "refusal": "content_filter", "model_context_window_exceeded": "length"}[stop]
	switch {
	case s.Finish == "" && len(s.Tools) > 0:
		s.Finish = "tool_calls"
	case s.Finish == "":
		s.Finish = "stop"
	}
	s.Usage = usage.view()
	return s, nil
}

// begin takes a block, or the start of one, and reports whether it is a call of
// a tool of the caller's.
func begin(s *fairwaytest.Said, b *anthropicBlock) bool {
	s.Text += b.Text
	s.Reasoning += b.Thinking
	if b.Type != "tool_use" {
		return false
	}
	arguments := strings.TrimSpace(string(b.Input))
	if arguments == "{}" || arguments == "null" {
		arguments = "" // what follows in a stream, or nothing
	}
	s.Tools = append(s.Tools, fairwaytest.Tool{ID: b.ID, Name: b.Name, Arguments: arguments})
	return true
}

func (u *anthropicUsage) set(n *anthropicUsage) {
	if n == nil {
		return
	}
	for _, f := range []struct{ to, from **int64 }{
		{&u.Input, &n.Input}, {&u.Output, &n.Output}, {&u.Read, &n.Read}, {&u.Written, &n.Written},
	} {
		if *f.from != nil {
			*f.to = *f.from
		}
	}
	if n.Details != nil {
		u.Details = n.Details
	}
}

func (u *anthropicUsage) view() *fairwaytest.Usage {
	if u.Input == nil && u.Output == nil {
		return nil
	}
	n := func(p *int64) int64 {
		if p == nil {
			return 0
		}
		return *p
	}
	v := &fairwaytest.Usage{Prompt: n(u.Input) + n(u.Read) + n(u.Written), Completion: n(u.Output), Cached: n(u.Read)}
	if u.Details != nil {
		v.Reasoning = u.Details.Thinking
	}
	return v
}
