package gateway

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
	"github.com/fairwaygw/fairway/llm"
)

// Authenticate finds out who calls, by the key that the request carries. What
// is wrong with a key is told only of one that exists.
func (c *Call) Authenticate(key string) *llm.Error {
	if c.engine == nil {
		return unavailable("the gateway cannot read who may call; its log tells why")
	}
	if !secret.Check(key) {
		return invalidCredential()
	}
	s := c.engine.live.Snapshot()
	entry, ok := s.Find(c.engine.hasher.Hash(key))
	if !ok {
		return invalidCredential()
	}
	switch entry.State(c.Start) {
	case platform.KeyRevoked:
		return credentialEnded("the key has been revoked")
	case platform.KeyExpired:
		return credentialEnded("the key has expired")
	}
	application := s.Application(entry.Application())
	if application == nil {
		return credentialEnded("the key's application has been deleted")
	}
	if b := entry.Bounds(); b != nil {
		if ip, err := netip.ParseAddr(clientAddress(c.request)); err != nil || !b.From(ip) {
			return forbidden("address-not-allowed", "this key may not be used from this address")
		}
		c.bounds = b
	}
	c.snapshot, c.application = s, application
	c.Caller = Caller{Tenant: entry.Tenant(), Application: entry.Application(), Key: entry.Key()}
	c.Known = true
	return nil
}

// clientAddress is where a request comes from, as Caddy tells it: that of the
// connection, or what a proxy that is trusted says.
func clientAddress(ctx context.Context) string {
	ip, _ := caddyhttp.GetVar(ctx, caddyhttp.ClientIPVarKey).(string)
	ip, _, _ = strings.Cut(ip, "%") // an IPv6 zone
	return ip
}

// NoCaller is the answer to a request that carries no key.
func NoCaller() *llm.Error { return invalidCredential() }

func invalidCredential() *llm.Error {
	return &llm.Error{
		Status: http.StatusUnauthorized, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "invalid-credential",
		Message: "no valid key: send one of this gateway's keys (fwk_…) as Authorization: Bearer, x-api-key, api-key or x-goog-api-key",
	}
}

func credentialEnded(message string) *llm.Error {
	return &llm.Error{
		Status: http.StatusUnauthorized, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "credential-expired", Message: message,
	}
}
