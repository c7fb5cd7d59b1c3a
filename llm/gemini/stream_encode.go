package gemini

import (
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

// NewStreamEncoder begins a streamed answer of server-sent events. The last
// chunk tells why each candidate finished and what the call used, which the
// dialect's callers cannot ask to be left out.
func (Dialect) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &streamEncoder{view: v}
}

type streamEncoder struct {
	view llm.View
	id   string
	// chunk is the chunk that is being written.
	chunk      []byte
	candidates []*encodedCandidate
	usage      *llm.Usage
	ended      bool
}

// encodedCandidate is what the encoder remembers of one alternative.
type encodedCandidate struct {
	index int
	// last is what came last of text and reasoning.
	last llm.EventKind
	// calls are the tool calls that are not complete yet.
	calls        []*encodedCall
	text         []byte
	citations    []llm.Citation
	logProbs     []byte
	token        string
	finish       llm.Finish
	nativeFinish string
}

// encodedCall is a tool call, which the dialect sends whole.
type encodedCall struct {
	index               int
	id, name, signature string
	args                []byte
}

// ContentType is that of server-sent events.
func (*streamEncoder) ContentType() string { return "text/event-stream" }

// Append appends the chunk for one event. A ping is nothing: Google's own Go
// client takes comments in a stream for errors.
func (s *streamEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended {
		return dst
	}
	switch e.Kind {
	case llm.EventStart:
		if s.id == "" {
			s.id = e.ID
		}
	case llm.EventUsage:
		if e.Usage != nil {
			u := *e.Usage
			s.usage = &u
		}
	case llm.EventError:
		s.ended = true
		return sse.AppendData(dst, Dialect{}.AppendError(nil, e.Err))
	case llm.EventEnd:
		s.ended = true
		return s.last(dst)
	case llm.EventPing:
	default:
		return s.content(dst, e)
	}
	return dst
}

// content appends the chunk for what an alternative says.
func (s *streamEncoder) content(dst []byte, e *llm.Event) []byte {
	c := s.find(e.Choice)
	switch e.Kind {
	case llm.EventText, llm.EventRefusal:
		c.last = llm.EventText
		c.text = append(c.text, e.Text...)
		if e.Text == "" && len(e.LogProbs) == 0 {
			return dst
		}
		c.logProbs = append(c.logProbs[:0], e.LogProbs...)
		s.open()
		s.chunk = appendTextPart(s.chunk, e.Text, false, "")
	case llm.EventReasoning:
		c.last = llm.EventReasoning
		if e.Text == "" {
			return dst
		}
		s.open()
		s.chunk = appendTextPart(s.chunk, e.Text, true, "")
	case llm.EventSignature:
		if e.Issuer != llm.IssuerGoogle || e.Signature == "" {
			return dst
		}
		s.open()
		s.chunk = appendTextPart(s.chunk, "", c.last == llm.EventReasoning, e.Signature)
	case llm.EventToolStart:
		call := &encodedCall{index: e.Index, id: e.ID, name: e.Name}
		if e.Issuer == llm.IssuerGoogle {
			call.signature = e.Signature
		}
		c.calls = append(c.calls, call)
		return dst
	case llm.EventToolArguments:
		if call := c.call(e.Index); call != nil {
			call.args = append(call.args, e.Text...)
		}
		return dst
	case llm.EventToolEnd:
		call := c.call(e.Index)
		if call == nil {
			return dst
		}
		c.last = e.Kind
		c.drop(call)
		s.open()
		s.chunk = appendCall(s.chunk, call.id, call.name, string(call.args), call.signature)
	case llm.EventMedia:
		if e.Media == nil {
			return dst
		}
		s.open()
		s.chunk = appendMedia(s.chunk, e.Media, kindOf(e.Media.MIMEType), "")
	case llm.EventOpaque:
		if e.Issuer != llm.IssuerGoogle {
			return dst
		}
		if isContinuation(e.Data) {
			c.token = continuationToken(e.Data)
			return dst
		}
		s.open()
		s.chunk = append(s.chunk, e.Data...)
	case llm.EventCitation:
		if e.Citation != nil {
			c.citations = append(c.citations, *e.Citation)
		}
		return dst
	case llm.EventFinish:
		c.finish, c.nativeFinish = e.Finish, e.NativeFinish
		return dst
	default:
		return dst
	}
	s.close(c)
	s.chunk = appendTail(append(s.chunk, `}]`...), s.id, &s.view)
	return sse.AppendData(dst, s.chunk)
}

// open begins a chunk up to its one part, and close ends its candidate.
func (s *streamEncoder) open() {
	s.chunk = append(s.chunk[:0], `{"candidates":[{"content":{"parts":[`...)
}

func (s *streamEncoder) close(c *encodedCandidate) {
	s.chunk = append(s.chunk, `],"role":"model"},"index":`...)
	s.chunk = strconv.AppendInt(s.chunk, int64(c.index), 10)
	if len(c.logProbs) > 0 {
		s.chunk = appendLogProbs(s.chunk, c.logProbs)
		c.logProbs = c.logProbs[:0]
	}
}

// last appends the chunk that ends the stream.
func (s *streamEncoder) last(dst []byte) []byte {
	if len(s.candidates) == 0 {
		s.find(0)
	}
	s.chunk = append(s.chunk[:0], `{"candidates":[`...)
	for i, c := range s.candidates {
		if i > 0 {
			s.chunk = append(s.chunk, ',')
		}
		s.chunk = append(s.chunk, `{"content":{"parts":[`...)
		for _, call := range c.calls { // whose end nobody told
			s.chunk = appendCall(s.chunk, call.id, call.name, string(call.args), call.signature)
			s.chunk = append(s.chunk, ',')
		}
		s.chunk = append(s.chunk, `{"text":""}`...)
		s.close(c)
		s.chunk = append(s.chunk, `,"finishReason":"`...)
		s.chunk = append(s.chunk, nativeFinish(c.finish, c.nativeFinish)...)
		s.chunk = append(s.chunk, '"')
		var sources citedSources
		for j := range c.citations {
			sources.add(&c.citations[j], string(c.text), 0)
		}
		s.chunk = append(appendContinuation(sources.append(s.chunk), c.token), '}')
	}
	s.chunk = append(s.chunk, ']')
	if s.usage != nil {
		s.chunk = appendUsage(append(s.chunk, `,"usageMetadata":`...), s.usage, "")
	}
	s.chunk = appendTail(s.chunk, s.id, &s.view)
	return sse.AppendData(dst, s.chunk)
}

func (s *streamEncoder) find(index int) *encodedCandidate {
	for _, c := range s.candidates {
		if c.index == index {
			return c
		}
	}
	c := &encodedCandidate{index: index}
	s.candidates = append(s.candidates, c)
	return c
}

func (c *encodedCandidate) call(index int) *encodedCall {
	for _, call := range c.calls {
		if call.index == index {
			return call
		}
	}
	return nil
}

func (c *encodedCandidate) drop(done *encodedCall) {
	c.calls = slices.DeleteFunc(c.calls, func(call *encodedCall) bool { return call == done })
}

// Interface guard.
var _ llm.StreamEncoder = (*streamEncoder)(nil)
