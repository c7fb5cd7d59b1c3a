package fairwaytest

import (
	"fmt"
	"strings"
)

// Config is what a test's Caddyfile says beyond what every test needs.
type Config struct {
	// Fairway stands in the block of the global option.
	Fairway string
	// Site stands in the block of the one site. Default: the shortcut.
	Site string
	// Global stands among the global options.
	Global string
	// Bind is the site's listener. Default: loopback.
	Bind string
	// Env is added to the process's environment, as "NAME=value".
	Env []string
	// NoKey leaves out the application and its key.
	NoKey bool
	// Binary is another program than the gateway under test, and Manage what
	// stands before its management commands.
	Binary string
	Manage []string
}

// caddyfile is the whole configuration for a folder and a port.
func (c *Config) caddyfile(admin string, port int) string {
	site, bind := c.Site, c.Bind
	if site == "" {
		site = "fairway"
	}
	if bind == "" {
		bind = "fairway/127.0.0.1"
	}
	return fmt.Sprintf(`{
	admin %s
	auto_https off
	grace_period 1s
	log {
		level DEBUG
		format fairway
	}
%s
	fairway {
%s
	}
}

http://:%d {
	bind %s
%s
}
`, admin, indent(c.Global, 1), indent(c.Fairway, 2), port, bind, indent(site, 1))
}

// indent keeps a configuration readable in the log of a failed test.
func indent(text string, depth int) string {
	var b strings.Builder
	for line := range strings.Lines(strings.Trim(text, "\n")) {
		b.WriteString(strings.Repeat("\t", depth))
		b.WriteString(line)
	}
	return b.String()
}
