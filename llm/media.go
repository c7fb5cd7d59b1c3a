package llm

// The operations whose requests or answers hold sound and pictures.
const (
	OpTranscriptions  Operation = "transcriptions"
	OpTranslations    Operation = "translations"
	OpSpeech          Operation = "speech"
	OpImageEdits      Operation = "image_edits"
	OpImageVariations Operation = "image_variations"
)

// Carriage is how an answer reaches the caller.
type Carriage uint8

// The ways of an answer.
const (
	// CarryNone: it is no answer to the request.
	CarryNone Carriage = iota
	// CarryWhole: it is read as a whole, and edited.
	CarryWhole
	// CarryEvents: it is a stream of events.
	CarryEvents
	// CarryBytes: it passes through as it comes.
	CarryBytes
)

// Carrier is a passthrough whose answers need not be of one kind: their type tells
// how they reach the caller.
type Carrier interface {
	// Carriage is the way of an answer with a Content-Type.
	Carriage(contentType string) Carriage
}
