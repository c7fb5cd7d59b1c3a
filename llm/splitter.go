package llm

import "io"

// Splitting is a [Passthrough] whose streams are not server-sent events.
type Splitting interface {
	Passthrough
	// NewSplitter cuts a body into what [Relay.Event] takes, at most maxEvent
	// bytes each; 0 is a default.
	NewSplitter(body io.Reader, maxEvent int) Splitter
}

// Splitter cuts a stream into raw events. It is not safe for concurrent use.
type Splitter interface {
	// Next returns the next event as it came, valid until Next is called again.
	// It returns io.EOF at the end of the body, and an error that wraps
	// sse.ErrTooLarge for an event that is longer than the bound.
	Next() ([]byte, error)
	// Buffered reports whether Next can return without reading from the body.
	// It leaves the last event valid.
	Buffered() bool
	// Release gives the splitter's buffers to later streams.
	Release()
}
