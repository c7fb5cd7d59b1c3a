package responses

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// openItem is the message or the reasoning that is being written. It is none
// while kind is empty.
type openItem struct {
	kind string // partText, partRefusal or partSummary: the part that is open
	id   string
	at   int
	// parts are the parts of the message that are complete, and n is their
	// number.
	parts []byte
	n     int
	// head and tail are what an event with a piece of text has around it.
	head []byte
	tail string
	// escaped is the text so far as it stands in JSON; annotations and
	// logProbs are the insides of lists.
	escaped, annotations, logProbs []byte
	annotated                      int
}

const partSummary = "summary_text"

// openPart opens a part of a message, and a message if there is none.
func (s *streamEncoder) openPart(dst []byte, kind string) []byte {
	o := &s.open
	if o.kind == kind {
		return dst
	}
	if o.kind == "" || o.kind == partSummary {
		dst = s.close(dst)
		at := s.next()
		*o = openItem{id: inventedID(idMessage, s.object.id, at), at: at, escaped: o.escaped[:0], head: o.head[:0]}
		dst = s.added(dst, at, append(appendMessageHead(nil, o.id, statusInProgress), "]}"...))
	} else {
		dst = s.closePart(dst)
	}
	o.kind = kind
	o.escaped, o.annotations, o.logProbs, o.annotated = o.escaped[:0], o.annotations[:0], o.logProbs[:0], 0
	name := "response.output_text.delta"
	o.tail = `","logprobs":[],"sequence_number":`
	if kind == partRefusal {
		name, o.tail = "response.refusal.delta", `","sequence_number":`
	}
	dst = s.partEvent(dst, "response.content_part.added")
	s.deltaHead(name, "content_index")
	return dst
}

// openSummary opens an item of reasoning with one part.
func (s *streamEncoder) openSummary(dst []byte) []byte {
	o := &s.open
	if o.kind == partSummary {
		return dst
	}
	dst = s.close(dst)
	at := s.next()
	*o = openItem{kind: partSummary, id: inventedID(idReasoning, s.object.id, at), at: at, escaped: o.escaped[:0], head: o.head[:0]}
	o.tail = `","sequence_number":`
	dst = s.added(dst, at, appendReasoning(nil, o.id, "", ""))
	dst = s.partEvent(dst, "response.reasoning_summary_part.added")
	s.deltaHead("response.reasoning_summary_text.delta", "summary_index")
	return dst
}

// deltaHead renders what the events with pieces of the open part begin with.
func (s *streamEncoder) deltaHead(name, index string) {
	o := &s.open
	o.head = append(append(o.head[:0], "event: "...), name...)
	o.head = append(append(o.head, "\ndata: {\"type\":\""...), name...)
	o.head = place(append(o.head, '"'), o.id, o.at)
	o.head = append(append(append(o.head, `,"`...), index...), `":`...)
	o.head = strconv.AppendInt(o.head, int64(o.n), 10)
	o.head = append(o.head, `,"delta":"`...)
}

// piece adds to the open part.
func (s *streamEncoder) piece(dst []byte, text string, logProbs []byte) []byte {
	o := &s.open
	dst = append(dst, o.head...)
	from := len(dst)
	dst = appendEscaped(dst, text)
	o.escaped = append(o.escaped, dst[from:]...)
	if len(logProbs) > 0 && o.kind == partText {
		if len(o.logProbs) > 0 {
			o.logProbs = append(o.logProbs, ',')
		}
		o.logProbs = append(o.logProbs, logProbs...)
		dst = append(append(dst, `","logprobs":[`...), logProbs...)
		dst = append(dst, `],"sequence_number":`...)
	} else {
		dst = append(dst, o.tail...)
	}
	return append(s.number(dst), "}\n\n"...)
}

// partEvent appends an event that holds the open part as it is.
func (s *streamEncoder) partEvent(dst []byte, name string) []byte {
	o := &s.open
	dst = place(s.event(dst, name), o.id, o.at)
	if o.kind == partSummary {
		dst = append(dst, `,"summary_index":`...)
	} else {
		dst = append(dst, `,"content_index":`...)
	}
	dst = strconv.AppendInt(dst, int64(o.n), 10)
	dst = o.appendPart(append(dst, `,"part":`...))
	return append(dst, "}\n\n"...)
}

// appendPart appends the open part as it is.
func (o *openItem) appendPart(dst []byte) []byte {
	switch o.kind {
	case partRefusal:
		dst = append(append(dst, `{"type":"refusal","refusal":"`...), o.escaped...)
	case partSummary:
		dst = append(append(dst, `{"type":"summary_text","text":"`...), o.escaped...)
	default:
		dst = append(append(dst, `{"type":"output_text","annotations":[`...), o.annotations...)
		dst = append(append(dst, `],"logprobs":[`...), o.logProbs...)
		dst = append(append(dst, `],"text":"`...), o.escaped...)
	}
	return append(dst, `"}`...)
}

// textDone appends the event that tells the open part's whole text.
func (s *streamEncoder) textDone(dst []byte) []byte {
	o := &s.open
	name, index, key := "response.output_text.done", `,"content_index":`, `,"text":"`
	switch o.kind {
	case partRefusal:
		name, key = "response.refusal.done", `,"refusal":"`
	case partSummary:
		name, index = "response.reasoning_summary_text.done", `,"summary_index":`
	}
	dst = place(s.event(dst, name), o.id, o.at)
	dst = strconv.AppendInt(append(dst, index...), int64(o.n), 10)
	dst = append(append(append(dst, key...), o.escaped...), '"')
	if o.kind == partText {
		dst = append(append(append(dst, `,"logprobs":[`...), o.logProbs...), ']')
	}
	return append(dst, "}\n\n"...)
}

// closePart closes the open part of a message.
func (s *streamEncoder) closePart(dst []byte) []byte {
	o := &s.open
	dst = s.textDone(dst)
	dst = s.partEvent(dst, "response.content_part.done")
	if o.n > 0 {
		o.parts = append(o.parts, ',')
	}
	o.parts = o.appendPart(o.parts)
	o.n++
	return dst
}

// close closes the open message or reasoning, if there is one.
func (s *streamEncoder) close(dst []byte) []byte {
	switch s.open.kind {
	case "":
		return dst
	case partSummary:
		return s.closeSummary(dst, "")
	}
	dst = s.closePart(dst)
	o := &s.open
	item := appendMessageHead(nil, o.id, s.itemState())
	o.kind = ""
	return s.done(dst, o.at, append(append(item, o.parts...), "]}"...))
}

// closeSummary closes the open reasoning with what proves it.
func (s *streamEncoder) closeSummary(dst []byte, encrypted string) []byte {
	o := &s.open
	dst = s.textDone(dst)
	dst = s.partEvent(dst, "response.reasoning_summary_part.done")
	item := appendString([]byte(`{"id":`), o.id)
	item = o.appendPart(append(item, `,"type":"reasoning","summary":[`...))
	item = append(item, ']')
	if encrypted != "" {
		item = appendString(append(item, `,"encrypted_content":`...), encrypted)
	}
	o.kind = ""
	return s.done(dst, o.at, append(item, '}'))
}

// signature closes the reasoning that it proves. Without any it stands alone;
// those that Google puts on text have no place.
func (s *streamEncoder) signature(dst []byte, e *llm.Event) []byte {
	own := encryptedContent(e.Signature, e.Issuer)
	switch {
	case own == "":
		return dst
	case s.open.kind == partSummary:
		return s.closeSummary(dst, own)
	case e.Issuer == llm.IssuerGoogle:
		return dst
	}
	return s.encrypted(s.close(dst), own)
}

// encrypted writes reasoning that has no text.
func (s *streamEncoder) encrypted(dst []byte, own string) []byte {
	at := s.next()
	id := inventedID(idReasoning, s.object.id, at)
	dst = s.added(dst, at, appendReasoning(nil, id, "", ""))
	return s.done(dst, at, appendReasoning(nil, id, "", own))
}

// cite adds a source to the open text.
func (s *streamEncoder) cite(dst []byte, c *llm.Citation) []byte {
	o := &s.open
	if c == nil || c.URL == "" || o.kind != partText {
		return dst
	}
	dst = place(s.event(dst, "response.output_text.annotation.added"), o.id, o.at)
	dst = strconv.AppendInt(append(dst, `,"content_index":`...), int64(o.n), 10)
	dst = strconv.AppendInt(append(dst, `,"annotation_index":`...), int64(o.annotated), 10)
	dst = append(dst, `,"annotation":`...)
	from := len(dst)
	dst = appendCitation(dst, c)
	if o.annotated > 0 {
		o.annotations = append(o.annotations, ',')
	}
	o.annotations = append(o.annotations, dst[from:]...)
	o.annotated++
	return append(dst, "}\n\n"...)
}
