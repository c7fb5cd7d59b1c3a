package anthropic

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// NewStreamEncoder begins a streamed answer. Usage is in its last event but one,
// whether or not the caller asked for it: callers of this dialect cannot.
func (Dialect) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &streamEncoder{view: v}
}

// streamEncoder writes one block at a time, as the dialect's readers expect.
// What belongs to another block than the open one waits for its end, if that is
// a tool call, which cannot be interrupted.
type streamEncoder struct {
	view           llm.View
	id             string
	started, ended bool
	// next is the index of the next block.
	next int
	// signed is set once the open block, if it is thoughts, has its signature.
	signed bool
	// open is the kind of the open block, or empty; call is the neutral index of
	// the tool call that it is, and head is what its pieces begin with.
	open string
	call int
	head []byte
	// calls are the tool calls that have been announced.
	calls []int
	held  []llm.Event
	// What the end has to tell.
	finish           llm.Finish
	native, sequence string
	usage            *llm.Usage
}

// The kinds of blocks that are written piece by piece.
const (
	openNothing  = ""
	openText     = "text"
	openThinking = "thinking"
	openCall     = "input_json"
)

// ContentType is that of server-sent events.
func (*streamEncoder) ContentType() string { return "text/event-stream" }

// Append appends the events for one event.
func (s *streamEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended {
		return dst
	}
	switch e.Kind {
	case llm.EventStart:
		if s.id == "" {
			s.id = strings.Clone(e.ID)
		}
		return s.begin(dst)
	case llm.EventPing:
		if !s.started {
			return dst
		}
		return append(dst, "event: ping\ndata: {\"type\":\"ping\"}\n\n"...)
	case llm.EventFinish:
		if e.Choice == 0 {
			s.finish, s.native, s.sequence = e.Finish, strings.Clone(e.NativeFinish), strings.Clone(e.StopSequence)
		}
		return dst
	case llm.EventUsage:
		if e.Usage != nil {
			u := *e.Usage
			s.usage = &u
		}
		return dst
	case llm.EventError:
		s.ended = true
		dst = append(dst, "event: error\ndata: "...)
		return append(Dialect{}.AppendError(dst, e.Err), "\n\n"...)
	case llm.EventEnd:
		return s.end(dst)
	}
	if e.Choice != 0 { // the dialect has room for one
		return dst
	}
	return s.content(dst, e)
}

// begin writes the start of the message, once.
func (s *streamEncoder) begin(dst []byte) []byte {
	if s.started {
		return dst
	}
	s.started = true
	dst = append(dst, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":"...)
	dst = appendHead(dst, s.id, &s.view)
	dst = append(dst, `,"content":[],"stop_reason":null,"stop_sequence":null,"usage":`...)
	return append(appendUsage(dst, nil, ""), "}}\n\n"...)
}

func (s *streamEncoder) end(dst []byte) []byte {
	dst = s.begin(dst)
	dst = s.closeBlock(dst)
	for n := len(s.held); n > 0; {
		dst = s.closeBlock(s.release(dst))
		if len(s.held) == n {
			break // pieces of calls that nobody announced
		}
		n = len(s.held)
	}
	s.ended = true
	dst = append(dst, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"...)
	dst = appendStop(dst, s.finish, s.native, s.sequence)
	dst = appendUsage(append(dst, `},"usage":`...), s.usage, "")
	return append(dst, "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"...)
}

// content writes what the model says, or holds it back.
func (s *streamEncoder) content(dst []byte, e *llm.Event) []byte {
	own := s.open == openCall && s.call == e.Index
	switch e.Kind {
	case llm.EventToolArguments:
		if own {
			return s.piece(dst, e.Text)
		}
		return s.hold(dst, e)
	case llm.EventToolEnd:
		if own {
			return s.release(s.closeBlock(dst))
		}
		return s.hold(dst, e)
	}
	if s.open == openCall {
		return s.hold(dst, e)
	}
	switch e.Kind {
	case llm.EventText, llm.EventRefusal:
		if e.Text == "" {
			return dst
		}
		if s.open != openText {
			dst = s.openBlock(dst, openText, `{"type":"text","text":""}`)
		}
		return s.piece(dst, e.Text)
	case llm.EventReasoning:
		if e.Text == "" {
			return dst
		}
		if s.open != openThinking {
			dst = s.openThinking(dst)
		}
		return s.piece(dst, e.Text)
	case llm.EventSignature:
		return s.signature(dst, e)
	case llm.EventRedacted:
		if e.Issuer == llm.IssuerAnthropic && len(e.Data) > 0 {
			return s.wholeBlock(dst, appendRedacted(nil, e.Data))
		}
	case llm.EventOpaque:
		if e.Issuer == llm.IssuerAnthropic && len(e.Data) > 0 {
			return s.wholeBlock(dst, e.Data)
		}
	case llm.EventToolStart:
		return s.callStart(dst, e)
	}
	return dst
}

// hold keeps an event until its block can be written. What is late for its block
// says nothing any more.
func (s *streamEncoder) hold(dst []byte, e *llm.Event) []byte {
	switch e.Kind {
	case llm.EventToolArguments, llm.EventToolEnd:
		if slices.Contains(s.calls, e.Index) {
			return dst
		}
	}
	h := *e
	h.Text, h.ID, h.Name = strings.Clone(e.Text), strings.Clone(e.ID), strings.Clone(e.Name)
	h.Signature, h.Issuer, h.Data = strings.Clone(e.Signature), strings.Clone(e.Issuer), bytes.Clone(e.Data)
	s.held = append(s.held, h)
	return dst
}

// release writes what was held back, as far as it can be written now.
func (s *streamEncoder) release(dst []byte) []byte {
	held := s.held
	s.held = nil
	for i := range held {
		dst = s.content(dst, &held[i])
	}
	return dst
}

// callStart announces a tool call, once its name is known.
func (s *streamEncoder) callStart(dst []byte, e *llm.Event) []byte {
	if e.Name == "" || slices.Contains(s.calls, e.Index) {
		return dst
	}
	if e.Signature != "" {
		dst = s.openThinking(dst)
		dst = s.sign(dst, callSignature(e.Signature, e.Issuer))
	}
	id := e.ID
	if id == "" {
		id = inventedID(s.id+s.view.ID, e.Index, e.Name)
	}
	s.calls = append(s.calls, e.Index)
	dst = s.openBlock(dst, openCall, string(appendToolUse(nil, id, e.Name, "")))
	s.call = e.Index
	return s.release(dst)
}

// signature closes the thoughts that it proves. Without any it stands alone, if
// it is Anthropic's; those that other vendors put on text have no place.
func (s *streamEncoder) signature(dst []byte, e *llm.Event) []byte {
	if e.Signature == "" {
		return dst
	}
	if s.open != openThinking {
		if e.Issuer != llm.IssuerAnthropic {
			return dst
		}
		dst = s.openThinking(dst)
	}
	return s.sign(dst, ownSignature(e.Signature, e.Issuer))
}

func (s *streamEncoder) sign(dst []byte, signature string) []byte {
	return s.closeBlock(s.addSignature(dst, signature))
}

func (s *streamEncoder) addSignature(dst []byte, signature string) []byte {
	s.signed = true
	dst = s.deltaHead(dst)
	dst = appendString(append(dst, `{"type":"signature_delta","signature":`...), signature)
	return append(dst, "}}\n\n"...)
}

func (s *streamEncoder) openThinking(dst []byte) []byte {
	return s.openBlock(dst, openThinking, `{"type":"thinking","thinking":"","signature":""}`)
}

// pieceNames are the members that hold the pieces of blocks.
var pieceNames = map[string]string{openText: "text", openThinking: "thinking", openCall: "partial_json"}

// openBlock begins a block, after the end of the one before.
func (s *streamEncoder) openBlock(dst []byte, kind, block string) []byte {
	dst = s.closeBlock(s.begin(dst))
	dst = append(dst, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"...)
	dst = strconv.AppendInt(dst, int64(s.next), 10)
	dst = append(append(append(dst, `,"content_block":`...), block...), "}\n\n"...)
	s.open, s.signed = kind, false
	if kind == openNothing {
		return s.stopBlock(dst)
	}
	s.head = s.deltaHead(s.head[:0])
	s.head = append(append(append(s.head, `{"type":"`...), kind...), `_delta","`...)
	s.head = append(append(s.head, pieceNames[kind]...), `":"`...)
	return dst
}

// deltaHead appends the start of an event that adds to the open block.
func (s *streamEncoder) deltaHead(dst []byte) []byte {
	dst = append(dst, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"...)
	dst = strconv.AppendInt(dst, int64(s.next), 10)
	return append(dst, `,"delta":`...)
}

// piece adds to the open block.
func (s *streamEncoder) piece(dst []byte, text string) []byte {
	if text == "" {
		return dst
	}
	dst = appendEscaped(append(dst, s.head...), text)
	return append(dst, "\"}}\n\n"...)
}

// wholeBlock writes a block that comes in one piece. Line breaks between its
// tokens are as good as spaces, and there can be none elsewhere.
func (s *streamEncoder) wholeBlock(dst, block []byte) []byte {
	return s.openBlock(dst, openNothing, lineBreaks.Replace(string(block)))
}

var lineBreaks = strings.NewReplacer("\n", " ", "\r", " ")

// closeBlock ends the open block, if there is one.
func (s *streamEncoder) closeBlock(dst []byte) []byte {
	switch {
	case s.open == openNothing:
		return dst
	case s.open == openThinking && !s.signed:
		dst = s.addSignature(dst, ownSignature("", ""))
	}
	s.open = openNothing
	return s.stopBlock(dst)
}

func (s *streamEncoder) stopBlock(dst []byte) []byte {
	dst = append(dst, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"...)
	dst = strconv.AppendInt(dst, int64(s.next), 10)
	s.next++
	return append(dst, "}\n\n"...)
}

// Interface guard.
var _ llm.StreamEncoder = (*streamEncoder)(nil)
