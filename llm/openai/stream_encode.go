package openai

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// NewStreamEncoder begins a streamed answer. Usage is sent in a last chunk, and
// only when the view asks for it.
func (Dialect) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &streamEncoder{view: v}
}

type streamEncoder struct {
	view llm.View
	// head is a chunk up to the first choice's index, the same for all.
	head []byte
	// tail closes a chunk after its choice.
	tail    string
	choices []encodedChoice
	usage   llm.Usage
	counted bool
	ended   bool
}

// encodedChoice is what the encoder remembers of one alternative.
type encodedChoice struct {
	index int
	// calls is the number of tool calls so far, and call the last one's index.
	calls, call int
	// last is what came last of text, reasoning and tool calls.
	last llm.EventKind
	// thoughts gathers reasoning until its signature comes, for the client
	// must return both together.
	thoughts []byte
}

// ContentType is that of server-sent events.
func (*streamEncoder) ContentType() string { return "text/event-stream" }

// Append appends the chunks for one event.
func (s *streamEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended {
		return dst
	}
	switch e.Kind {
	case llm.EventPing:
		return append(dst, ": ping\n\n"...)
	case llm.EventStart:
		if s.head == nil {
			s.begin(e)
		}
		dst, _ = s.choice(dst, 0)
		return dst
	case llm.EventUsage:
		if e.Usage != nil {
			s.usage, s.counted = *e.Usage, true
		}
		return dst
	case llm.EventError:
		s.ended = true
		dst = append(dst, "data: "...)
		err := e.Err
		if err == nil {
			err = &llm.Error{}
		}
		return append(Dialect{}.AppendError(dst, err), "\n\n"...)
	case llm.EventEnd:
		return s.end(dst)
	}
	return s.content(dst, e)
}

// begin renders what all chunks share.
func (s *streamEncoder) begin(e *llm.Event) {
	s.head = append(appendHead([]byte("data: "), "chat.completion.chunk", e.ID, e.Created, &s.view), `{"index":`...)
	s.tail = "}]}\n\n"
	if s.view.IncludeUsage {
		s.tail = "}],\"usage\":null}\n\n"
	}
}

func (s *streamEncoder) end(dst []byte) []byte {
	s.ended = true
	if s.view.IncludeUsage && s.counted {
		if s.head == nil {
			s.begin(&llm.Event{})
		}
		dst = append(dst, s.head[:len(s.head)-len(`{"index":`)]...)
		dst = appendUsage(append(dst, `],"usage":`...), &s.usage)
		dst = append(dst, "}\n\n"...)
	}
	return append(dst, "data: [DONE]\n\n"...)
}

// choice returns the state of a choice, whose first chunk names the role.
func (s *streamEncoder) choice(dst []byte, index int) ([]byte, *encodedChoice) {
	for i := range s.choices {
		if s.choices[i].index == index {
			return dst, &s.choices[i]
		}
	}
	if s.head == nil {
		s.begin(&llm.Event{})
	}
	s.choices = append(s.choices, encodedChoice{index: index})
	dst = s.openChunk(dst, index)
	dst = append(dst, `"role":"assistant","content":"","refusal":null`...)
	return s.closeChunk(dst, nil, ""), &s.choices[len(s.choices)-1]
}

// openChunk appends a chunk up to the inside of its delta.
func (s *streamEncoder) openChunk(dst []byte, index int) []byte {
	dst = append(dst, s.head...)
	if index == 0 {
		dst = append(dst, '0')
	} else {
		dst = strconv.AppendInt(dst, int64(index), 10)
	}
	return append(dst, `,"delta":{`...)
}

// closeChunk appends the rest of a chunk.
func (s *streamEncoder) closeChunk(dst, logProbs []byte, finish llm.Finish) []byte {
	if len(logProbs) == 0 && finish == "" {
		dst = append(dst, `},"logprobs":null,"finish_reason":null`...)
		return append(dst, s.tail...)
	}
	dst = append(dst, `},"logprobs":`...)
	if len(logProbs) == 0 {
		dst = append(dst, "null"...)
	} else {
		dst = append(dst, logProbs...)
	}
	dst = appendStringOrNull(append(dst, `,"finish_reason":`...), string(finish))
	return append(dst, s.tail...)
}

// content appends the chunk for an event of a choice.
func (s *streamEncoder) content(dst []byte, e *llm.Event) []byte {
	dst, c := s.choice(dst, e.Choice)
	switch e.Kind {
	case llm.EventText:
		if e.Text == "" && len(e.LogProbs) == 0 {
			return dst
		}
		c.last = e.Kind
		dst = s.openChunk(dst, e.Choice)
		dst = appendString(append(dst, `"content":`...), e.Text)
		return s.closeChunk(dst, e.LogProbs, "")
	case llm.EventReasoning:
		if e.Text == "" {
			return dst
		}
		c.last = e.Kind
		c.thoughts = append(c.thoughts, e.Text...)
		dst = s.openChunk(dst, e.Choice)
		dst = appendString(append(dst, `"reasoning_content":`...), e.Text)
	case llm.EventRefusal:
		dst = s.openChunk(dst, e.Choice)
		dst = appendString(append(dst, `"refusal":`...), e.Text)
		return s.closeChunk(dst, e.LogProbs, "")
	case llm.EventToolStart:
		c.last, c.call = e.Kind, e.Index
		c.calls = max(c.calls, e.Index+1)
		dst = s.toolStart(s.openChunk(dst, e.Choice), e)
	case llm.EventToolArguments:
		if e.Text == "" {
			return dst
		}
		dst = s.openChunk(dst, e.Choice)
		dst = strconv.AppendInt(append(dst, `"tool_calls":[{"index":`...), int64(e.Index), 10)
		dst = appendString(append(dst, `,"function":{"arguments":`...), e.Text)
		dst = append(dst, "}}]"...)
	case llm.EventSignature:
		return s.signature(dst, c, e)
	case llm.EventRedacted:
		if e.Issuer != llm.IssuerAnthropic {
			return dst
		}
		dst = append(s.openChunk(dst, e.Choice), `"thinking_blocks":[`...)
		dst = append(appendRedacted(dst, e.Data), ']')
	case llm.EventOpaque:
		dst = s.opaque(s.openChunk(dst, e.Choice), c, e)
	case llm.EventMedia:
		if e.Media == nil {
			return dst
		}
		dst = s.media(s.openChunk(dst, e.Choice), e.Media)
	case llm.EventCitation:
		if e.Citation == nil || e.Citation.URL == "" {
			return dst
		}
		dst = append(s.openChunk(dst, e.Choice), `"annotations":[`...)
		dst = append(appendAnnotation(dst, e.Citation), ']')
	case llm.EventFinish:
		return s.closeChunk(s.openChunk(dst, e.Choice), nil, e.Finish)
	default: // the end of a tool call, which needs no word
		return dst
	}
	return s.closeChunk(dst, nil, "")
}

func (s *streamEncoder) toolStart(dst []byte, e *llm.Event) []byte {
	dst = strconv.AppendInt(append(dst, `"tool_calls":[{"index":`...), int64(e.Index), 10)
	dst = appendString(append(dst, `,"id":`...), e.ID)
	dst = appendString(append(dst, `,"type":"function","function":{"name":`...), e.Name)
	dst = append(dst, `,"arguments":""}`...)
	if e.Signature != "" && e.Issuer == llm.IssuerGoogle {
		dst = appendGoogleSignature(append(dst, ','), marked(e.Issuer, e.Signature))
	}
	return append(dst, "}]"...)
}

// signature appends what proves the block that it follows, in its issuer's
// place for it. For other vendors there is none.
func (s *streamEncoder) signature(dst []byte, c *encodedChoice, e *llm.Event) []byte {
	switch {
	case e.Issuer == llm.IssuerAnthropic:
		dst = append(s.openChunk(dst, e.Choice), `"thinking_blocks":[`...)
		dst = append(appendThinkingBlock(dst, string(c.thoughts), e.Signature), ']')
		c.thoughts = c.thoughts[:0]
	case e.Issuer == llm.IssuerGoogle && c.last == llm.EventToolStart:
		dst = append(s.openChunk(dst, e.Choice), `"tool_calls":[{"index":`...)
		dst = append(strconv.AppendInt(dst, int64(c.call), 10), ',')
		dst = append(appendGoogleSignature(dst, marked(e.Issuer, e.Signature)), "}]"...)
	case e.Issuer == llm.IssuerGoogle:
		dst = appendGoogleSignature(s.openChunk(dst, e.Choice), marked(e.Issuer, e.Signature))
	default:
		return dst
	}
	return s.closeChunk(dst, nil, "")
}

// opaque appends a custom tool's call among the calls, and any other vendor's
// block beside them.
func (s *streamEncoder) opaque(dst []byte, c *encodedChoice, e *llm.Event) []byte {
	if e.Issuer == llm.IssuerOpenAI && len(e.Data) > 1 && e.Data[0] == '{' {
		dst = strconv.AppendInt(append(dst, `"tool_calls":[{"index":`...), int64(c.calls), 10)
		c.calls++
		dst = append(append(dst, ','), e.Data[1:]...)
		return append(dst, ']')
	}
	dst = appendString(append(dst, `"provider_specific_fields":{`...), e.Issuer)
	dst = append(append(dst, ":["...), e.Data...)
	return append(dst, "]}"...)
}

func (s *streamEncoder) media(dst []byte, m *llm.Media) []byte {
	if isAudio(m) {
		return appendSound(append(dst, `"audio":`...), m)
	}
	return append(appendImage(append(dst, `"images":[`...), m), ']')
}

var _ llm.StreamEncoder = (*streamEncoder)(nil)
