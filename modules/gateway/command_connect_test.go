package gateway

import (
	"strings"
	"testing"
)

func TestConnections(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range connections {
		if seen[c.name] || findClient(c.name) == nil {
			t.Errorf("%s stands twice, or is not found", c.name)
		}
		seen[c.name] = true
		for _, part := range []string{"{url}", "{key}", "{model}"} {
			if c.name != "ollama" && !strings.Contains(c.text, part) {
				t.Errorf("%s does not say %s", c.name, part)
			}
		}
		// Of these the base URL ends in the version, of the others it does not.
		if versioned := strings.Contains(c.text, "{url}/v1"); versioned != (c.name != "anthropic" && c.name != "google" && c.name != "claude-code" && c.name != "gemini-cli" && c.name != "ollama") {
			t.Errorf("%s: version in the base URL: %t", c.name, versioned)
		}
	}
	if findClient("nobody") != nil {
		t.Error("nobody is found")
	}
}
