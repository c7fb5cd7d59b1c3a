package llm

import (
	"encoding/json"
	"time"
)

// Response is a whole answer.
type Response struct {
	ID string
	// Model is the upstream's own name for what answered.
	Model   string
	Created time.Time
	Choices []Choice
	// Usage is nil when the provider gave none.
	Usage *Usage
	// ServiceTier is what the provider served with.
	ServiceTier string

	// Embeddings are in the order of the inputs, Rankings from best to worst.
	Embeddings []Embedding
	Rankings   []Ranking
	// SearchUnits is what reranking is billed by at Cohere.
	SearchUnits int64
}

// Choice is one of an answer's alternatives.
type Choice struct {
	Index   int
	Message Message
	Finish  Finish
	// NativeFinish is the upstream's own word.
	NativeFinish string
	// StopSequence is the sequence that ended the text, when the upstream says.
	StopSequence string
	LogProbs     json.RawMessage
}

// Finish says why an answer ended.
type Finish string

// The reasons to finish. FinishError means that the provider gave up in the
// middle of an answer.
const (
	FinishStop          Finish = "stop"
	FinishLength        Finish = "length"
	FinishToolCalls     Finish = "tool_calls"
	FinishContentFilter Finish = "content_filter"
	FinishError         Finish = "error"
)

// EventKind says which fields of an Event are set.
type EventKind uint8

// The events of a streamed answer, in the order that they may come: one
// EventStart, then content, then EventFinish for each choice, EventUsage when
// the provider tells, and EventEnd. EventError may stand anywhere and is the
// last one.
const (
	// EventStart has ID, Model and Created, as far as the upstream tells.
	EventStart EventKind = iota + 1
	// EventText, EventReasoning and EventRefusal have Choice and Text.
	EventText
	EventReasoning
	EventRefusal
	// EventSignature has Choice, Signature and Issuer, and closes the
	// reasoning, text or tool call that it follows.
	EventSignature
	// EventRedacted and EventOpaque have Choice, Data and Issuer.
	EventRedacted
	EventOpaque
	// EventToolStart has Choice, Index, ID and Name, and may have Signature
	// and Issuer.
	EventToolStart
	// EventToolArguments has Choice, Index and Text, a piece of JSON text.
	EventToolArguments
	// EventToolEnd has Choice and Index. The pieces of a call add up to a
	// whole JSON value by then; "{}" when the tool takes no arguments.
	EventToolEnd
	// EventMedia has Choice and Media: an image or a sound, whole.
	EventMedia
	// EventCitation has Choice and Citation.
	EventCitation
	// EventFinish has Choice, Finish, NativeFinish and perhaps StopSequence.
	EventFinish
	// EventUsage has Usage: the whole figures so far; a later one replaces it.
	EventUsage
	// EventPing keeps the connection warm.
	EventPing
	// EventError has Err.
	EventError
	// EventEnd closes a stream that is complete.
	EventEnd
)

// Event is one step of a streamed answer. Its strings and bytes are valid
// until the next call of the decoder that made it.
type Event struct {
	Kind   EventKind
	Choice int
	// Index counts the tool calls of a choice from 0, whatever the upstream counts.
	Index        int
	ID           string
	Model        string
	Created      time.Time
	Name         string
	Text         string
	Signature    string
	Issuer       string
	Data         json.RawMessage
	Media        *Media
	Citation     *Citation
	Finish       Finish
	NativeFinish string
	StopSequence string
	LogProbs     json.RawMessage
	Usage        *Usage
	Err          *Error
}

// Content reports whether the event carries something that a caller can see,
// so that after it a failure can no longer be hidden.
func (e *Event) Content() bool {
	switch e.Kind {
	case EventText, EventReasoning, EventRefusal:
		return e.Text != ""
	case EventRedacted, EventOpaque, EventToolStart, EventToolArguments, EventMedia:
		return true
	}
	return false
}
