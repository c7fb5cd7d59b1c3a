package llm

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Operation is what a call asks of a provider.
type Operation string

// The operations.
const (
	OpChat        Operation = "chat"
	OpEmbeddings  Operation = "embeddings"
	OpModerations Operation = "moderations"
	OpRerank      Operation = "rerank"
	OpImages      Operation = "images"
)

// Provider is one account at a vendor: a dialect, endpoints and credentials.
// It is safe for concurrent use.
type Provider interface {
	// Dialect is what the provider speaks.
	Dialect() Dialect
	// Credentials is how many keys the provider holds, at least 1.
	Credentials() int
	// Send makes one attempt. The answer may have any status. An error means
	// that no answer came; it is an [*Error] of class transport, timeout or
	// client_cancel that names no secret. The caller closes the body.
	Send(ctx context.Context, o *Outgoing) (*Answer, error)
}

// Outgoing is one attempt at a provider.
type Outgoing struct {
	Operation Operation
	// Dialect is the name of the one that the body is in.
	Dialect string
	// Model is the provider's own name for it.
	Model  string
	Stream bool
	// ContentType is the body's; empty: application/json.
	ContentType string
	// Body is complete, and must not be changed until the answer's body is closed.
	Body []byte
	// Header are extra headers as name, value pairs; never the caller's own.
	Header []string
	// Credential is which key to use, from 0.
	Credential int
	// Connect bounds the connection, TLS included; 0: the provider's default.
	Connect time.Duration
}

// Answer is a provider's answer, headers read, body not.
type Answer struct {
	Status int
	Header http.Header
	// Length is the body's length in bytes, or -1.
	Length int64
	Body   io.ReadCloser
}

// ReadyReader is an answer's body that can tell whether a read would wait. What
// cannot tell is taken to wait.
type ReadyReader interface {
	Ready() bool
}

// Describer is a provider that can tell more about itself.
type Describer interface {
	// Vendor is the name that the catalog knows the vendor by, or empty.
	Vendor() string
	// Endpoint is the base URL without credentials, for records and spans.
	Endpoint() string
}

// StreamOptionsRefuser is a provider whose servers refuse stream_options.
type StreamOptionsRefuser interface {
	RefusesStreamOptions() bool
}

// Speaker is a provider that has operations beside chat.
type Speaker interface {
	// Speaks is the dialect of an operation, nil where the provider does not
	// have it.
	Speaks(op Operation) Dialect
}

// Versed is a provider whose dialect of an operation depends on the model, or
// that has more than one.
type Versed interface {
	// SpeaksTo is the dialect of an operation that is nearest to the front's,
	// which is given by its name; nil where the provider does not have the
	// operation for the model.
	SpeaksTo(op Operation, model, front string) Dialect
}

// Identifier is a provider that can be told from others of its name: what is
// known of its credentials outlives a change of configuration only while the
// identity stays.
type Identifier interface {
	// Identity is the same for the same account at the same address, and gives
	// nothing of a key away.
	Identity() string
}

// ModelLister is a provider that knows its models without asking anybody.
type ModelLister interface {
	Models() []string
}
