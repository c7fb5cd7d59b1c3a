// Package logging is the log encoder "fairway": JSON in which no key carrier
// is readable.
package logging

import (
	"encoding/json"
	"fmt"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	caddylogging "github.com/caddyserver/caddy/v2/modules/logging"
	"go.uber.org/zap/zapcore"
)

func init() {
	caddy.RegisterModule(new(Encoder))
}

// Encoder writes log entries as JSON and replaces the value of everything that
// carries a credential by REDACTED: Caddy itself knows only Authorization and
// cookies, and logs a request as it came, before any handler could hide
// something. Use it for every log that may hold requests:
//
//	log {
//		format fairway
//	}
type Encoder struct {
	caddylogging.FilterEncoder `json:"-"`
}

// Redacted stands in the log where a credential stood.
const Redacted = "REDACTED"

// The carriers of credentials: what callers may send to this gateway, and what
// vendors' SDKs send to others.
var (
	headers = []string{
		"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Api-Key", "X-Goog-Api-Key",
		"X-Amz-Security-Token", "Ocp-Apim-Subscription-Key", "X-Auth-Token", "X-Auth-Key",
		"Openai-Api-Key", "Anthropic-Api-Key", "X-Litellm-Api-Key", "X-Portkey-Api-Key",
	}
	parameters = []string{"key", "api_key", "api-key", "apikey", "access_token", "token", "sig", "signature"}
)

// CaddyModule returns the Caddy module information.
func (*Encoder) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "caddy.logging.encoders.fairway",
		New: func() caddy.Module { return new(Encoder) },
	}
}

// Provision builds the filters.
func (e *Encoder) Provision(ctx caddy.Context) error {
	replace, err := json.Marshal(map[string]string{"filter": "replace", "value": Redacted})
	if err != nil {
		return err
	}
	e.WrappedRaw = json.RawMessage(`{"format":"json"}`)
	e.FieldsRaw = map[string]json.RawMessage{"resp_headers>Set-Cookie": replace}
	for _, h := range headers {
		e.FieldsRaw["request>headers>"+h] = replace
	}
	type action struct {
		Type      string `json:"type"`
		Parameter string `json:"parameter"`
		Value     string `json:"value"`
	}
	var actions []action
	for _, p := range parameters {
		actions = append(actions, action{"replace", p, Redacted})
	}
	query, err := json.Marshal(map[string]any{"filter": "query", "actions": actions})
	if err != nil {
		return err
	}
	e.FieldsRaw["request>uri"] = query
	if err := e.FilterEncoder.Provision(ctx); err != nil {
		return fmt.Errorf("provisioning the filters: %w", err)
	}
	return nil
}

// ConfigureDefaultFormat keeps JSON on terminals too: a console line would be
// made without the filters.
func (*Encoder) ConfigureDefaultFormat(caddy.WriterOpener) error { return nil }

// Clone returns an encoder with the same filters.
func (e *Encoder) Clone() zapcore.Encoder { return e.FilterEncoder.Clone() }

// UnmarshalCaddyfile sets up the encoder from Caddyfile tokens. It has no
// options:
//
//	format fairway
func (*Encoder) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // encoder name
	if d.NextArg() {
		return d.ArgErr()
	}
	for d.NextBlock(0) {
		return d.Errf("log format fairway has no option %q", d.Val())
	}
	return nil
}

var (
	_ caddy.Provisioner                = (*Encoder)(nil)
	_ caddy.ConfiguresFormatterDefault = (*Encoder)(nil)
	_ caddyfile.Unmarshaler            = (*Encoder)(nil)
	_ zapcore.Encoder                  = (*Encoder)(nil)
)
