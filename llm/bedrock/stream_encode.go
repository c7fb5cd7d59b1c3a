package bedrock

import (
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// NewStreamEncoder begins a streamed answer of binary frames. The last one tells
// what the call used, which the dialect's callers cannot ask to be left out.
func (Dialect) NewStreamEncoder(llm.View) llm.StreamEncoder {
	return &streamEncoder{block: -1}
}

type streamEncoder struct {
	started bool
	// blocks is the number of blocks so far, block the index of the one of text
	// or thoughts that is open, or -1, and kind what that is of.
	blocks, block int
	kind          blockKind
	calls         []encodedCall
	finish        llm.Finish
	native        string
	sequence      string
	usage         *llm.Usage
	ended         bool
}

// encodedCall is a tool call that is open.
type encodedCall struct {
	// index is the call's, block that of its block.
	index, block int
}

// ContentType is that of Amazon's event streams.
func (*streamEncoder) ContentType() string { return "application/vnd.amazon.eventstream" }

// Append appends the frames for one event. Alternatives other than the first are
// left out. A ping is nothing: there is no frame that says nothing.
func (s *streamEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended || e.Choice != 0 {
		return dst
	}
	switch e.Kind {
	case llm.EventStart:
		return s.start(dst)
	case llm.EventFinish:
		s.finish, s.native, s.sequence = e.Finish, e.NativeFinish, e.StopSequence
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

// content appends the frames for what the model says.
func (s *streamEncoder) content(dst []byte, e *llm.Event) []byte {
	switch e.Kind {
	case llm.EventText, llm.EventRefusal:
		if e.Text == "" {
			return dst
		}
		dst = s.turn(dst, blockText)
		at := len(dst)
		dst = rawjson.AppendQuote(append(s.delta(dst, s.block), `{"text":`...), e.Text)
		return endFrame(append(dst, "}}"...), at)
	case llm.EventReasoning:
		if e.Text == "" {
			return dst
		}
		return s.thought(dst, "text", e.Text)
	case llm.EventSignature:
		if e.Issuer != llm.IssuerAnthropic || e.Signature == "" || s.block >= 0 && s.kind != blockThought {
			return dst
		}
		return s.closeBlock(s.thought(dst, "signature", e.Signature))
	case llm.EventRedacted:
		if e.Issuer != llm.IssuerAnthropic || rawjson.KindOf(e.Data) != rawjson.String {
			return dst
		}
		dst = s.turn(s.closeBlock(dst), blockRedacted)
		at := len(dst)
		dst = append(append(s.delta(dst, s.block), `{"reasoningContent":{"redactedContent":`...), e.Data...)
		return s.closeBlock(endFrame(append(dst, "}}}"...), at))
	case llm.EventToolStart:
		return s.startCall(dst, e)
	case llm.EventToolArguments:
		at := s.call(e.Index)
		if at < 0 || e.Text == "" {
			return dst
		}
		start := len(dst)
		dst = rawjson.AppendQuote(append(s.delta(dst, s.calls[at].block), `{"toolUse":{"input":`...), e.Text)
		return endFrame(append(dst, "}}}"...), start)
	case llm.EventToolEnd:
		return s.closeCall(dst, s.call(e.Index))
	case llm.EventMedia:
		return s.media(dst, e.Media)
	case llm.EventCitation:
		if e.Citation == nil {
			return dst
		}
		dst = s.turn(dst, blockText)
		at := len(dst)
		dst = appendCitation(append(s.delta(dst, s.block), `{"citation":`...), e.Citation)
		return endFrame(append(dst, "}}"...), at)
	case llm.EventOpaque:
		return s.opaque(dst, e)
	}
	return dst
}

// start appends the first frame, once.
func (s *streamEncoder) start(dst []byte) []byte {
	if s.started {
		return dst
	}
	s.started = true
	at := len(dst)
	return endFrame(append(beginFrame(dst, kindEvent, "messageStart"), `{"role":"assistant"}`...), at)
}

// turn makes a block of a kind the open one. A block of text or thoughts begins
// without an announcement.
func (s *streamEncoder) turn(dst []byte, kind blockKind) []byte {
	dst = s.start(dst)
	if s.block >= 0 && s.kind == kind {
		return dst
	}
	dst = s.closeBlock(dst)
	s.block, s.kind = s.blocks, kind
	s.blocks++
	return dst
}

// delta begins a frame that adds to a block, up to what it adds.
func (s *streamEncoder) delta(dst []byte, block int) []byte {
	return append(appendIndex(beginFrame(dst, kindEvent, "contentBlockDelta"), block), `,"delta":`...)
}

func appendIndex(dst []byte, block int) []byte {
	return strconv.AppendInt(append(dst, `{"contentBlockIndex":`...), int64(block), 10)
}

func appendStop(dst []byte, block int) []byte {
	at := len(dst)
	return endFrame(append(appendIndex(beginFrame(dst, kindEvent, "contentBlockStop"), block), '}'), at)
}

func (s *streamEncoder) closeBlock(dst []byte) []byte {
	if s.block < 0 {
		return dst
	}
	dst = appendStop(dst, s.block)
	s.block = -1
	return dst
}

// thought adds to the block of thoughts.
func (s *streamEncoder) thought(dst []byte, member, text string) []byte {
	dst = s.turn(dst, blockThought)
	at := len(dst)
	dst = append(append(append(s.delta(dst, s.block), `{"reasoningContent":{"`...), member...), `":`...)
	return endFrame(append(rawjson.AppendQuote(dst, text), "}}}"...), at)
}

// next opens a block that is announced, and returns its index.
func (s *streamEncoder) next(dst []byte) ([]byte, int) {
	dst = s.closeBlock(s.start(dst))
	s.blocks++
	return dst, s.blocks - 1
}

func (s *streamEncoder) startCall(dst []byte, e *llm.Event) []byte {
	dst, block := s.next(dst)
	s.calls = append(s.calls, encodedCall{e.Index, block})
	at := len(dst)
	dst = append(appendIndex(beginFrame(dst, kindEvent, "contentBlockStart"), block), `,"start":{"toolUse":`...)
	return endFrame(append(appendToolUse(dst, e.ID, e.Name), "}}}"...), at)
}

// call is the position of an open call, or -1.
func (s *streamEncoder) call(index int) int {
	return slices.IndexFunc(s.calls, func(c encodedCall) bool { return c.index == index })
}

func (s *streamEncoder) closeCall(dst []byte, at int) []byte {
	if at < 0 {
		return dst
	}
	dst = appendStop(dst, s.calls[at].block)
	s.calls = slices.Delete(s.calls, at, at+1)
	return dst
}

// media appends an image; a stream can hold nothing else.
func (s *streamEncoder) media(dst []byte, m *llm.Media) []byte {
	if m == nil || m.Data == "" && !inStore(m) {
		return dst
	}
	name := media[0].formatOf(m)
	if name == "" {
		return dst
	}
	dst, block := s.next(dst)
	at := len(dst)
	dst = append(appendIndex(beginFrame(dst, kindEvent, "contentBlockStart"), block), `,"start":{"image":{"format":"`...)
	dst = endFrame(append(append(dst, name...), `"}}}`...), at)
	at = len(dst)
	dst = appendSource(append(s.delta(dst, block), `{"image":{"source":`...), m)
	return appendStop(endFrame(append(dst, "}}}"...), at), block)
}

// opaque appends a block of Amazon's own: a call of one of its tools, or what
// that gave back.
func (s *streamEncoder) opaque(dst []byte, e *llm.Event) []byte {
	if e.Issuer != issuer {
		return dst
	}
	for name, v := range members(e.Data) {
		later := map[string]string{"toolUse": "input", "toolResult": "content"}[name]
		if later == "" {
			return dst
		}
		head, rest := []byte{'{'}, []byte(nil)
		for key, m := range members(v) {
			if key == later {
				rest = m
			} else {
				head = appendMember(head, key, m)
			}
		}
		var block int
		dst, block = s.next(dst)
		at := len(dst)
		dst = append(appendIndex(beginFrame(dst, kindEvent, "contentBlockStart"), block), `,"start":{"`+name+`":`...)
		dst = endFrame(append(append(dst, head...), "}}}"...), at)
		if rest != nil {
			at = len(dst)
			dst = append(s.delta(dst, block), `{"`+name+`":`...)
			if name == "toolUse" {
				dst = append(rawjson.AppendQuote(append(dst, `{"input":`...), string(rest)), '}')
			} else {
				dst = append(dst, rest...)
			}
			dst = endFrame(append(dst, "}}"...), at)
		}
		return appendStop(dst, block)
	}
	return dst
}

// end appends what closes a message: the reason to stop, then what it used.
func (s *streamEncoder) end(dst []byte) []byte {
	s.ended = true
	dst = s.closeBlock(s.start(dst))
	for len(s.calls) > 0 {
		dst = s.closeCall(dst, 0)
	}
	at := len(dst)
	dst = append(beginFrame(dst, kindEvent, "messageStop"), `{"stopReason":"`...)
	dst = endFrame(append(append(dst, nativeFinish(s.finish, s.native, s.sequence)...), `"}`...), at)
	at = len(dst)
	dst = append(append(beginFrame(dst, kindEvent, "metadata"), '{'), noMetrics...)
	if s.usage != nil {
		dst = appendUsage(append(dst, `,"usage":`...), s.usage)
	}
	return endFrame(append(dst, '}'), at)
}

// fail ends the stream with an exception.
func (s *streamEncoder) fail(dst []byte, e *llm.Error) []byte {
	s.ended = true
	if e == nil {
		e = &llm.Error{}
	}
	at := len(dst)
	dst = beginFrame(dst, kindException, streamException(e))
	dst = rawjson.AppendQuote(append(dst, `{"message":`...), errorMessage(e))
	return endFrame(append(dst, '}'), at)
}

// streamException is the name of an exception that a stream can hold.
func streamException(e *llm.Error) string {
	switch name := exceptionOf(e); name {
	case "throttlingException", "serviceUnavailableException", "internalServerException":
		return name
	case "modelTimeoutException", "modelErrorException":
		return "modelStreamErrorException"
	}
	return "validationException"
}

// Interface guard.
var _ llm.StreamEncoder = (*streamEncoder)(nil)
