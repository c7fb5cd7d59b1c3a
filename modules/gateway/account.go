package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/internal/spelling"
	"github.com/fairwaygw/fairway/llm"
)

// Operations that go to an account at a provider and not to a model.
const (
	// OpPassthrough is a request that nobody looks into.
	OpPassthrough llm.Operation = "passthrough"
)

// UseAccount makes the account at a provider callable beside its models, and
// returns the provider. Handlers ask for it while they are provisioned.
func (a *App) UseAccount(name string) (llm.Provider, error) {
	p := a.providers[name]
	if p == nil {
		return nil, fmt.Errorf("there is no provider %q%s", name, spelling.Suggest(name, slices.Sorted(maps.Keys(a.providers))))
	}
	a.table.Load().useAccount(name)
	return p, nil
}

// useAccount makes the route to a provider's account.
func (t *table) useAccount(name string) {
	if t.accounts[name] != nil {
		return
	}
	p := t.builder.providers[name]
	target := &Target{Name: name, NameHeader: []string{name}, Provider: p, provider: name, label: accountLabel, account: &t.builder}
	if d, ok := p.(llm.Describer); ok {
		target.Vendor = d.Vendor()
	}
	target.meter = newAttemptMeter(name, accountLabel)
	r := single(accountLabel, target)
	r.retries = 0 // what has passed is not kept
	t.accounts[name] = r
}

// accountLabel stands for the model in metrics of calls that name none.
const accountLabel = "(account)"

// Account is the route to a provider's account, nil unless it was asked for.
func (a *App) Account(name string) *Route { return a.table.Load().accounts[name] }

// AnsweredBy tells which model answered a call to an account: its price is that
// of the attempt.
func (c *Call) AnsweredBy(model string) {
	last := len(c.tried) - 1
	t := c.tried[last]
	if t.account == nil || model == "" {
		return
	}
	named, err := t.account.newTarget(t.provider + "/" + model)
	if err != nil {
		return
	}
	c.tried[last] = &Target{
		Name: t.Name, NameHeader: t.NameHeader, Provider: t.Provider, Vendor: t.Vendor, Price: named.Price,
		NoStreamOptions: t.NoStreamOptions, provider: t.provider, label: t.label, meter: t.meter, account: t.account,
	}
}

// passthroughPrefix is where accounts are called at paths of their own.
const passthroughPrefix = "/passthrough/"

var passthrough = &Endpoint{Front: frontOpenAI, Operation: OpPassthrough}

// CutPassthrough splits the path of a request that passes through into the
// provider's name and what follows it, which is escaped, and empty or begins
// with a slash.
func CutPassthrough(r *http.Request) (provider, rest string, ok bool) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), passthroughPrefix)
	if !ok {
		return "", "", false
	}
	i := strings.IndexByte(path, '/')
	if i < 0 {
		i = len(path)
	}
	provider, err := url.PathUnescape(path[:i])
	return provider, path[i:], err == nil
}

// Reader is the dialect that the answer at a path of a provider is in, as far as
// it is known; dialect is the provider's own.
func Reader(dialect, path string) llm.Dialect {
	if i := strings.LastIndexByte(path, ':'); i >= 0 && strings.HasPrefix(dialect, frontGemini.Name()) {
		switch path[i+1:] {
		case "generateContent", "streamGenerateContent":
			return frontGemini
		}
		if e := geminiForms[path[i+1:]]; e != nil {
			return e.Front
		}
		return nil
	}
	var best llm.Dialect
	longest := 0
	for known, e := range endpoints {
		// The version belongs to the base URL of some providers.
		for _, version := range [...]string{"/v1", "/v2", ""} {
			end := strings.TrimPrefix(known, version)
			if len(end) <= longest || !strings.HasSuffix(path, end) || !speaks(e.Front.Name(), dialect) {
				continue
			}
			best, longest = e.Front, len(end)
		}
	}
	return best
}

// speaks reports whether a front's dialect is one that a provider of a dialect
// has.
func speaks(front, dialect string) bool {
	return strings.HasPrefix(front, dialect) || dialect == frontOpenAI.Name() && front == frontResponses.Name()
}
