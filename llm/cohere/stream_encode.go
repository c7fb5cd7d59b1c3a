package cohere

import (
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// NewStreamEncoder begins a streamed answer. Its last event tells why it ended
// and what it used, which the dialect's callers cannot ask to be left out.
func (Dialect) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &streamEncoder{view: v, block: -1}
}

type streamEncoder struct {
	view    llm.View
	started bool
	// blocks is the number of blocks of content so far, block the index of the
	// one that is open, or -1, and thinking what it is of.
	blocks, block int
	thinking      bool
	// text is the text so far, as far as citations may need it.
	text   []byte
	cites  int
	calls  []int
	finish llm.Finish
	native string
	usage  *llm.Usage
	ended  bool
}

// ContentType is that of server-sent events.
func (*streamEncoder) ContentType() string { return "text/event-stream" }

// Append appends the events for one event. Alternatives other than the first are
// left out.
func (s *streamEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended || e.Choice != 0 {
		return dst
	}
	switch e.Kind {
	case llm.EventPing:
		return append(dst, ": ping\n\n"...)
	case llm.EventStart:
		return s.start(dst, e.ID)
	case llm.EventFinish:
		s.finish, s.native = e.Finish, e.NativeFinish
		return dst
	case llm.EventUsage:
		if e.Usage != nil {
			u := *e.Usage
			s.usage = &u
		}
		return dst
	case llm.EventError:
		return s.fail(dst, e.Err)
	case llm.EventEnd:
		return s.end(dst)
	}
	return s.content(dst, e)
}

// content appends the events for what the model says.
func (s *streamEncoder) content(dst []byte, e *llm.Event) []byte {
	switch e.Kind {
	case llm.EventText, llm.EventRefusal:
		if e.Text == "" && len(e.LogProbs) == 0 {
			return dst
		}
		s.text = append(s.text, e.Text...)
		return s.piece(dst, e, false)
	case llm.EventReasoning:
		if e.Text == "" {
			return dst
		}
		return s.piece(dst, e, true)
	case llm.EventToolStart:
		dst = s.closeBlock(s.start(dst, ""))
		s.calls = append(s.calls, e.Index)
		dst = open(dst, "tool-call-start", e.Index)
		dst = rawjson.AppendQuote(append(dst, `,"delta":{"message":{"tool_calls":{"id":`...), e.ID)
		dst = rawjson.AppendQuote(append(dst, `,"type":"function","function":{"name":`...), e.Name)
		return append(dst, ",\"arguments\":\"\"}}}}}\n\n"...)
	case llm.EventToolArguments:
		if e.Text == "" || !slices.Contains(s.calls, e.Index) {
			return dst
		}
		dst = open(dst, "tool-call-delta", e.Index)
		dst = rawjson.AppendQuote(append(dst, `,"delta":{"message":{"tool_calls":{"function":{"arguments":`...), e.Text)
		return append(dst, "}}}}}\n\n"...)
	case llm.EventToolEnd:
		return s.closeCall(dst, e.Index)
	case llm.EventCitation:
		if e.Citation == nil {
			return dst
		}
		dst = open(s.start(dst, ""), "citation-start", s.cites)
		dst = appendCite(append(dst, `,"delta":{"message":{"citations":`...), e.Citation, string(s.text), max(s.block, 0))
		dst = append(open(append(dst, "}}}\n\n"...), "citation-end", s.cites), "}\n\n"...)
		s.cites++
	}
	return dst
}

// start appends the first event, once.
func (s *streamEncoder) start(dst []byte, id string) []byte {
	if s.started {
		return dst
	}
	s.started = true
	if id == "" {
		id = s.view.ID
	}
	dst = rawjson.AppendQuote(append(dst, "event: message-start\ndata: {\"id\":"...), id)
	dst = append(dst, `,"type":"message-start","delta":{"message":{"role":"assistant","content":[],`...)
	return append(dst, "\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}}\n\n"...)
}

// open begins an event of something that is numbered.
func open(dst []byte, kind string, index int) []byte {
	dst = append(append(dst, "event: "...), kind...)
	dst = append(append(append(dst, "\ndata: {\"type\":\""...), kind...), `","index":`...)
	return strconv.AppendInt(dst, int64(index), 10)
}

// piece appends a piece of a block, which it opens if need be.
func (s *streamEncoder) piece(dst []byte, e *llm.Event, thinking bool) []byte {
	if s.block < 0 || s.thinking != thinking {
		dst = s.closeBlock(s.start(dst, ""))
		s.block, s.thinking = s.blocks, thinking
		s.blocks++
		dst = append(open(dst, "content-start", s.block), `,"delta":{"message":{"content":`...)
		dst = append(appendBlock(dst, "", thinking), "}}}\n\n"...)
	}
	dst = open(dst, "content-delta", s.block)
	if thinking {
		dst = append(dst, `,"delta":{"message":{"content":{"thinking":`...)
	} else {
		dst = append(dst, `,"delta":{"message":{"content":{"text":`...)
	}
	dst = append(rawjson.AppendQuote(dst, e.Text), "}}}"...)
	return append(appendPieceLogProbs(dst, e), "}\n\n"...)
}

// appendPieceLogProbs appends the probability of a piece, which is one entry.
func appendPieceLogProbs(dst []byte, e *llm.Event) []byte {
	if len(e.LogProbs) == 0 {
		return dst
	}
	const list = `,"logprobs":[`
	all := appendLogProbs(nil, e.LogProbs)
	if len(all) == 0 {
		return dst
	}
	for i, one := range elements(all[len(list)-1:]) {
		if i == 0 {
			dst = append(append(dst, `,"logprobs":`...), one...)
		}
	}
	return dst
}

func (s *streamEncoder) closeBlock(dst []byte) []byte {
	if s.block < 0 {
		return dst
	}
	dst = append(open(dst, "content-end", s.block), "}\n\n"...)
	s.block = -1
	return dst
}

func (s *streamEncoder) closeCall(dst []byte, index int) []byte {
	at := slices.Index(s.calls, index)
	if at < 0 {
		return dst
	}
	s.calls = slices.Delete(s.calls, at, at+1)
	return append(open(dst, "tool-call-end", index), "}\n\n"...)
}

// close ends all that is open and begins the last event.
func (s *streamEncoder) close(dst []byte, finish string) []byte {
	s.ended = true
	dst = s.closeBlock(s.start(dst, ""))
	for len(s.calls) > 0 {
		dst = s.closeCall(dst, s.calls[0])
	}
	dst = append(append(dst, "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\""...), finish...)
	return appendUsage(append(dst, `","usage":`...), s.usage)
}

func (s *streamEncoder) end(dst []byte) []byte {
	dst = append(s.close(dst, nativeFinish(s.finish, s.native)), "}}\n\n"...)
	return append(dst, "data: "+endMarker+"\n\n"...)
}

// fail ends the stream as Cohere does one that failed, but for the end marker.
func (s *streamEncoder) fail(dst []byte, e *llm.Error) []byte {
	if e == nil {
		e = &llm.Error{}
	}
	dst = s.close(dst, "ERROR")
	dst = rawjson.AppendQuote(append(dst, `,"error":`...), errorMessage(e))
	if e.Code != "" {
		dst = rawjson.AppendQuote(append(dst, `,"error_type":`...), e.Code)
	}
	return append(dst, "}}\n\n"...)
}

// Interface guard.
var _ llm.StreamEncoder = (*streamEncoder)(nil)
