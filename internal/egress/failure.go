package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/fairwaygw/fairway/llm"
)

// The reasons for which no answer came, for records.
const (
	reasonDNS         = "dns"
	reasonDial        = "dial"
	reasonDialTimeout = "dial_timeout"
	reasonTLS         = "tls"
	reasonTLSTimeout  = "tls_timeout"
	reasonProxy       = "proxy"
	// reasonReset: the connection ended before the answer's headers were
	// complete.
	reasonReset = "reset"
	// reasonProtocol: what came was not HTTP, or its headers were too large.
	reasonProtocol = "protocol"
)

// messages are what callers see; they name no address.
var messages = map[string]string{
	reasonDNS:         "the provider's name could not be resolved",
	reasonDial:        "the provider could not be reached",
	reasonDialTimeout: "connecting to the provider took too long",
	reasonTLS:         "no secure connection to the provider could be made",
	reasonTLSTimeout:  "securing the connection to the provider took too long",
	reasonProxy:       "the proxy in front of the provider could not be used",
	reasonReset:       "the provider closed the connection before it answered",
	reasonProtocol:    "the provider's answer was not HTTP",
}

// Unreachable is the failure of a call to which no answer came, for one of the
// reasons above. err is for logs.
func Unreachable(reason string, err error) *llm.Error {
	message := messages[reason]
	if message == "" {
		message = messages[reasonDial]
	}
	return &llm.Error{
		Status: http.StatusBadGateway, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
		Reason: reason, Message: message, Err: err,
	}
}

// statusClientClosed is what records say of a caller that left (nginx's 499).
const statusClientClosed = 499

// Interrupted is the failure of a call whose context has ended: that of the
// context's cause if it is one, else a deadline's or that of a caller that
// left.
func Interrupted(ctx context.Context) *llm.Error {
	cause := context.Cause(ctx)
	var known *llm.Error
	if errors.As(cause, &known) {
		return known
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return &llm.Error{
			Status: http.StatusGatewayTimeout, Class: llm.ClassTimeout, Type: "timeout_error", Code: "upstream_timeout",
			Reason: "deadline", Message: "the provider did not answer in time",
		}
	}
	return &llm.Error{Status: statusClientClosed, Class: llm.ClassClientCancel, Code: "client_closed_request", Message: "the caller went away"}
}

// failure is why the transport returned no answer.
func failure(ctx context.Context, err error) *llm.Error {
	if ctx.Err() != nil {
		return Interrupted(ctx)
	}
	return Unreachable(reason(err), err)
}

func reason(err error) string {
	var (
		connect *connectError
		op      *net.OpError
		dns     *net.DNSError
	)
	isOp := errors.As(err, &op)
	switch {
	case isOp && op.Op == "proxyconnect":
		return reasonProxy
	case errors.As(err, &connect):
		return connect.reason
	case errors.As(err, &dns):
		return reasonDNS
	case isTLS(err):
		return reasonTLS
	case strings.Contains(err.Error(), "TLS handshake timeout"):
		return reasonTLSTimeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), isOp, isReset(err.Error()):
		return reasonReset
	}
	return reasonProtocol
}

// isTLS tells the errors of handshakes through a proxy, which the transport
// makes itself.
func isTLS(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
	)
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert)
}

// isReset tells the errors of the transport that have no type outside it.
func isReset(text string) bool {
	return strings.Contains(text, "server closed idle connection") ||
		strings.HasPrefix(text, "http2: ") || strings.HasPrefix(text, "stream error: ")
}
