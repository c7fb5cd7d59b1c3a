package chat

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestWeights holds that calls are shared out by weight, and that a target of
// weight 0 gets none.
func TestWeights(t *testing.T) {
	t.Parallel()
	g, up := start(t, `
model shared {
	target oai/three weight 3
	target oai/one weight 1
	target oai/none weight 0
}
model ordered {
	strategy first
	target oai/one
	target oai/three
}
`)
	for _, model := range []string{"one", "three", "none"} {
		up.On(model, fairwaytest.JSON(200, fairwaytest.Completion("fine")))
	}
	const calls = 400
	for range calls {
		chat(t, g.Chat(t, fairwaytest.Ask("shared")))
	}
	// Three quarters of 400 are 300; 4.6 standard deviations of the binomial
	// distribution are 40.
	if n := len(up.Requests("three")); n < 260 || n > 340 {
		t.Errorf("the target of weight 3 got %d of %d calls", n, calls)
	}
	if n := len(up.Requests("none")); n > 0 {
		t.Errorf("the target of weight 0 got %d calls", n)
	}
	before := len(up.Requests("one"))
	for range 10 {
		chat(t, g.Chat(t, fairwaytest.Ask("ordered")))
	}
	if n := len(up.Requests("one")) - before; n != 10 {
		t.Errorf("the first target got %d of 10 calls", n)
	}
}

// TestToolNamesComeBack holds that names that a provider does not take are the
// caller's again in the answer.
func TestToolNamesComeBack(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	long := strings.Repeat("a-very-long-name.", 6)
	for _, name := range []string{"weather.get", "wetter/größe", long} {
		for _, provider := range []string{"claude", "gem"} {
			model := "names-" + provider
			up.On(model, func(c *fairwaytest.Conn, r *fairwaytest.Received) {
				sent := toolName(t, provider, r.Body)
				body := fairwaytest.AnthropicTool(sent, `{}`)
				if provider == "gem" {
					body = fairwaytest.GeminiContent(`{"functionCall":{"name":` + fairwaytest.Quote(sent) + `,"args":{}}}`)
				}
				fairwaytest.JSON(200, body)(c, r)
			})
			s := chat(t, g.Chat(t, `{"model":"`+provider+"/"+model+`","messages":[{"role":"user","content":"hello"}],"tools":[{"type":"function","function":{"name":`+fairwaytest.Quote(name)+`,"parameters":{"type":"object","properties":{}}}}]}`))
			if len(s.Tools) != 1 || s.Tools[0].Name != name || s.Tools[0].Arguments != "{}" {
				t.Errorf("%s: the caller sees %+v, want %q", provider, s.Tools, name)
			}
		}
	}
}

// toolName is the name of the one tool in a request as the provider got it.
func toolName(t *testing.T, provider string, body []byte) string {
	t.Helper()
	var b struct {
		Tools []struct {
			Name                 string
			FunctionDeclarations []struct{ Name string }
		}
	}
	if err := json.Unmarshal(body, &b); err != nil || len(b.Tools) != 1 {
		t.Errorf("%s got (%v) %s", provider, err, body)
		return ""
	}
	if provider == "gem" {
		return b.Tools[0].FunctionDeclarations[0].Name
	}
	return b.Tools[0].Name
}

// TestRequestsThatCannotBeCarried holds that a conversation that makes no sense
// is refused with its place, not sent.
func TestRequestsThatCannotBeCarried(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	for _, d := range dialects() {
		if d.provider == "oai" {
			continue // what its own dialect cannot say, the provider refuses
		}
		up.On("odd-"+d.provider, fairwaytest.JSON(200, d.whole("fine")))
		ask := func(messages string) *fairwaytest.Answer {
			return g.Chat(t, `{"model":"`+d.provider+"/odd-"+d.provider+`","messages":[`+messages+`]}`)
		}
		a := ask(`{"role":"user","content":"hello"},{"role":"tool","tool_call_id":"call_nothing","content":"rain"}`)
		if e := a.Error(t); a.Status != 400 || !strings.HasPrefix(e.ParamOf(), "messages[1]") {
			t.Errorf("%s: a result without a call: status %d, %+v, param %q", d.provider, a.Status, e, e.ParamOf())
		}
		if n := len(up.Requests("odd-" + d.provider)); n > 0 {
			t.Errorf("%s got %d requests", d.provider, n)
		}
		for name, messages := range map[string]string{
			"only a system message":   `{"role":"system","content":"be brief"}`,
			"two users":               `{"role":"user","content":"a"},{"role":"user","content":"b"}`,
			"a system message inside": `{"role":"user","content":"a"},{"role":"system","content":"s"},{"role":"user","content":"b"}`,
			"an empty assistant":      `{"role":"user","content":"a"},{"role":"assistant","content":""},{"role":"user","content":"b"}`,
			"arguments of nothing":    `{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":""}}]},{"role":"tool","tool_call_id":"c1","content":"x"}`,
		} {
			if a := ask(messages); a.Status != 200 {
				t.Errorf("%s: %s: status %d: %s", d.provider, name, a.Status, a.Body)
			}
		}
	}
}
