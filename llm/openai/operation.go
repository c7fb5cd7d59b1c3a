package openai

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Operation is one of OpenAI's operations beside chat whose requests and
// answers are single JSON objects, such as embeddings. They are passed through
// with the model renamed and the usage read; they are not made of, nor into,
// those of other vendors.
type Operation struct {
	// Of is which operation it is.
	Of llm.Operation
}

// Name tells the operations apart, as "openai-embeddings".
func (o Operation) Name() string { return "openai-" + string(o.Of) }

// FieldName is the name itself.
func (Operation) FieldName(f llm.Field) string { return string(f) }

// AppendError appends an error in OpenAI's shape.
func (Operation) AppendError(dst []byte, e *llm.Error) []byte { return Dialect{}.AppendError(dst, e) }

// Inspect checks what the gateway itself relies on: the model, and that nobody
// else could read the body differently.
func (o Operation) Inspect(body []byte, in *llm.Inspection) error {
	if err := o.scan(body, in, o.check); err != nil {
		return err
	}
	return nil
}

// scan reads where the fields stand, and has them checked.
func (Operation) scan(body []byte, in *llm.Inspection, check func(*inspection) *llm.Error) *llm.Error {
	st, ok := in.State.(*inspection)
	if !ok {
		st = new(inspection)
		in.State = st
	}
	st.strange = st.strange[:0]
	none := rawjson.Span{}
	st.model, st.messages, st.stream, st.streamOptions, st.includeUsage = none, none, none, none, none
	if err := rawjson.Scan(body, &scanOptions, &st.index); err != nil {
		return scanError(err)
	}
	if st.index.Kind != rawjson.Object {
		return llm.Invalid("", codeInvalidJSON, "the body must be a JSON object")
	}
	in.N = 1
	st.body, st.in = body, in
	err := check(st)
	st.body, st.in = nil, nil
	return err
}

func (o Operation) check(st *inspection) *llm.Error {
	for _, f := range st.index.Fields {
		if f.ID < 0 {
			continue
		}
		switch known := &fields[f.ID]; known.name {
		case "model", "user", "n", "api_key", "base_url", "api_base", "extra_headers", "extra_body", "extra_query":
			if err := known.check(st, known.name, f.Value); err != nil {
				return err
			}
		case "stream":
			if err := known.check(st, known.name, f.Value); err != nil {
				return err
			}
			if st.in.Stream {
				return llm.Invalid("stream", codeUnsupported, "this operation is not streamed")
			}
		}
	}
	if st.model.End == 0 {
		return llm.Invalid("model", codeModel, "this is required")
	}
	return nil
}

// EditRequest returns the body with the model renamed.
func (Operation) EditRequest(dst, body []byte, in *llm.Inspection, e llm.RequestEdit) []byte {
	return Dialect{}.EditRequest(dst, body, in, llm.RequestEdit{Model: e.Model})
}

// EditResponse appends an answer with its model renamed, where it has one, and
// reads its usage.
func (Operation) EditResponse(dst, body []byte, model string, facts *llm.AnswerFacts) ([]byte, error) {
	return editAnswer(dst, body, model, facts, func(key, value []byte) {
		if string(key) != "usage" {
			return
		}
		var u usage
		if err := u.UnmarshalJSON(value); err == nil {
			if n := u.neutral(); n != nil {
				facts.Usage, facts.HasUsage = *n, true
			}
		}
	})
}

// editAnswer appends an answer with its model renamed, where it has one. It
// hands the fields that are not its own to note.
func editAnswer(dst, body []byte, model string, facts *llm.AnswerFacts, note func(key, value []byte)) ([]byte, error) {
	if len(rawjson.TrimSpace(body)) == 0 {
		return dst, badOutput("empty", "the provider sent an empty answer", nil)
	}
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\ufffd"))
		facts.Repaired = true
	}
	var (
		c     = rawjson.Check(body)
		edits []rawjson.Edit
		fault []byte
	)
	if !c.Object() {
		return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", errNotObject)
	}
	for c.NextField() {
		switch string(c.Key()) {
		case "model":
			v := c.Value()
			if end := c.Offset(); rawjson.KindOf(v) == rawjson.String {
				facts.Model = unquoted(v)
				edits = append(edits, rawjson.Edit{Start: end - len(v), End: end, New: rawjson.AppendQuote(nil, model)})
			}
		case "id":
			facts.ID = unquoted(c.Value())
		case "usage", "duration":
			note(c.Key(), c.Value())
		case "error":
			fault = c.Value()
		default:
			c.Skip()
		}
	}
	if err := c.Close(); err != nil {
		return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	}
	if k := rawjson.KindOf(fault); k == rawjson.Object || k == rawjson.String {
		return dst, llm.ParseError(200, nil, body)
	}
	facts.Content, facts.Finish = true, llm.FinishStop
	return rawjson.Splice(dst, body, edits), nil
}

// unquoted is the text of a JSON string.
func unquoted(v []byte) string {
	if rawjson.KindOf(v) != rawjson.String {
		return ""
	}
	return string(rawjson.Unquote(v[1:len(v)-1], nil))
}

var errOperation = errors.New("the operation is not translated")

func untranslated(o Operation) *llm.Error {
	return &llm.Error{
		Status: 400, Class: llm.ClassCallerFault, Type: "invalid_request_error", Code: "unsupported_operation", Param: "model",
		Message: "the model's provider has no operation " + string(o.Of), Err: errOperation,
	}
}

// DecodeRequest fails: the operation is passed through or not served.
func (o Operation) DecodeRequest([]byte) (*llm.Request, error) { return nil, untranslated(o) }

// AppendRequest fails, as DecodeRequest does.
func (o Operation) AppendRequest(dst []byte, _ *llm.Request, _ llm.Target) (llm.Encoded, error) {
	return llm.Encoded{Body: dst}, untranslated(o)
}

// DecodeResponse fails, as DecodeRequest does.
func (o Operation) DecodeResponse([]byte) (*llm.Response, error) { return nil, untranslated(o) }

// AppendResponse fails, as DecodeRequest does.
func (o Operation) AppendResponse(dst []byte, _ *llm.Response, _ llm.View) ([]byte, error) {
	return dst, untranslated(o)
}

// NewStreamDecoder is that of chat; Inspect lets no stream come that far.
func (Operation) NewStreamDecoder(body io.Reader, o llm.StreamOptions) llm.StreamDecoder {
	return Dialect{}.NewStreamDecoder(body, o)
}

// NewStreamEncoder is that of chat.
func (Operation) NewStreamEncoder(v llm.View) llm.StreamEncoder { return Dialect{}.NewStreamEncoder(v) }

// NewRelay is that of chat.
func (Operation) NewRelay(o llm.RelayOptions) llm.Relay { return Dialect{}.NewRelay(o) }

// Interface guards.
var (
	_ llm.Dialect     = Operation{}
	_ llm.Passthrough = Operation{}
)
