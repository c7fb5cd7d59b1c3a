package providers

import (
	"context"
	"errors"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/openai"
	"github.com/fairwaygw/fairway/modules/providers/simulator"
)

func init() { caddy.RegisterModule(new(Simulator)) }

// Simulator answers in process, without a network and without a key: it echoes
// what the user said. Model names and the field "simulate" of a request set
// delays and faults: echo, slow, status-503, reset-after-3 and more. See
// https://pkg.go.dev/github.com/fairwaygw/fairway/modules/providers/simulator.
type Simulator struct {
	// Latency is waited before every answer. Default 0.
	Latency caddy.Duration `json:"latency,omitempty"`

	// Delay is waited between the chunks of a stream. Default 0.
	Delay caddy.Duration `json:"delay,omitempty"`

	simulator simulator.Simulator
}

// CaddyModule returns the module's information.
func (*Simulator) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.simulator", New: func() caddy.Module { return new(Simulator) }}
}

// Provision checks the configuration.
func (p *Simulator) Provision(caddy.Context) error {
	if p.Latency < 0 || p.Delay < 0 {
		return errors.New("latency and delay must not be negative")
	}
	p.simulator = simulator.Simulator{Latency: time.Duration(p.Latency), Delay: time.Duration(p.Delay)}
	return nil
}

// Dialect is chat completions.
func (*Simulator) Dialect() llm.Dialect { return openai.Dialect{} }

// Credentials is 1: no key is one way to call.
func (*Simulator) Credentials() int { return 1 }

// Vendor is "simulator".
func (*Simulator) Vendor() string { return "simulator" }

// Endpoint is empty; nothing leaves the process.
func (*Simulator) Endpoint() string { return "" }

// Models are those with a name of their own; others say how they behave.
func (*Simulator) Models() []string { return simulator.Models() }

// Send answers a request.
func (p *Simulator) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	if o.Operation != llm.OpChat {
		return nil, unsupported(o.Operation)
	}
	return p.simulator.Send(ctx, o)
}

// Interface guards.
var (
	_ llm.Provider          = (*Simulator)(nil)
	_ llm.Describer         = (*Simulator)(nil)
	_ llm.ModelLister       = (*Simulator)(nil)
	_ caddy.Provisioner     = (*Simulator)(nil)
	_ caddyfile.Unmarshaler = (*Simulator)(nil)
)
