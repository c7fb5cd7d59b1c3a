package faults

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// start runs a gateway before one upstream. Providers oai, claude and gem are
// the upstream in its dialects; alone, broke and barred have the dialect of
// OpenAI and keys of their own, because some failures rest on the key; dead has
// nobody behind it. more stands in the global option. Every target that a test
// calls is exposed by its name, so that each has a state of its own.
func start(t *testing.T, more string, targets ...string) (*fairwaytest.Gateway, *fairwaytest.Upstream) {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	up.On("good", fairwaytest.JSON(200, fairwaytest.Completion("from the fallback")))
	up.On("good-stream", fairwaytest.SSE(fairwaytest.Completed("from ", "the fallback")...))
	config := ""
	for _, name := range []string{"oai", "alone", "broke", "barred"} {
		config += "provider " + name + " openai_compatible {\n\tbase_url " + up.URL + "/v1\n\tapi_key sk-" + name + "\n}\n"
	}
	config += "provider claude anthropic {\n\tbase_url " + up.URL + "\n\tapi_key sk-claude\n}\n" +
		"provider gem gemini {\n\tbase_url " + up.URL + "\n\tapi_key sk-gem\n}\n" +
		"provider dead openai_compatible {\n\tbase_url http://127.0.0.1:1/v1\n\tapi_key sk-dead\n}\n" +
		"expose oai/good oai/good-stream " + strings.Join(targets, " ") + "\n" + more
	return fairwaytest.Start(t, fairwaytest.Config{Fairway: config}), up
}

// failure is what a caller must see.
type failure struct {
	status          int
	code, errorType string
}

func (f failure) check(t *testing.T, a *fairwaytest.Answer) fairwaytest.APIError {
	t.Helper()
	if a.Status != f.status {
		t.Fatalf("status %d, want %d: %.500s", a.Status, f.status, a.Body)
	}
	e := a.Error(t)
	if e.CodeOf() != f.code || f.errorType != "" && e.Type != f.errorType {
		t.Errorf("type %q, code %q, want %q, %q", e.Type, e.CodeOf(), f.errorType, f.code)
	}
	return e
}

var (
	unreachable = failure{502, "upstream_unreachable", "api_error"}
	badResponse = failure{502, "upstream_bad_response", "api_error"}
	serverError = failure{502, "upstream_error", "api_error"}
	overloaded  = failure{503, "overloaded", "api_error"}
	timedOut    = failure{504, "upstream_timeout", "timeout_error"}
)
