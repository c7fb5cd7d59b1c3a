package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/fairwaygw/fairway/modules/providers"
)

// alone takes away every variable that a preset has its key from.
func alone(t *testing.T) {
	t.Helper()
	for _, p := range providers.Presets() {
		if p.KeyVariable != "" {
			t.Setenv(p.KeyVariable, "") // given back at the test's end
			_ = os.Unsetenv(p.KeyVariable)
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_DATA_HOME", t.TempDir()+`/a "b" c`)
}

// adapted is the app's configuration in the one to try things with.
func adapted(t *testing.T, listen string) (names, exposed []string, all string) {
	t.Helper()
	text := quickstartCaddyfile(listen)
	out, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "quickstart"})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v %v: %s", err, warnings, text)
	}
	var config struct {
		Apps struct {
			Fairway struct {
				Providers map[string]any
				Expose    []string
			}
		}
	}
	if err := json.Unmarshal(out, &config); err != nil {
		t.Fatal(err)
	}
	for name := range config.Apps.Fairway.Providers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, config.Apps.Fairway.Expose, string(out)
}

// TestQuickstartWithVariables holds that the configuration is one that can be
// provisioned, whichever of the vendors' variables are set.
func TestQuickstartWithVariables(t *testing.T) {
	alone(t)
	base, _, _ := adapted(t, ":8080")
	if !slices.Contains(base, "simulator") {
		t.Errorf("without a variable the providers are %v", base)
	}
	for _, p := range providers.Presets() {
		if p.KeyVariable == "" {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Setenv(p.KeyVariable, "canary-of-a-key")
			names, exposed, all := adapted(t, ":8080")
			if !slices.Contains(names, p.Name) || !slices.Contains(exposed, p.Name+"/*") {
				t.Errorf("the providers are %v, exposed are %v", names, exposed)
			}
			if strings.Contains(all, "canary") {
				t.Error("the key is in the configuration")
			}
			var config caddy.Config
			if err := json.Unmarshal([]byte(all), &config); err != nil {
				t.Fatal(err)
			}
			if err := caddy.Validate(&config); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestQuickstartAddresses(t *testing.T) {
	alone(t)
	for _, listen := range []string{":8080", "127.0.0.1:8080", "localhost:1", "[::1]:8080", "0.0.0.0:65535"} {
		_, _, all := adapted(t, listen)
		var config caddy.Config
		if err := json.Unmarshal([]byte(all), &config); err != nil {
			t.Fatal(err)
		}
		if err := caddy.Validate(&config); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
}

func TestQuickstartRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"", "8080", "localhost", "::1:8080"} {
		if err := quickstart(listen); err == nil || !strings.Contains(err.Error(), "--listen") {
			t.Errorf("%q: got %v", listen, err)
		}
	}
}

// TestGreeting holds that what is printed can be copied as it is: one line, the
// body in single quotes and without one inside, and an answer that is whole.
func TestGreeting(t *testing.T) {
	t.Parallel()
	text := greeting("http://localhost:8080", "fwk_key")
	line := regexp.MustCompile(`(?m)^curl .*$`).FindString(text)
	body := regexp.MustCompile(`-d '(\{[^']*\})'$`).FindStringSubmatch(line)
	if body == nil || strings.Count(line, "'")%2 != 0 {
		t.Fatalf("the line is %s", line)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(body[1]), &fields); err != nil {
		t.Fatalf("%v: %s", err, body[1])
	}
	if _, streams := fields["stream"]; streams || fields["model"] != "simulator/echo" || fields["messages"] == nil {
		t.Errorf("the body is %s", body[1])
	}
	for _, part := range []string{"http://localhost:8080/v1/chat/completions", "'Authorization: Bearer fwk_key'", "'Content-Type: application/json'"} {
		if !strings.Contains(line, part) {
			t.Errorf("the line lacks %s: %s", part, line)
		}
	}
	if !strings.Contains(text, "http://localhost:8080/v1\n") || !strings.Contains(text, "7 days") {
		t.Errorf("the text is %s", text)
	}
}
