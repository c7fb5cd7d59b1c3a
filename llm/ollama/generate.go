package ollama

import (
	"io"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Generate speaks /api/generate to callers: a prompt instead of a conversation.
// What continues a prompt at the server itself, such as its context of tokens or
// a template, means nothing elsewhere and is reported as dropped. To providers
// it speaks as [Dialect] does. It holds no state; its zero value is ready.
type Generate struct{}

// Name is "ollama-generate".
func (Generate) Name() string { return "ollama-generate" }

// FieldName is as in [Dialect.FieldName].
func (Generate) FieldName(f llm.Field) string {
	if f == llm.FieldImage {
		return "images"
	}
	return Dialect{}.FieldName(f)
}

var generateFields = newFieldSet(
	field{"prompt", (*inspection).checkText},
	field{"system", (*inspection).checkText},
	field{"images", (*inspection).checkPromptImages},
	field{"suffix", nil},
	field{"template", nil},
	field{"context", nil},
	field{"raw", nil},
)

// Inspect checks a request for /api/generate, as [Dialect.Inspect] does one for
// /api/chat.
func (Generate) Inspect(body []byte, in *llm.Inspection) error {
	return inspect(generateFields, body, in)
}

func (st *inspection) checkText(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.String && k != rawjson.Null {
		return wrongType(name, "a string")
	}
	return nil
}

func (st *inspection) checkPromptImages(name string, v rawjson.Span) *llm.Error {
	c := rawjson.Trust(st.body, v.Start)
	if err := st.checkImages(&c); err != nil {
		return under(name, err)
	}
	return nil
}

// DecodeRequest reads a whole request that Inspect has passed. The error is an
// [*llm.Error] that names the place.
func (Generate) DecodeRequest(body []byte) (*llm.Request, error) {
	d := newRequestDecoder()
	if err := d.decodePrompt(rawjson.TrimSpace(body)); err != nil {
		return nil, err
	}
	return d.r, nil
}

func (d *requestDecoder) decodePrompt(body []byte) error {
	if rawjson.KindOf(body) != rawjson.Object {
		return wrongType("", "an object")
	}
	var system, prompt string
	var images []llm.Part
	for key, v := range members(body) {
		var err *llm.Error
		switch key {
		case "prompt":
			prompt, err = str(v, key)
		case "system":
			system, err = str(v, key)
		case "images":
			images, err = readImages(v)
		case "suffix", "template":
			var s string
			if s, err = str(v, key); s != "" {
				d.extra(key, v)
			}
		case "raw":
			var on *bool
			if on, err = boolean(v, key); on != nil && *on {
				d.extra(key, v)
			}
		default:
			err = d.field(key, v)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case d.r.Model == "":
		return missing("model")
	case prompt == "" && images == nil:
		return missing("prompt")
	}
	if system != "" {
		d.r.Messages = append(d.r.Messages, llm.Message{
			Role: llm.RoleSystem, Parts: []llm.Part{{Kind: llm.PartText, Text: system}},
		})
	}
	var parts []llm.Part
	if prompt != "" {
		parts = append(parts, llm.Part{Kind: llm.PartText, Text: prompt})
	}
	d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleUser, Parts: append(parts, images...)})
	return nil
}

// AppendResponse appends a whole answer.
func (Generate) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	dst = appendHead(dst, r.Created, &v)
	var c llm.Choice
	if len(r.Choices) > 0 {
		c = r.Choices[0]
	}
	message := appendMessage(nil, c.Message.Parts)
	message = append(message, '}')
	dst = append(append(dst, `,"response":`...), member(message, "content")...)
	for _, name := range []string{"thinking", "tool_calls"} {
		if m := member(message, name); m != nil {
			dst = append(rawjson.AppendQuote(append(dst, ','), name), ':')
			dst = append(dst, m...)
		}
	}
	for i := range c.Message.Parts {
		if p := &c.Message.Parts[i]; p.Kind == llm.PartImage && p.Media.Data != "" {
			dst = rawjson.AppendQuote(append(dst, `,"image":`...), p.Media.Data)
			break
		}
	}
	dst = appendLogProbs(dst, c.LogProbs)
	return append(appendDone(dst, c.Finish, r.Usage), '}'), nil
}

var generateForm = &form{
	text:       `,"response":`,
	thinking:   `,"response":"","thinking":`,
	calls:      `,"response":"","tool_calls":[`,
	closeCalls: `]`,
	image:      `,"response":"","image":`,
}

// NewStreamEncoder begins a streamed answer.
func (Generate) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &streamEncoder{view: v, form: generateForm}
}

// AppendError appends the body of an error answer.
func (Generate) AppendError(dst []byte, e *llm.Error) []byte { return Dialect{}.AppendError(dst, e) }

// AppendRequest appends a request for /api/chat.
func (Generate) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	return Dialect{}.AppendRequest(dst, r, t)
}

// DecodeResponse reads an answer of /api/chat.
func (Generate) DecodeResponse(body []byte) (*llm.Response, error) {
	return Dialect{}.DecodeResponse(body)
}

// NewStreamDecoder reads a streamed answer of /api/chat.
func (Generate) NewStreamDecoder(body io.Reader, o llm.StreamOptions) llm.StreamDecoder {
	return Dialect{}.NewStreamDecoder(body, o)
}

// Interface guard.
var _ llm.Dialect = Generate{}
