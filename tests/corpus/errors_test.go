package corpus

import (
	"net/http"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// outcome is what a caller must see of a provider's failure.
type outcome struct {
	status int
	// code is empty where it is the provider's own.
	code string
}

var (
	credential = outcome{http.StatusBadGateway, "upstream_auth"}
	context    = outcome{http.StatusBadRequest, "context_length_exceeded"}
	callers    = outcome{http.StatusBadRequest, ""}
)

// usual is what becomes of most failures of a status.
var usual = map[int]outcome{
	400: callers,
	401: credential,
	403: credential,
	404: {http.StatusNotFound, "model_not_available"},
	429: {http.StatusTooManyRequests, "rate_limit_exceeded"},
	500: {http.StatusBadGateway, "upstream_error"},
}

// unusual are the recordings that say something else than their status.
var unusual = map[string]outcome{
	"gemini-generate-content-89caed86":  credential, // 400 "API key not valid"
	"llamacpp-chat-86cb7fbc":            callers,    // 500 "image input is not supported"
	"llamacpp-chat-c5d08aa6":            callers,    // 500 "cannot use both"
	"llamacpp-chat-dcf6611b":            context,    // exceed_context_size_error
	"ollama-cloud-openai-chat-cfcddc33": context,    // "prompt too long"
	"openrouter-chat-969faf22":          context,    // "maximum context length"
}

func checkError(t *testing.T, r *recording, a *fairwaytest.Answer) {
	t.Helper()
	want, ok := unusual[r.ID]
	if !ok {
		want, ok = usual[r.Response.Status]
	}
	if !ok {
		t.Fatalf("no rule for the recorded status %d", r.Response.Status)
	}
	e := a.Error(t)
	if a.Status != want.status || want.code != "" && e.CodeOf() != want.code {
		t.Errorf("the recorded %d became %d, code %q; want %d, %q: %s", r.Response.Status, a.Status, e.CodeOf(), want.status, want.code, a.Body)
	}
	if want == callers || want == context {
		if words := firstWords(r.body()); !strings.Contains(e.Message, words) {
			t.Errorf("the message %q lacks the provider's %q", e.Message, words)
		}
	}
}

// firstWords are the first two words of a recorded error's message.
func firstWords(body string) string {
	_, message, ok := strings.Cut(body, `"message":`)
	if !ok {
		return ""
	}
	message, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(message), `"`), `"`)
	words := strings.Fields(message)
	return strings.Join(words[:min(2, len(words))], " ")
}
