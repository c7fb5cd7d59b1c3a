package llm

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Forwarder is a provider that can be called at any path below its base URL, with
// a request that nobody has looked into.
type Forwarder interface {
	// Forward makes the one attempt. The answer may have any status, a
	// redirect's included; errors are those of [Provider.Send], and may wrap
	// what the body's Read returned.
	Forward(ctx context.Context, f *Forwarded) (*Answer, error)
}

// Forwarded is a caller's own request on its way to a provider.
type Forwarded struct {
	Method string
	// Path is escaped, begins with a slash, has no steps up and no empty ones,
	// and comes after the base URL's path. Query is encoded, or empty.
	Path, Query string
	// Header are the headers that may pass; never a credential.
	Header http.Header
	// Body may be nil. Length is its length in bytes, or -1.
	Body   io.Reader
	Length int64
	// Credential is which key to use, from 0.
	Credential int
	// Connect bounds the connection, TLS included; 0: the provider's default.
	Connect time.Duration
}
