package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// kindOfProxy is how a proxy is configured.
type kindOfProxy int

const (
	plain   kindOfProxy = iota // reverse_proxy and nothing else
	gateway                    // all that Fairway does for a call
)

// proxySpec is a proxy to be started.
type proxySpec struct {
	name      string
	kind      kindOfProxy
	binary    string
	env       []string
	accessLog bool
}

// proxy is a running one.
type proxy struct {
	*process
	spec  proxySpec
	addr  string
	admin adminSocket
	key   string
}

// startProxy starts a proxy in front of the upstream, in a folder of its own
// that holds all of its state.
func startProxy(ctx context.Context, spec proxySpec, dir, upstreamAddr string) (*proxy, error) {
	dir, err := os.MkdirTemp(dir, spec.name+"-")
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	p := &proxy{spec: spec, addr: addr, admin: adminSocket(filepath.Join(dir, "admin.sock"))}
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, []byte(p.caddyfile(dir, upstreamAddr)), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, spec.binary, "run", "--config", config, "--adapter", "caddyfile")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	cmd.Env = append(cmd.Env, spec.env...)
	if p.process, err = start(spec.name, filepath.Join(dir, "log"), cmd); err != nil {
		return nil, err
	}
	if err := p.ready(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *proxy) ready(ctx context.Context) error {
	if err := p.waitFor(ctx, "tcp", p.addr); err != nil {
		return err
	}
	if err := p.waitFor(ctx, "unix", string(p.admin)); err != nil {
		return err
	}
	// The others are sent a key too, which they do not look at, so that their
	// requests are as long.
	p.key = strings.Repeat("k", 44)
	if p.spec.kind == plain {
		return nil
	}
	key, err := makeKey(ctx, p.spec.binary, p.admin)
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	p.key = key
	return nil
}

func (p *proxy) caddyfile(dir, upstreamAddr string) string {
	log := ""
	if p.spec.accessLog {
		log = "log {\n\t\toutput file " + filepath.Join(dir, "access.log") + "\n"
		if p.spec.kind == gateway {
			log += "\t\tformat fairway\n"
		}
		log += "\t}"
	}
	text := plainCaddyfile
	if p.spec.kind == gateway {
		text = fairwayCaddyfile
	}
	_, port, _ := net.SplitHostPort(p.addr)
	return strings.NewReplacer(
		"ADMIN", string(p.admin), "STORE", filepath.Join(dir, "fairway.db"),
		"PORT", port, "UPSTREAM", upstreamAddr, "LOG", log,
	).Replace(text)
}

const plainCaddyfile = `{
	admin unix/ADMIN
	auto_https off
	grace_period 2s
}

http://:PORT {
	bind 127.0.0.1
	LOG
	reverse_proxy UPSTREAM
}
`

// All that a call can pass is on: key, request count, usage, price, metrics
// and journal need no option.
const fairwayCaddyfile = `{
	admin unix/ADMIN
	auto_https off
	grace_period 2s
	fairway {
		store sqlite STORE
		provider up openai_compatible {
			base_url http://UPSTREAM/v1
			api_key bench
		}
		provider an anthropic {
			base_url http://UPSTREAM
			api_key bench
		}
		provider ge gemini {
			base_url http://UPSTREAM
			api_key bench
		}
		model bench {
			target up/bench
		}
		model bench-anthropic {
			target an/claude-haiku-4-5
		}
		model bench-gemini {
			target ge/gemini-2.5-flash
		}
		price up/bench {
			input 0.25
			output 2
		}
	}
}

http://:PORT {
	bind fairway/127.0.0.1
	LOG
	fairway
}
`
