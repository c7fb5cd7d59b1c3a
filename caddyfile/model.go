package caddyfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/modules/gateway"
)

func (g *global) model() error {
	if !g.NextArg() {
		return g.Err("write: model <name> { target <provider>/<model> }")
	}
	name := g.Val()
	for other := range g.config.Models {
		if strings.EqualFold(other, name) {
			return g.twice("models."+other, fmt.Sprintf("model %q", other))
		}
	}
	m := &modelBlock{global: g, path: "models." + name, config: &gateway.ModelConfig{}}
	g.mark(m.path)
	if err := g.lineEnd(); err != nil {
		return err
	}
	for nesting := g.Nesting(); g.NextBlock(nesting); {
		option := g.Val()
		i := slices.IndexFunc(modelOptions, func(o modelOption) bool { return o.name == option })
		if i < 0 {
			return unknown(g.Dispenser, "model", option, modelOptionNames())
		}
		if err := modelOptions[i].parse(m); err != nil {
			return err
		}
	}
	if g.config.Models == nil {
		g.config.Models = map[string]*gateway.ModelConfig{}
	}
	g.config.Models[name] = m.config
	return nil
}

// modelBlock is one model as it is read.
type modelBlock struct {
	*global
	path   string
	config *gateway.ModelConfig
}

type modelOption struct {
	name  string
	parse func(*modelBlock) error
}

var modelOptions = []modelOption{
	{"target", (*modelBlock).target},
	{"fallback", (*modelBlock).fallback},
	{"on_context_overflow", (*modelBlock).onContextOverflow},
	{"on_content_policy", (*modelBlock).onContentPolicy},
	{"strategy", (*modelBlock).strategy},
	{"sticky", (*modelBlock).sticky},
	{"retry", (*modelBlock).retry},
	{"timeout", (*modelBlock).timeout},
	{"strict", (*modelBlock).strict},
}

func modelOptionNames() []string {
	var names []string
	for _, o := range modelOptions {
		names = append(names, o.name)
	}
	return names
}

func (m *modelBlock) target() error {
	if !m.NextArg() {
		return m.Err("write: target <provider>/<model> [weight <n>]")
	}
	path := fmt.Sprintf("%s.targets[%d]", m.path, len(m.config.Targets))
	m.mark(path)
	t := gateway.TargetConfig{Target: m.Val()}
	for m.NextArg() {
		if m.Val() != "weight" {
			return unknown(m.Dispenser, "target", m.Val(), []string{"weight"})
		}
		m.mark(path + ".weight")
		weight, err := number(m.Dispenser, "weight", 0, 1_000_000)
		if err != nil {
			return err
		}
		t.Weight = &weight
	}
	m.config.Targets = append(m.config.Targets, t)
	return nil
}

func (m *modelBlock) fallback() error { return m.successors("fallbacks", &m.config.Fallbacks) }

func (m *modelBlock) onContextOverflow() error {
	return m.successors("on_context_overflow", &m.config.OnContextOverflow)
}

func (m *modelBlock) onContentPolicy() error {
	return m.successors("on_content_policy", &m.config.OnContentPolicy)
}

// successors reads what takes over for the model's targets.
func (m *modelBlock) successors(field string, list *[]string) error {
	args := m.RemainingArgs()
	if len(args) == 0 {
		return m.ArgErr()
	}
	for _, a := range args {
		m.mark(fmt.Sprintf("%s.%s[%d]", m.path, field, len(*list)))
		*list = append(*list, a)
	}
	return nil
}

func (m *modelBlock) sticky() error {
	if m.config.Sticky {
		return m.twice(m.path+".sticky", "sticky")
	}
	m.mark(m.path + ".sticky")
	m.config.Sticky = true
	return m.lineEnd()
}

func (m *modelBlock) strategy() error {
	if m.config.Strategy != "" {
		return m.twice(m.path+".strategy", "strategy")
	}
	m.mark(m.path + ".strategy")
	if !m.NextArg() {
		return m.Errf("strategy needs a name: %s", strings.Join(gateway.Strategies, ", "))
	}
	m.config.Strategy = m.Val()
	return m.lineEnd()
}

func (m *modelBlock) retry() error {
	if m.config.Retry != nil {
		return m.twice(m.path+".retry", "retry")
	}
	m.mark(m.path + ".retry")
	retries, err := number(m.Dispenser, "retry", 0, 10)
	if err != nil {
		return err
	}
	r := &gateway.RetryConfig{Retries: &retries}
	for m.NextArg() {
		if m.Val() != "within" {
			return unknown(m.Dispenser, "retry", m.Val(), []string{"within"})
		}
		m.mark(m.path + ".retry.within")
		if r.Within, err = durationArg(m.Dispenser, "within"); err != nil {
			return err
		}
	}
	m.config.Retry = r
	return nil
}

func (m *modelBlock) timeout() error {
	if m.config.Timeout != nil {
		return m.twice(m.path+".timeout", "timeout")
	}
	m.mark(m.path + ".timeout")
	t := &gateway.TimeoutConfig{}
	if err := m.durations("timeout", m.path+".timeout", []namedDuration{
		{"connect", &t.Connect}, {"first_event", &t.FirstEvent}, {"idle", &t.Idle}, {"total", &t.Total},
	}); err != nil {
		return err
	}
	m.config.Timeout = t
	return nil
}

func (m *modelBlock) strict() error {
	m.config.Strict = true
	return m.lineEnd()
}
