// Package egress sends requests to providers over HTTP.
//
// A [Client] keeps the warm connections to one provider. It is shared by all
// configurations that name the same provider, so that a reload neither drops
// connections nor cuts answers. A [Template] is a request but for its body,
// prepared once for each credential.
//
// Redirects are never followed: they would carry a credential to a place that
// nobody configured. Certificates are always verified.
package egress

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// Client sends requests to one provider. It is safe for concurrent use.
type Client struct {
	identity  string
	transport *http.Transport
	plain     plain
	// refs counts the holders, under the pool's lock.
	refs int
	// active counts the calls whose answer is not closed yet.
	active atomic.Int64
	// released is set when nobody holds the client any more.
	released atomic.Bool
}

// The limits of every connection.
const (
	// idleTimeout is shorter than the idle time of the load balancers in
	// front of the large vendors.
	idleTimeout = 90 * time.Second
	// maxIdle is per host; what is more is closed after use.
	maxIdle = 512
	// maxResponseHeader bounds an answer's header, in bytes.
	maxResponseHeader = 1 << 20
	// A connection that is shared by many calls must not be found dead by
	// their deadlines.
	pingAfter, pingTimeout = 30 * time.Second, 15 * time.Second
)

func newClient(identity string, d *dialer) *Client {
	return &Client{identity: identity, plain: plain{dialer: d}, transport: &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DialContext:       d.dial,
		DialTLSContext:    d.dialTLS,
		TLSClientConfig:   d.tls.Clone(), // for connections through a proxy
		ForceAttemptHTTP2: true,
		HTTP2:             &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},

		TLSHandshakeTimeout:    defaultConnect,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    maxIdle,
		MaxResponseHeaderBytes: maxResponseHeader,
		// Compression is neither asked for nor left to the transport; see
		// decoded.
		DisableCompression: true,
	}}
}

// Request is what differs from call to call.
type Request struct {
	// URL replaces that of the template, unless nil. It must not be changed
	// any more.
	URL *url.URL
	// Header are further headers, as name, value pairs.
	Header []string
	// Credential are the headers of a credential that is made for one call, as
	// name, value pairs. They may be such as Header must not have.
	Credential []string
	// ContentType replaces that of the template, unless empty.
	ContentType string
	// Body must not be changed until Send returns an error or the answer's
	// body is closed. Nothing reads it after that.
	Body []byte
	// Connect bounds the connection, TLS included; 0: 5 seconds.
	Connect time.Duration
}

// Send makes one attempt. The answer may have any status, a redirect's
// included. The error is an [*llm.Error] of class transport, timeout or
// client_cancel, or the context's own cause if that is an [*llm.Error].
func (c *Client) Send(ctx context.Context, t *Template, r Request) (*llm.Answer, error) {
	if r.Connect > 0 && r.Connect != defaultConnect {
		ctx = context.WithValue(ctx, connectKey{}, r.Connect)
	}
	x := &exchange{client: c}
	response, err := c.begin(ctx, x, t, r) //nolint:bodyclose // the answer has it, and its caller closes that
	if err != nil {
		x.end()
		return nil, failure(ctx, err)
	}
	return x.answered(response), nil
}

func (c *Client) begin(ctx context.Context, x *exchange, t *Template, r Request) (*http.Response, error) {
	c.active.Add(1)
	if t.direct && len(r.Body) <= maxPlainBody && r.ContentType == "" {
		return c.plain.send(ctx, t, r)
	}
	// Not an http.Client: that would follow redirects and keep cookies.
	return c.transport.RoundTrip(t.request(ctx, r, &x.upload))
}

// ended notes that a call is over.
func (c *Client) ended() {
	if c.active.Add(-1) == 0 && c.released.Load() {
		c.closeIdle()
	}
}

// closeIdle closes the connections that no call uses.
func (c *Client) closeIdle() {
	c.plain.close()
	c.transport.CloseIdleConnections()
	// A connection becomes idle a moment after its answer is closed, and
	// HTTP/2 then keeps it.
	time.AfterFunc(time.Second, c.transport.CloseIdleConnections)
}
