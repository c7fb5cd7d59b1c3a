package gateway

import (
	"net/http"

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
	entry, ok := c.engine.live.Find(c.engine.hasher.Hash(key))
	if !ok {
		return invalidCredential()
	}
	switch entry.State(c.Start) {
	case platform.KeyRevoked:
		return credentialEnded("the key has been revoked")
	case platform.KeyExpired:
		return credentialEnded("the key has expired")
	}
	c.Caller = Caller{Tenant: entry.Tenant(), Application: entry.Application(), Key: entry.Key()}
	c.Known = true
	return nil
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
