package providers

import (
	"context"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/gemini"
)

func init() { caddy.RegisterModule(new(Gemini)) }

// Gemini is an account at Google's Gemini API. Its base URL has no version;
// the default is https://generativelanguage.googleapis.com.
type Gemini struct {
	Account
}

// CaddyModule returns the module's information.
func (*Gemini) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.gemini", New: func() caddy.Module { return new(Gemini) }}
}

// Provision resolves the configuration.
func (p *Gemini) Provision(ctx caddy.Context) error { return p.provision(ctx, geminiStyle) }

var geminiStyle = vendorStyle{
	base: "https://generativelanguage.googleapis.com",
	path: geminiModels,
	// A key in the URL would end up in the logs of everything on the way.
	sign: func(h http.Header, key string) { h["X-Goog-Api-Key"] = []string{key} },
}

// geminiModels is where the models are, after the base URL.
const geminiModels = "/v1beta/models/"

// Dialect is generateContent.
func (*Gemini) Dialect() llm.Dialect { return gemini.Dialect{} }

// Vendor is "google".
func (*Gemini) Vendor() string { return "google" }

// Send makes one attempt.
func (p *Gemini) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	method, query := ":generateContent", ""
	if o.Stream {
		method, query = ":streamGenerateContent", "alt=sse"
	}
	name := strings.TrimPrefix(o.Model, "models/")
	segment, err := pathSegment(name)
	if err != nil {
		return nil, err
	}
	u := *p.base
	u.Path = p.base.Path + geminiModels + name + method
	if u.RawPath != "" || segment != name {
		u.RawPath = p.base.EscapedPath() + geminiModels + segment + method
	}
	u.RawQuery = query
	return p.send(ctx, o, &u)
}

// pathSegment escapes a model's name so that it stays one segment of a path,
// whatever reads it on the way.
func pathSegment(name string) (string, error) {
	if name == "" || strings.Contains(name, "..") || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", llm.Invalid("model", "invalid_model", "the name of the model is empty or has characters that no model's name has")
	}
	if !strings.ContainsFunc(name, reserved) {
		return name, nil
	}
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if reserved(rune(c)) {
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// reserved reports whether a character means something in a URL, or nothing
// that is agreed upon (RFC 3986, 2.3).
func reserved(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_' && r != '~'
}

// Interface guards.
var (
	_ llm.Provider          = (*Gemini)(nil)
	_ llm.Describer         = (*Gemini)(nil)
	_ caddy.Provisioner     = (*Gemini)(nil)
	_ caddy.CleanerUpper    = (*Gemini)(nil)
	_ caddyfile.Unmarshaler = (*Gemini)(nil)
)
