package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// defaultConnect bounds a connection, TLS included.
const defaultConnect = 5 * time.Second

// connectKey is the context's key of a call's own bound.
type connectKey struct{}

// connectTimeout is the bound of the call that a connection is made for.
func connectTimeout(ctx context.Context) time.Duration {
	if d, ok := ctx.Value(connectKey{}).(time.Duration); ok {
		return d
	}
	return defaultConnect
}

// dialer makes connections. Its errors are [*connectError].
type dialer struct {
	net net.Dialer
	tls *tls.Config
}

// tlsSessions is how many sessions are kept to be resumed.
const tlsSessions = 64

func newDialer() *dialer {
	return &dialer{tls: &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"h2", "http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
	}}
}

func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout(ctx))
	defer cancel()
	return d.connect(ctx, network, addr)
}

func (d *dialer) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.net.DialContext(ctx, network, addr)
	if err == nil {
		return conn, nil
	}
	reason := reasonDial
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		reason = reasonDNS
	case timedOut(err):
		reason = reasonDialTimeout
	}
	return nil, &connectError{reason, err}
}

// dialTLS has one bound for the connection and the handshake, where the
// transport's own has two.
func (d *dialer) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout(ctx))
	defer cancel()
	plain, err := d.connect(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	config := d.tls.Clone()
	if config.ServerName, _, err = net.SplitHostPort(addr); err != nil {
		config.ServerName = addr
	}
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		if timedOut(err) {
			return nil, &connectError{reasonTLSTimeout, err}
		}
		return nil, &connectError{reasonTLS, err}
	}
	return conn, nil
}

// connectError is why there is no connection.
type connectError struct {
	reason string
	err    error
}

func (e *connectError) Error() string { return e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// timedOut reports whether time ran out: of a deadline or in the network.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
