// Package operation is what dialects have in common for the operations beside
// chat whose requests and answers are single JSON objects: embeddings,
// reranking, the counting of tokens.
//
// A vendor's form of an operation is data and a few functions. Between equal
// forms bodies pass with the model renamed; between others they are read into
// [llm.EmbedRequest] or [llm.RerankRequest] and written anew.
package operation

import (
	"errors"
	"io"
	"net/http"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Form is one vendor's form of an operation. It is a dialect; New makes it.
type Form struct {
	// Label is the dialect's name, such as "gemini-embed".
	Label string
	Of    llm.Operation
	// Vendor is the chat dialect of the vendor, whose errors look alike.
	Vendor interface {
		AppendError(dst []byte, e *llm.Error) []byte
	}
	// Names are what the form calls neutral fields, where that differs.
	Names map[llm.Field]string

	// Fields are those of a request that are known. Free are keys whose values
	// are the caller's own data, such as schemas.
	Fields []Field
	Free   []string
	// InPath is set where the path names the model, which then may stand in the
	// body too, with its collection before it.
	InPath bool
	// Nested are fields whose objects repeat the name of the model.
	Nested []string
	// Look takes from a request that is sound what else the gateway must know.
	Look func(field string, value []byte, in *llm.Inspection)

	// Decode and Write are the side of the caller, Encode and Read that of the
	// provider. A side that is missing is not translated.
	Decode func(body []byte) (*llm.Request, error)
	Write  func(dst []byte, r *llm.Response, v llm.View) []byte
	Encode func(r *llm.Request, t llm.Target) (any, []llm.Field, error)
	Read   func(body []byte) (*llm.Response, error)

	// Answer is the field that no answer lacks.
	Answer string
	// Usage reads consumption from a field of an answer; it reports whether
	// that was one.
	Usage func(field string, value []byte, u *llm.Usage) bool
	// Unbilled is set for operations that cost nothing.
	Unbilled bool

	options rawjson.Options
	// known has a place in Fields for each spelling.
	known []int
}

// Field is a known field of a request.
type Field struct {
	Name string
	// Alias is a second spelling.
	Alias string
	// Is what it must be, in words for the caller.
	Is       Type
	Required bool
}

// Type is what a field's value must be; null is as good as nothing.
type Type uint8

// The types.
const (
	Any Type = iota
	Text
	Number
	Flag
	Object
	List
	// TextOrList is one text, or a list of them.
	TextOrList
)

var typeWords = [...]string{"", "a string", "a number", "true or false", "an object", "a list", "a string or a list"}

func (t Type) takes(k rawjson.Kind) bool {
	switch t {
	case Text:
		return k == rawjson.String
	case Number:
		return k == rawjson.Number
	case Flag:
		return k == rawjson.Bool
	case Object:
		return k == rawjson.Object
	case List:
		return k == rawjson.Array
	case TextOrList:
		return k == rawjson.String || k == rawjson.Array
	}
	return true
}

// steering are fields that could only mean to steer where a call goes and with
// which key.
var steering = [...]string{"api_key", "base_url", "api_base", "extra_headers", "extra_body", "extra_query"}

// New makes a form ready.
func New(f Form) *Form {
	f.Fields = append([]Field{{Name: "model", Is: Text, Required: !f.InPath}, {Name: "stream", Is: Flag}}, f.Fields...)
	var names []string
	for i, field := range f.Fields {
		names, f.known = append(names, field.Name), append(f.known, i)
		if field.Alias != "" {
			names, f.known = append(names, field.Alias), append(f.known, i)
		}
	}
	f.options = rawjson.Options{Known: rawjson.NewNames(append(names, steering[:]...)...), Free: rawjson.NewNames(f.Free...)}
	return &f
}

// Name is the label.
func (f *Form) Name() string { return f.Label }

// FieldName is the form's own name for a field.
func (f *Form) FieldName(field llm.Field) string {
	if name := f.Names[field]; name != "" {
		return name
	}
	return string(field)
}

// AppendError is the vendor's.
func (f *Form) AppendError(dst []byte, e *llm.Error) []byte { return f.Vendor.AppendError(dst, e) }

// DecodeRequest reads a request that Inspect has passed.
func (f *Form) DecodeRequest(body []byte) (*llm.Request, error) {
	if f.Decode == nil {
		return nil, f.untranslated()
	}
	return f.Decode(body)
}

// AppendResponse appends an answer.
func (f *Form) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	if f.Write == nil {
		return dst, f.untranslated()
	}
	return f.Write(dst, r, v), nil
}

// AppendRequest appends the body for a target.
func (f *Form) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	if f.Encode == nil {
		return llm.Encoded{Body: dst}, f.untranslated()
	}
	v, dropped, err := f.Encode(r, t)
	if err != nil {
		return llm.Encoded{Body: dst}, err
	}
	dst, err = AppendJSON(dst, v)
	return llm.Encoded{Body: dst, Dropped: dropped}, err
}

// DecodeResponse reads an answer.
func (f *Form) DecodeResponse(body []byte) (*llm.Response, error) {
	if f.Read == nil {
		return nil, f.untranslated()
	}
	var facts llm.AnswerFacts
	// Failures in disguise are found the same way as where bodies pass.
	body, err := f.EditResponse(nil, body, "", &facts)
	if err != nil {
		return nil, err
	}
	r, err := f.Read(body)
	if err != nil {
		return nil, Malformed(err)
	}
	r.ID, r.Model = facts.ID, facts.Model
	if facts.HasUsage {
		r.Usage = &facts.Usage
	}
	return r, nil
}

var errUntranslated = errors.New("the form of the operation is not translated")

func (f *Form) untranslated() *llm.Error {
	return &llm.Error{
		Status: http.StatusBadRequest, Class: llm.ClassCallerFault, Type: "invalid_request_error", Code: "unsupported_operation", Param: "model",
		Message: "the model's provider has no operation " + string(f.Of), Err: errUntranslated,
	}
}

// Malformed is the failure of an answer that cannot be read.
func Malformed(err error) *llm.Error {
	return badOutput("malformed", "the provider sent an answer that cannot be read", err)
}

func badOutput(reason, message string, err error) *llm.Error {
	return &llm.Error{
		Status: http.StatusBadGateway, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
		Reason: reason, Message: message, Err: err,
	}
}

// NewStreamDecoder reads nothing: no operation of this kind is streamed.
func (f *Form) NewStreamDecoder(io.Reader, llm.StreamOptions) llm.StreamDecoder { return unstreamed{f} }

// NewStreamEncoder writes nothing.
func (f *Form) NewStreamEncoder(llm.View) llm.StreamEncoder { return unstreamed{f} }

// NewRelay passes nothing.
func (f *Form) NewRelay(llm.RelayOptions) llm.Relay { return unstreamed{f} }

// unstreamed is the stream of an operation that has none.
type unstreamed struct{ form *Form }

func (u unstreamed) Next() ([]llm.Event, error)             { return nil, u.form.untranslated() }
func (u unstreamed) ContentType() string                    { return "application/json" }
func (u unstreamed) Append(dst []byte, _ *llm.Event) []byte { return dst }
func (u unstreamed) Event(dst, _ []byte) ([]byte, error)    { return dst, u.form.untranslated() }
func (u unstreamed) End(dst []byte) ([]byte, error)         { return dst, u.form.untranslated() }
func (u unstreamed) Done() bool                             { return true }
func (u unstreamed) Facts() *llm.AnswerFacts                { return new(llm.AnswerFacts) }

// Interface guards.
var (
	_ llm.Dialect      = (*Form)(nil)
	_ llm.Passthrough  = (*Form)(nil)
	_ llm.AnswerEditor = (*Form)(nil)
)
