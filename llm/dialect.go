package llm

import (
	"io"
	"time"
)

// Dialect is a wire format, spoken on both sides. Implementations hold no
// state and are safe for concurrent use.
type Dialect interface {
	// Name is the dialect's stable name: "openai", "anthropic", "gemini", …
	Name() string
	Front
	Upstream
}

// Front is the side that the caller speaks.
type Front interface {
	// Inspect checks that a body is safe to read and well-formed as far as the
	// gateway itself relies on it, and reads the few fields that routing and
	// the ledger need. It does not decode the conversation. The error, if any,
	// is an [*Error] that names the place.
	Inspect(body []byte, in *Inspection) error
	// DecodeRequest reads a whole request that Inspect has passed. The error,
	// if any, is an [*Error] that names the place.
	DecodeRequest(body []byte) (*Request, error)
	// AppendResponse appends a whole answer.
	AppendResponse(dst []byte, r *Response, v View) ([]byte, error)
	// NewStreamEncoder begins a streamed answer.
	NewStreamEncoder(v View) StreamEncoder
	// AppendError appends the body of an error answer.
	AppendError(dst []byte, e *Error) []byte
	// FieldName is what the dialect calls a neutral field.
	FieldName(f Field) string
}

// Upstream is the side that the provider speaks.
type Upstream interface {
	// AppendRequest appends the body of a request for a target. Equal requests
	// give equal bytes. A request that cannot be carried at all is an [*Error].
	AppendRequest(dst []byte, r *Request, t Target) (Encoded, error)
	// DecodeResponse reads a whole answer. An answer that is an error in
	// disguise, or no answer at all, is an [*Error].
	DecodeResponse(body []byte) (*Response, error)
	// NewStreamDecoder reads a streamed answer from an HTTP body.
	NewStreamDecoder(body io.Reader, o StreamOptions) StreamDecoder
}

// Encoded is a request in an upstream's dialect.
type Encoded struct {
	Body []byte
	// Dropped are the fields that the caller set and the dialect cannot carry.
	Dropped []Field
	// Extra are the keys of [Request.Extra] that were carried; the rest is
	// reported as dropped.
	Extra []string
	// Header are headers that belong to the body, such as beta flags, as
	// name, value pairs.
	Header []string
	// OutputTool is the name of the tool that stands in for structured output;
	// the decoder folds its arguments back into text. Empty when native.
	OutputTool string
	// ToolNames maps tool names that had to be rewritten back to the caller's.
	// Nil when none were.
	ToolNames map[string]string
}

// Target is what an upstream dialect must know of where a request goes.
type Target struct {
	// Model is the upstream's name for it.
	Model string
	// Facts are what the catalog knows of the model; the zero value is
	// "nothing known".
	Facts ModelFacts
	// Strict refuses what would otherwise be dropped or bent.
	Strict bool
	// Vendor is the family of the provider, such as "openai" or "vertex".
	Vendor string
}

// ModelFacts are a model's limits and abilities.
type ModelFacts struct {
	// Known is false when the catalog has no such model; all else is zero then.
	Known bool
	// ContextWindow and MaxOutput are in tokens; 0 is unknown.
	ContextWindow int64
	MaxOutput     int64
	Reasoning     bool
	// Efforts are the reasoning efforts that the model accepts; empty is unknown.
	Efforts []string
	// NoSampling means that the model refuses temperature and its like.
	NoSampling       bool
	StructuredOutput bool
	Tools            bool
	ImageInput       bool
	DocumentInput    bool
	AudioInput       bool
}

// View says how an answer is to look to the caller.
type View struct {
	// Model is the public name that the caller used.
	Model string
	// ID stands in for the upstream's id where that has none.
	ID string
	// Created stands in for the upstream's time where it gives none.
	Created time.Time
	// IncludeUsage puts usage into a stream.
	IncludeUsage bool
	// Stored says that the answer is kept for later calls, and Previous which
	// one it goes on from.
	Stored   bool
	Previous string
	// Base64 writes vectors as base64 of 32-bit floats, least byte first.
	Base64 bool
}

// StreamOptions are what a stream decoder must know of the request.
type StreamOptions struct {
	// OutputTool and ToolNames are those of [Encoded].
	OutputTool string
	ToolNames  map[string]string
	// MaxEvent bounds one event, in bytes.
	MaxEvent int
}

// StreamDecoder turns an upstream's stream into events.
type StreamDecoder interface {
	// Next returns the next events, at least one, which are valid until it is
	// called again. At the end of a complete stream it returns io.EOF after an
	// EventEnd; a stream that stops short gives io.ErrUnexpectedEOF, and one
	// that cannot be read an [*Error].
	Next() ([]Event, error)
}

// StreamEncoder turns events into a front's stream.
type StreamEncoder interface {
	// ContentType is the value of the Content-Type header.
	ContentType() string
	// Append appends the bytes for one event; none, when the dialect has
	// nothing to say for it. After EventEnd or EventError nothing follows.
	Append(dst []byte, e *Event) []byte
}

// Inspection is what the gateway must know of a request before it is decoded.
// A front's Inspect fills it; it can be used again after Reset.
type Inspection struct {
	// ContentType is the request's, set before Inspect where the body is a form
	// and not JSON. Inspect leaves there what is to be sent on.
	ContentType string
	// Model is the name that the caller used.
	Model string
	// Stream and IncludeUsage are what the caller asked for.
	Stream       bool
	IncludeUsage bool
	// MaxTokens is the caller's bound on the answer; 0: none given. N is the
	// number of alternatives, at least 1.
	MaxTokens int64
	N         int64
	// User and Session identify the end user and the conversation, if told.
	User, Session string
	// What the request needs of a model.
	Tools, Images, Documents, Audio, Structured, Reasoning bool
	// Base64 is what a caller of embeddings wants them as.
	Base64 bool
	// State is the dialect's own; what its passthrough learned in Inspect and
	// needs again.
	State any
}

// Reset forgets everything but keeps the dialect's own buffers.
func (in *Inspection) Reset() { *in = Inspection{State: in.State} }

// Passthrough is what a dialect offers when front and upstream are the same:
// the caller's bytes go through with few edits, so that unknown fields, key
// order and big numbers survive.
type Passthrough interface {
	// EditRequest returns the body with the edits applied: body itself when
	// there are none, else bytes appended to dst. It must be called after
	// Inspect(body, in) and before in is used for another body.
	EditRequest(dst, body []byte, in *Inspection, e RequestEdit) []byte
	// EditResponse appends a whole answer with its model renamed and tells
	// what it says. An answer that is an error in disguise, or no answer at
	// all, is an [*Error].
	EditResponse(dst, body []byte, model string, facts *AnswerFacts) ([]byte, error)
	// NewRelay begins to pass a stream through.
	NewRelay(o RelayOptions) Relay
}

// AnswerEditor is a passthrough whose answers depend on more than the model's
// name.
type AnswerEditor interface {
	// EditAnswer is EditResponse for a caller with a view.
	EditAnswer(dst, body []byte, v View, facts *AnswerFacts) ([]byte, error)
}

// RequestEdit lists the edits of a passed-through request.
type RequestEdit struct {
	// Model replaces the model's name, unless empty.
	Model string
	// IncludeUsage asks for usage in the stream even where the caller did not.
	IncludeUsage bool
	// NoStreamOptions takes stream_options away for servers that refuse it.
	NoStreamOptions bool
}

// RelayOptions say what the caller is to see of a stream.
type RelayOptions struct {
	// Model is the public name that stands in every chunk.
	Model string
	// HideUsage removes usage that the caller did not ask for.
	HideUsage bool
	// N is the number of alternatives that were asked for; 0: not known.
	N int64
}

// Relay passes one stream through, event by event.
type Relay interface {
	// Event appends what the caller is to see of one event of the upstream's
	// stream. raw is the event as it came, its closing blank line included.
	// The error, if any, is an [*Error]: the upstream reported a failure or
	// sent what is not an event of the dialect; dst is then as it was.
	Event(dst, raw []byte) ([]byte, error)
	// End appends what closes the stream for the caller, when the upstream's
	// body has ended. It returns io.ErrUnexpectedEOF when the upstream
	// stopped short.
	End(dst []byte) ([]byte, error)
	// Done reports whether the upstream has said all it has to say: what may
	// follow is of no interest, and End will not fail.
	Done() bool
	// Facts tells what the stream has said so far.
	Facts() *AnswerFacts
}

// AnswerFacts are what the ledger and the record take from an answer.
type AnswerFacts struct {
	ID string
	// Model is the upstream's own name for what answered.
	Model        string
	Finish       Finish
	NativeFinish string
	// Usage is valid when HasUsage is set.
	Usage    Usage
	HasUsage bool
	// Content is set once something that a caller can see has passed.
	Content bool
	// OutputBytes counts the visible text that passed, for estimates.
	OutputBytes int64
	// Repaired is set when something was not UTF-8 and became U+FFFD.
	Repaired bool
}
