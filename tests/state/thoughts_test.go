package state

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// caller is a client of one dialect in a loop with a tool.
type caller struct {
	name, path string
	// first is the request for a model.
	first func(model string) string
	// second comes back with the tool's result, after an answer. A careful
	// client sends back the answer as it came, any other the call alone.
	second func(t *testing.T, model string, answer []byte, careful bool) string
}

const parameters = `{"type":"object","properties":{"at":{"type":"string"}}}`

// pick reads a value out of JSON by its path.
func pick(t *testing.T, text []byte, path ...any) json.RawMessage {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			var m map[string]json.RawMessage
			if err := json.Unmarshal(text, &m); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			text = m[step]
		case int:
			var l []json.RawMessage
			if err := json.Unmarshal(text, &l); err != nil || len(l) <= step {
				t.Fatalf("%v: %s", err, text)
			}
			text = l[step]
		}
	}
	return text
}

// last is the element of a list that has a member.
func last(t *testing.T, list json.RawMessage, key, value string) json.RawMessage {
	t.Helper()
	var items []map[string]json.RawMessage
	if err := json.Unmarshal(list, &items); err != nil {
		t.Fatalf("%v: %s", err, list)
	}
	for i, item := range items {
		if v, ok := item[key]; ok && (value == "" || string(v) == `"`+value+`"`) {
			return pick(t, list, i)
		}
	}
	t.Fatalf("nothing has %s %s: %s", key, value, list)
	return nil
}

var callers = []caller{
	{
		"openai", "/v1/chat/completions",
		func(model string) string {
			return `{"model":"` + model + `","max_completion_tokens":9000,"reasoning_effort":"low","messages":[{"role":"user","content":"look"}],"tools":[{"type":"function","function":{"name":"look","parameters":` + parameters + `}}]}`
		},
		func(t *testing.T, model string, answer []byte, careful bool) string {
			message := pick(t, answer, "choices", 0, "message")
			call := pick(t, message, "tool_calls", 0)
			if !careful {
				call = []byte(fmt.Sprintf(`{"id":%s,"type":"function","function":%s}`, pick(t, call, "id"), pick(t, call, "function")))
				message = []byte(`{"role":"assistant","content":null,"tool_calls":[` + string(call) + `]}`)
			}
			return `{"model":"` + model + `","max_completion_tokens":9000,"reasoning_effort":"low","messages":[{"role":"user","content":"look"},` + string(message) +
				`,{"role":"tool","tool_call_id":` + string(pick(t, call, "id")) + `,"content":"blue"}],"tools":[{"type":"function","function":{"name":"look","parameters":` + parameters + `}}]}`
		},
	},
	{
		"anthropic", "/v1/messages",
		func(model string) string {
			return `{"model":"` + model + `","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"look"}],"tools":[{"name":"look","input_schema":` + parameters + `}]}`
		},
		func(t *testing.T, model string, answer []byte, careful bool) string {
			content := pick(t, answer, "content")
			call := last(t, content, "type", "tool_use")
			if !careful {
				content = []byte("[" + string(call) + "]")
			}
			return `{"model":"` + model + `","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"look"},{"role":"assistant","content":` + string(content) +
				`},{"role":"user","content":[{"type":"tool_result","tool_use_id":` + string(pick(t, call, "id")) + `,"content":"blue"}]}],"tools":[{"name":"look","input_schema":` + parameters + `}]}`
		},
	},
	{
		"gemini", "/v1beta/models/%s:generateContent",
		func(string) string {
			return `{"contents":[{"role":"user","parts":[{"text":"look"}]}],"generationConfig":{"maxOutputTokens":9000,"thinkingConfig":{"includeThoughts":true,"thinkingBudget":2000}},"tools":[{"functionDeclarations":[{"name":"look","parametersJsonSchema":` + parameters + `}]}]}`
		},
		func(t *testing.T, _ string, answer []byte, careful bool) string {
			content := pick(t, answer, "candidates", 0, "content")
			call := pick(t, last(t, pick(t, content, "parts"), "functionCall", ""), "functionCall")
			if !careful {
				content = []byte(`{"role":"model","parts":[{"functionCall":` + string(call) + `}]}`)
			}
			return `{"contents":[{"role":"user","parts":[{"text":"look"}]},` + string(content) + `,{"role":"user","parts":[{"functionResponse":{"id":` + string(pick(t, call, "id")) +
				`,"name":"look","response":{"output":"blue"}}}]}],"generationConfig":{"maxOutputTokens":9000,"thinkingConfig":{"includeThoughts":true,"thinkingBudget":2000}},"tools":[{"functionDeclarations":[{"name":"look","parametersJsonSchema":` + parameters + `}]}]}`
		},
	},
	{
		"responses", "/v1/responses",
		func(model string) string {
			return `{"model":"` + model + `","store":false,"max_output_tokens":9000,"reasoning":{"effort":"low"},"include":["reasoning.encrypted_content"],"input":"look","tools":[{"type":"function","name":"look","parameters":` + parameters + `}]}`
		},
		func(t *testing.T, model string, answer []byte, careful bool) string {
			output := pick(t, answer, "output")
			call := last(t, output, "type", "function_call")
			if !careful {
				output = []byte("[" + string(call) + "]")
			}
			return `{"model":"` + model + `","store":false,"max_output_tokens":9000,"reasoning":{"effort":"low"},"input":[{"role":"user","content":"look"},` + strings.Trim(string(output), "[]") +
				`,{"type":"function_call_output","call_id":` + string(pick(t, call, "call_id")) + `,"output":"blue"}],"tools":[{"type":"function","name":"look","parameters":` + parameters + `}]}`
		},
	},
}

// minted is a vendor that proves its thoughts.
type minted struct {
	name, dialect, model string
	reply                fairwaytest.Reply
	// proofs must come back to it, and to nobody else.
	proofs []string
}

// unique keeps the subtests' calls of tools apart.
func vendors(unique string) []minted {
	return []minted{
		{
			"gemini", "gemini", "gem/gemini-3-pro-preview",
			fairwaytest.JSON(200, fairwaytest.GeminiContent(`{"text":"hm","thought":true},{"functionCall":{"id":"g-`+unique+`","name":"look","args":{"at":"sky","n":1}},"thoughtSignature":"Z29vZ2xl"}`)),
			[]string{`"thoughtSignature":"Z29vZ2xl"`},
		},
		{
			"claude", "anthropic", "claude/claude-sonnet-4-5",
			fairwaytest.JSON(200, `{"id":"msg_1","type":"message","role":"assistant","model":"x","content":[{"type":"thinking","thinking":"hm","signature":"YW50aHJvcGlj"},{"type":"redacted_thinking","data":"cmVkYWN0ZWQ="},{"type":"tool_use","id":"toolu_`+unique+`","name":"look","input":{"at":"sky","n":1}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":7}}`),
			[]string{`"thinking":"hm","signature":"YW50aHJvcGlj"`, `"data":"cmVkYWN0ZWQ="`},
		},
		{
			// It proves nothing, but refuses a tool's result without the thoughts.
			"deepseek", "openai", "deep/deepseek-reasoner",
			fairwaytest.JSON(200, `{"id":"d-`+unique+`","object":"chat.completion","created":1700000000,"model":"x","choices":[{"index":0,"message":{"role":"assistant","content":null,"reasoning_content":"a long thought","tool_calls":[{"id":"call_`+unique+`","type":"function","function":{"name":"look","arguments":"{\"at\": \"sky\", \"n\": 1}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}`),
			[]string{`"reasoning_content":"a long thought"`},
		},
	}
}

// secrets are what the vendors of these tests issue.
var secrets = []string{"Z29vZ2xl", "YW50aHJvcGlj", "cmVkYWN0ZWQ=", "skip_thought"}

// TestThoughtsComeBack holds, for each dialect of callers, that a vendor gets its
// thoughts back with a tool's result, whatever the client keeps, and after a
// reload; that no other vendor sees them; and that another tenant gets none.
func TestThoughtsComeBack(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.up.On("other", fairwaytest.JSON(200, fairwaytest.Completion("fine")))
	path := func(c *caller, model string) string {
		if strings.Contains(c.path, "%s") {
			return fmt.Sprintf(c.path, model)
		}
		return c.path
	}
	type loop struct {
		what           string
		careful        bool
		c              *caller
		m              minted
		second, others string
	}
	var loops []loop
	for i := range callers {
		c := &callers[i]
		for _, careful := range []bool{true, false} {
			for _, m := range vendors(fmt.Sprintf("%s%v0123456789", c.name, careful)) {
				what := fmt.Sprintf("%s before %s, careful %v", c.name, m.name, careful)
				_, model, _ := strings.Cut(m.model, "/")
				r.up.On(model, m.reply)
				a := r.Post(t, path(c, m.model), c.first(m.model))
				if a.Status != 200 {
					t.Fatalf("%s: %d %s", what, a.Status, a.Body)
				}
				loops = append(loops, loop{what, careful, c, m, c.second(t, m.model, a.Body, careful), c.second(t, "plain/other", a.Body, careful)})
			}
		}
	}
	r.reload(t)
	for _, l := range loops {
		_, model, _ := strings.Cut(l.m.model, "/")
		r.up.On(model, l.m.reply)
		if a := r.Post(t, path(l.c, l.m.model), l.second); a.Status != 200 {
			t.Errorf("%s: %d %s", l.what, a.Status, a.Body)
			continue
		}
		body := string(r.up.Last(t, model).Body)
		own := l.c.name == l.m.dialect
		for _, proof := range l.m.proofs {
			// Between equal dialects bytes pass: what a client does not keep of
			// its own is its loss.
			if strings.Count(body, proof) != 1 && (l.careful || !own) {
				t.Errorf("%s: the vendor was not told %s once: %s", l.what, proof, body)
			}
		}
		// Another vendor is told nothing of it.
		if a := r.Post(t, path(l.c, "plain/other"), l.others); a.Status != 200 {
			t.Errorf("%s, then another: %d %s", l.what, a.Status, a.Body)
			continue
		}
		body = string(r.up.Last(t, "other").Body)
		for _, secret := range secrets {
			if strings.Contains(body, secret) {
				t.Errorf("%s: another vendor was told %s: %s", l.what, secret, body)
			}
		}
		// What a client has kept itself is its own; what is kept here is the
		// tenant's.
		if l.careful || own {
			continue
		}
		if a := r.Post(t, path(l.c, l.m.model), l.second, r.theirs()...); a.Status != 200 {
			t.Errorf("%s, another tenant: %d %s", l.what, a.Status, a.Body)
		}
		body = string(r.up.Last(t, model).Body)
		for _, proof := range l.m.proofs {
			if strings.Contains(body, proof) {
				t.Errorf("%s: another tenant's call was told %s: %s", l.what, proof, body)
			}
		}
	}
}

// TestThoughtsStayWithTheirAccount holds that what is remembered of one account
// reaches no other, not even at the same vendor, and not on a fallback.
func TestThoughtsStayWithTheirAccount(t *testing.T) {
	t.Parallel()
	r := start(t, `
model m {
	target claude/own
	fallback claude2/other
	retry 2
}
`)
	c, m := &callers[0], vendors("0123456789abcdef")[1]
	r.up.On("own", m.reply, fairwaytest.JSON(529, `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`))
	r.up.On("other", fairwaytest.JSON(200, fairwaytest.AnthropicMessage("fine")))
	first := r.Post(t, c.path, c.first("m"))
	if first.Status != 200 {
		t.Fatal(first.Status, string(first.Body))
	}
	if a := r.Post(t, c.path, c.second(t, "m", first.Body, false)); a.Status != 200 {
		t.Fatal(a.Status, string(a.Body))
	}
	own, other := string(r.up.Last(t, "own").Body), r.up.Last(t, "other")
	if key := other.Header.Get("X-Api-Key"); key != "sk-claude2" {
		t.Fatal("the fallback was called with", key)
	}
	for _, proof := range m.proofs {
		if !strings.Contains(own, proof) {
			t.Errorf("its own account was not told %s: %s", proof, own)
		}
		if strings.Contains(string(other.Body), proof) {
			t.Errorf("another account was told %s: %s", proof, other.Body)
		}
	}
}
