package anthropic

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// reading is an answer by a plain reading of it.
type reading struct {
	ID, Model, Text, Thoughts, Signatures string
	// Calls are those that the caller is to run, Other all other blocks.
	Calls, Other   []string
	URLs           []string
	Finish         llm.Finish
	Native         string
	Sequence       string
	Input, Output  int64
	Read, Written  int64
	Thinking       int64
	Searches       int64
	WrittenForHour int64
}

type plainUsage struct {
	InputTokens              *int64 `json:"input_tokens"`
	OutputTokens             *int64 `json:"output_tokens"`
	CacheReadInputTokens     *int64 `json:"cache_read_input_tokens"`
	CacheCreationInputTokens *int64 `json:"cache_creation_input_tokens"`
	CacheCreation            *struct {
		Hour int64 `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	OutputTokensDetails *struct {
		ThinkingTokens int64 `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
	ServerToolUse *struct {
		WebSearchRequests int64 `json:"web_search_requests"`
	} `json:"server_tool_use"`
}

func (r *reading) usage(u *plainUsage) {
	set := func(to *int64, from *int64) {
		if from != nil {
			*to = *from
		}
	}
	set(&r.Input, u.InputTokens)
	set(&r.Output, u.OutputTokens)
	set(&r.Read, u.CacheReadInputTokens)
	set(&r.Written, u.CacheCreationInputTokens)
	if u.CacheCreation != nil {
		r.WrittenForHour = u.CacheCreation.Hour
	}
	if u.OutputTokensDetails != nil {
		r.Thinking = u.OutputTokensDetails.ThinkingTokens
	}
	if u.ServerToolUse != nil {
		r.Searches = u.ServerToolUse.WebSearchRequests
	}
}

type plainMessage struct {
	ID, Model    string
	Content      []map[string]any
	StopReason   string `json:"stop_reason"`
	StopSequence string `json:"stop_sequence"`
	Usage        plainUsage
}

func (r *reading) message(m *plainMessage) {
	r.ID, r.Model = m.ID, m.Model
	r.usage(&m.Usage)
	r.stop(m.StopReason, m.StopSequence)
}

func (r *reading) stop(native, sequence string) {
	r.Native, r.Sequence = native, sequence
	switch native {
	case "end_turn", "stop_sequence", "pause_turn":
		r.Finish = llm.FinishStop
	case "max_tokens":
		r.Finish = llm.FinishLength
	case "tool_use":
		r.Finish = llm.FinishToolCalls
	case "refusal":
		r.Finish = llm.FinishContentFilter
	}
}

func (r *reading) block(b map[string]any) {
	text := func(key string) string { s, _ := b[key].(string); return s }
	switch b["type"] {
	case "text":
		r.Text += text("text")
		list, _ := b["citations"].([]any)
		for _, c := range list {
			r.cite(c)
		}
	case "thinking":
		r.Thoughts += text("thinking")
		r.Signatures += text("signature")
	case "tool_use":
		input, _ := json.Marshal(b["input"])
		r.Calls = append(r.Calls, text("id")+text("name")+string(input))
	case "redacted_thinking":
		r.Other = append(r.Other, text("data"))
	default:
		all, _ := json.Marshal(b)
		r.Other = append(r.Other, string(all))
	}
}

func (r *reading) cite(c any) {
	m, _ := c.(map[string]any)
	if url, _ := m["url"].(string); url != "" {
		r.URLs = append(r.URLs, url)
	}
}

// read reads a body the plain way.
func read(t testing.TB, body []byte) reading {
	t.Helper()
	var r reading
	if body = bytes.TrimSpace(body); body[0] == '{' {
		var m plainMessage
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		r.message(&m)
		for _, b := range m.Content {
			r.block(b)
		}
		return r
	}
	var blocks []map[string]any
	pieces := map[int]string{}
	for line := range strings.Lines(string(body)) {
		data, ok := strings.CutPrefix(line, "data:")
		if !ok {
			continue
		}
		var e struct {
			Type         string
			Index        int
			Message      plainMessage
			ContentBlock map[string]any `json:"content_block"`
			Delta        map[string]any
			Usage        plainUsage
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		text := func(key string) string { s, _ := e.Delta[key].(string); return s }
		switch e.Type {
		case "message_start":
			r.message(&e.Message)
		case "content_block_start":
			blocks = append(blocks, e.ContentBlock)
		case "content_block_delta":
			b := blocks[e.Index]
			for _, key := range []string{"text", "thinking", "signature"} {
				if s := text(key); s != "" {
					before, _ := b[key].(string)
					b[key] = before + s
				}
			}
			pieces[e.Index] += text("partial_json")
			if c, ok := e.Delta["citation"]; ok {
				r.cite(c)
			}
		case "message_delta":
			r.usage(&e.Usage)
			r.stop(text("stop_reason"), text("stop_sequence"))
		}
	}
	for i, b := range blocks {
		if pieces[i] != "" {
			var input any
			if err := json.Unmarshal([]byte(pieces[i]), &input); err != nil {
				t.Fatal(err)
			}
			b["input"] = input
		}
		r.block(b)
	}
	return r
}

// told reads a neutral answer the same way.
func told(t testing.TB, m *llm.Response) reading {
	t.Helper()
	c := &m.Choices[0]
	r := reading{ID: m.ID, Model: m.Model, Finish: c.Finish, Native: c.NativeFinish, Sequence: c.StopSequence}
	for _, p := range c.Message.Parts {
		switch p.Kind {
		case llm.PartText:
			r.Text += p.Text
			for _, c := range p.Citations {
				r.URLs = append(r.URLs, c.URL)
			}
		case llm.PartReasoning:
			r.Thoughts += p.Text
			r.Signatures += p.Signature
		case llm.PartToolCall:
			r.Calls = append(r.Calls, p.Call.ID+p.Call.Name+compact(t, p.Call.Arguments))
		case llm.PartRedacted:
			var data string
			if err := json.Unmarshal(p.Data, &data); err != nil {
				t.Error(err)
			}
			r.Other = append(r.Other, data)
		default:
			r.Other = append(r.Other, compact(t, string(p.Data)))
		}
		if p.Issuer != "" && p.Issuer != llm.IssuerAnthropic {
			t.Errorf("issued by %s", p.Issuer)
		}
	}
	if u := m.Usage; u != nil {
		r.Input, r.Output, r.Read, r.Written = u.Input, u.OutputTotal(), u.CacheRead, u.CacheWrite()
		r.Thinking, r.Searches, r.WrittenForHour = u.Reasoning, u.WebSearches, u.CacheWrite1h
	}
	return r
}

// compact is a JSON text with its keys in order and no spaces.
func compact(t testing.TB, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	b, _ := json.Marshal(v)
	return string(b)
}
