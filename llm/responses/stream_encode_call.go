package responses

import (
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// call returns the open call of a neutral index, or nil.
func (s *streamEncoder) call(index int) *openCall {
	for _, c := range s.calls {
		if c.index == index {
			return c
		}
	}
	return nil
}

// callStart announces a call, and before it what proves it.
func (s *streamEncoder) callStart(dst []byte, e *llm.Event) []byte {
	if e.Name == "" || s.call(e.Index) != nil {
		return dst
	}
	dst = s.close(dst)
	if e.Signature != "" {
		dst = s.encrypted(dst, markCall+encryptedContent(e.Signature, e.Issuer))
	}
	at := s.next()
	c := &openCall{index: e.Index, at: at, id: inventedID(idCall, s.object.id, at), ref: e.ID, name: e.Name}
	if c.ref == "" {
		c.ref = inventedID("call_", s.object.id, at)
	}
	const name = "response.function_call_arguments.delta"
	c.head = place([]byte("event: "+name+"\ndata: {\"type\":\""+name+`"`), c.id, at)
	c.head = append(c.head, `,"delta":"`...)
	s.calls = append(s.calls, c)
	return s.added(dst, at, appendCall(nil, c.id, statusInProgress, c.ref, c.name, ""))
}

// arguments passes on a piece of a call's arguments.
func (s *streamEncoder) arguments(dst []byte, e *llm.Event) []byte {
	c := s.call(e.Index)
	if c == nil || e.Text == "" || e.Choice != 0 {
		return dst
	}
	dst = append(dst, c.head...)
	dst = appendEscaped(dst, e.Text)
	c.arguments = append(c.arguments, e.Text...)
	dst = append(dst, `","sequence_number":`...)
	return append(s.number(dst), "}\n\n"...)
}

// callEnd closes a call.
func (s *streamEncoder) callEnd(dst []byte, c *openCall) []byte {
	for i, open := range s.calls {
		if open == c {
			s.calls = append(s.calls[:i], s.calls[i+1:]...)
			break
		}
	}
	arguments := string(c.arguments)
	dst = place(s.event(dst, "response.function_call_arguments.done"), c.id, c.at)
	_, name := unqualified(c.name)
	dst = appendString(append(dst, `,"name":`...), name)
	dst = appendString(append(dst, `,"arguments":`...), arguments)
	dst = append(dst, "}\n\n"...)
	return s.done(dst, c.at, appendCall(nil, c.id, callStatus(arguments), c.ref, c.name, arguments))
}

// opaque writes a call of a custom tool, or an item as it came.
func (s *streamEncoder) opaque(dst []byte, e *llm.Event) []byte {
	item, ok := opaqueItem(e.Data, e.Issuer, inventedID(idCustom, s.object.id, len(s.items)))
	if !ok {
		return dst
	}
	dst = s.close(dst)
	at := s.next()
	if e.Issuer != llm.IssuerOpenAI {
		dst = s.added(dst, at, item)
		return s.done(dst, at, item)
	}
	c, _ := readCustomCall(e.Data)
	id, input := inventedID(idCustom, s.object.id, at), c.input
	c.input = ""
	dst = s.added(dst, at, appendCustomCall(nil, id, statusInProgress, &c))
	if input != "" {
		dst = place(s.event(dst, "response.custom_tool_call_input.delta"), id, at)
		dst = append(appendString(append(dst, `,"delta":`...), input), "}\n\n"...)
	}
	dst = place(s.event(dst, "response.custom_tool_call_input.done"), id, at)
	dst = append(appendString(append(dst, `,"input":`...), input), "}\n\n"...)
	return s.done(dst, at, item)
}

// media writes an image that the model made; there is no place for sound.
func (s *streamEncoder) media(dst []byte, m *llm.Media) []byte {
	if m == nil || m.Data == "" || !strings.HasPrefix(m.MIMEType, "image/") {
		return dst
	}
	dst = s.close(dst)
	at := s.next()
	id := inventedID(idImage, s.object.id, at)
	dst = s.added(dst, at, appendImage(nil, id, statusInProgress, nil))
	dst = append(place(s.event(dst, "response.image_generation_call.completed"), id, at), "}\n\n"...)
	return s.done(dst, at, appendImage(nil, id, statusCompleted, m))
}
