// Package providers has the accounts at model vendors, as Caddy modules in the
// namespace fairway.providers. A provider is a dialect, an address and
// credentials; it makes attempts, and decides nothing about them.
package providers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"golang.org/x/net/http/httpguts"

	"github.com/fairwaygw/fairway/internal/egress"
	"github.com/fairwaygw/fairway/llm"
)

// Account is what every provider over HTTP has.
type Account struct {
	// APIKeys are the credentials. Each is {env.NAME}, {file./path} or the key
	// itself; the last is accepted with a warning. They are used in turn, and
	// one that the vendor refuses is left alone for a while.
	APIKeys []string `json:"api_keys,omitempty"`

	// BaseURL is the address that the vendor's own SDK takes. Placeholders are
	// resolved when the configuration is provisioned.
	BaseURL string `json:"base_url,omitempty"`

	// Headers are sent with every request. Values may be {env.NAME} or
	// {file./path}. Headers that carry credentials or describe the body are
	// refused.
	Headers map[string]string `json:"headers,omitempty"`

	// What the fields above became; never written back to them.
	base      *url.URL
	templates []*egress.Template
	client    *egress.Client
	account   string
	// operations are the addresses of what the account has beside chat.
	operations map[llm.Operation]*url.URL
}

// vendorStyle is how calls to a vendor look.
type vendorStyle struct {
	// base is the usual base URL; empty where there is none. version tells
	// whether a base URL ends in one, such as /v1.
	base    string
	version bool
	// path is appended to the base URL, as are others that end like added; a
	// base URL that has such an end already is a mistake.
	path  string
	added []string
	// keyless allows calls without a key.
	keyless bool
	// sign puts a key into the header of a request.
	sign func(h http.Header, key string)
	// header are the headers of every request.
	header http.Header
	// keys stand in where no key is configured.
	keys []string
	// secrets tell accounts apart that are not told apart by their keys.
	secrets []string
}

// bearer signs as most vendors want it.
func bearer(h http.Header, key string) { h["Authorization"] = []string{"Bearer " + key} }

// provision resolves what the account says and takes its connections.
func (a *Account) provision(ctx caddy.Context, style vendorStyle) error {
	log := ctx.Logger()
	text := a.BaseURL
	if text == "" {
		text = style.base
	}
	if text == "" {
		return errors.New("base_url is missing; write the address that the vendor's SDK takes, such as http://10.0.0.7:8000/v1")
	}
	text, err := caddy.NewReplacer().ReplaceOrErr(text, true, true)
	if err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	if a.base, err = parseBaseURL(text, style.added); err != nil {
		return err
	}
	if style.version && a.base.Path == "" {
		log.Warn("base_url has no path; most servers of this dialect want it to end in /v1")
	}
	fixed := maps.Clone(style.header)
	if fixed == nil {
		fixed = http.Header{}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		if err := checkHeaderName(name); err != nil {
			return err
		}
		value, err := resolve("headers."+name, a.Headers[name], nil)
		if err != nil {
			return err
		}
		fixed[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
	}
	raws := a.APIKeys
	if len(raws) == 0 {
		raws = style.keys
	}
	var keys []string
	for i, raw := range raws {
		key, err := resolve(fmt.Sprintf("api_keys[%d]", i), raw, log)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 && !style.keyless {
		return errors.New("api_keys is empty; write at least one, such as {env.NAME}")
	}
	rooted := *a.base
	if rooted.Path == "" {
		rooted.Path = "/" // JoinPath would leave the result without a slash
	}
	target := rooted.JoinPath(style.path)
	a.templates = nil
	for _, key := range keys {
		h := maps.Clone(fixed)
		style.sign(h, key)
		a.templates = append(a.templates, egress.NewTemplate(target, h))
	}
	if len(keys) == 0 {
		a.templates = []*egress.Template{egress.NewTemplate(target, fixed)}
	}
	a.account = identity(a.base, append(keys, style.secrets...))
	a.client = egress.Acquire(a.account)
	return nil
}

// identity is the same for the same account only, so that a reload finds the
// connections of the configuration before it. It tells no key.
func identity(base *url.URL, keys []string) string {
	sum := sha256.New()
	for _, key := range keys {
		fmt.Fprintf(sum, "%d:%s", len(key), key)
	}
	return base.String() + " " + hex.EncodeToString(sum.Sum(nil))
}

// checkHeaderName refuses what is no header, or not the configuration's to set.
func checkHeaderName(name string) error {
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return fmt.Errorf("header: %q is not the name of a header", name)
	case egress.Reserved(name):
		return fmt.Errorf("header: %s cannot be set; credentials belong into api_key", textproto.CanonicalMIMEHeaderKey(name))
	}
	return nil
}

// Cleanup gives the connections back. Calls in flight keep theirs until they
// end.
func (a *Account) Cleanup() error {
	if c := a.client; c != nil {
		// Old handlers may still send; the client serves them to the end.
		c.Release()
	}
	return nil
}

// Credentials is the number of keys, or 1 without any.
func (a *Account) Credentials() int { return len(a.templates) }

// Identity tells the account, by address and keys, from others.
func (a *Account) Identity() string { return a.account }

// Endpoint is the base URL.
func (a *Account) Endpoint() string {
	if a.base == nil {
		return ""
	}
	return a.base.String()
}

// send makes one attempt. u replaces the usual URL, unless nil.
func (a *Account) send(ctx context.Context, o *llm.Outgoing, u *url.URL) (*llm.Answer, error) {
	return a.sendSigned(ctx, o, u, nil)
}

// sendSigned is send with headers that carry a credential made for this call,
// as name, value pairs.
func (a *Account) sendSigned(ctx context.Context, o *llm.Outgoing, u *url.URL, signature []string) (*llm.Answer, error) {
	if o.Operation != llm.OpChat && u == nil {
		if u = a.operations[o.Operation]; u == nil {
			return nil, unsupported(o.Operation)
		}
	}
	if o.Credential < 0 || o.Credential >= len(a.templates) {
		return nil, noCredential()
	}
	return a.client.Send(ctx, a.templates[o.Credential], egress.Request{URL: u, Header: o.Header, Credential: signature, ContentType: o.ContentType, Body: o.Body, Connect: o.Connect})
}

// unsupported is the failure of an operation that a provider does not have.
func unsupported(op llm.Operation) *llm.Error {
	return &llm.Error{
		Status: http.StatusBadRequest, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "unsupported_operation",
		Message: fmt.Sprintf("the provider has no operation %q", string(op)),
	}
}
