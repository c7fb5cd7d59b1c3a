package state

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// providers are accounts of every dialect, all at one upstream. first and second
// are two accounts at OpenAI, first with two keys.
func providers(url string) string {
	return `
provider first openai_compatible {
	base_url ` + url + `/v1
	api_key sk-first-0 sk-first-1
	vendor openai
}
provider second openai_compatible {
	base_url ` + url + `/v1
	api_key sk-second
	vendor openai
}
provider plain openai_compatible {
	base_url ` + url + `/v1
	api_key sk-plain
}
provider deep openai_compatible {
	base_url ` + url + `/v1
	api_key sk-deep
	vendor deepseek
}
provider claude anthropic {
	base_url ` + url + `
	api_key sk-claude
}
provider claude2 anthropic {
	base_url ` + url + `
	api_key sk-claude2
}
provider gem gemini {
	base_url ` + url + `
	api_key sk-gem
}
expose first/* second/* plain/* deep/* claude/* claude2/* gem/*
`
}

// rig is a gateway with two tenants before one upstream.
type rig struct {
	*fairwaytest.Gateway
	up *fairwaytest.Upstream
	// other is a key of the second tenant.
	other string
	more  string
}

// start runs a gateway; more stands in its global option.
func start(t *testing.T, more string) *rig {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: providers(up.URL) + more})
	return &rig{Gateway: g, up: up, other: g.NewTenant(t, "other"), more: more}
}

func (r *rig) launch(t *testing.T) {
	t.Helper()
	if err := r.Launch(); err != nil {
		t.Fatal(err)
	}
}

// reload puts a configuration in force that differs from the one before.
func (r *rig) reload(t *testing.T) {
	t.Helper()
	r.more += "model reloaded-" + fmt.Sprint(len(r.more)) + " {\n\ttarget plain/x\n}\n"
	if status, body, err := r.Reload(fairwaytest.Config{Fairway: providers(r.up.URL) + r.more}); err != nil || status != 200 {
		t.Fatalf("reload: %d (%v): %s", status, err, body)
	}
}

// theirs are the headers of a call of the second tenant.
func (r *rig) theirs() []string { return []string{"Authorization", "Bearer " + r.other} }

// response is an answer of the Responses API.
type response struct {
	ID       string
	Status   string
	Store    bool
	Previous *string `json:"previous_response_id"`
	Output   []item
}

type item struct {
	ID, Type, Role string
	Name, Arguments,
	Output string
	CallID    string `json:"call_id"`
	Encrypted string `json:"encrypted_content"`
	Content   any
}

// text is what an item says.
func (i *item) text() string {
	switch c := i.Content.(type) {
	case string:
		return c
	case []any:
		var b strings.Builder
		for _, part := range c {
			text, _ := part.(map[string]any)["text"].(string)
			b.WriteString(text)
		}
		return b.String()
	}
	return ""
}

// respond sends a request and reads the answer, whole or streamed.
func (r *rig) respond(t *testing.T, body string, headers ...string) response {
	t.Helper()
	a := r.Post(t, "/v1/responses", body, headers...)
	if a.Status != 200 {
		t.Fatalf("%s: %d %s", body, a.Status, a.Body)
	}
	text := a.Body
	if strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream") {
		payloads, err := fairwaytest.Payloads(a.Body)
		if err != nil || len(payloads) == 0 {
			t.Fatal(err, string(a.Body))
		}
		var last struct {
			Type     string
			Response json.RawMessage
		}
		if err := json.Unmarshal([]byte(payloads[len(payloads)-1]), &last); err != nil || last.Type != "response.completed" {
			t.Fatal(err, payloads[len(payloads)-1])
		}
		text = last.Response
	}
	var got response
	if err := json.Unmarshal(text, &got); err != nil || got.ID == "" {
		t.Fatalf("%v: %s", err, text)
	}
	return got
}

// refused checks that a request is refused with a code, and that no provider
// heard of it.
func (r *rig) refused(t *testing.T, what string, status int, code, body string, headers ...string) {
	t.Helper()
	before := len(r.up.All())
	a := r.Post(t, "/v1/responses", body, headers...)
	if a.Status != status {
		t.Errorf("%s: got %d %s, want %d", what, a.Status, a.Body, status)
		return
	}
	if e := a.Error(t); e.CodeOf() != code {
		t.Errorf("%s: got %s, want the code %s", what, a.Body, code)
	}
	if n := len(r.up.All()) - before; n != 0 {
		t.Errorf("%s: %d calls reached a provider", what, n)
	}
}

// turns are what a provider of chat completions was told, as role: text.
func turns(t *testing.T, got *fairwaytest.Received) string {
	t.Helper()
	var body struct {
		Messages []struct {
			Role      string
			Content   any
			ToolCalls []struct {
				ID       string
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
			ToolCallID string `json:"tool_call_id"`
		}
	}
	if err := json.Unmarshal(got.Body, &body); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range body.Messages {
		line := m.Role + ":"
		if i := (item{Content: m.Content}); i.text() != "" {
			line += " " + i.text()
		}
		for _, c := range m.ToolCalls {
			line += " " + c.ID + " " + c.Function.Name + c.Function.Arguments
		}
		if m.ToolCallID != "" {
			line += " for " + m.ToolCallID
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
	}
}

// openAI is an answer of OpenAI's Responses API with a message and encrypted
// reasoning.
func openAI(id, text string) string {
	return fmt.Sprintf(`{"id":"resp_%[1]s","object":"response","created_at":1700000000,"status":"completed","error":null,"incomplete_details":null,"model":%[2]q,"store":true,"output":[`+
		`{"id":"rs_%[1]s","type":"reasoning","summary":[],"encrypted_content":"sealed-%[1]s"},`+
		`{"id":"msg_%[1]s","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":%[3]q}]}],`+
		`"usage":{"input_tokens":11,"output_tokens":7,"total_tokens":18}}`, id, fairwaytest.UpstreamModel, text)
}

// openAIEvents is the same as a stream.
func openAIEvents(id, text string) string {
	whole := openAI(id, text)
	message := fmt.Sprintf(`{"id":"msg_%s","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":%q}]}`, id, text)
	event := func(kind, rest string) string {
		return "event: " + kind + "\ndata: {\"type\":\"" + kind + "\"," + rest + "}\n\n"
	}
	return event("response.created", `"response":`+strings.Replace(whole, `"completed"`, `"in_progress"`, 1)) +
		event("response.output_text.delta", fmt.Sprintf(`"item_id":"msg_%s","output_index":1,"content_index":0,"delta":%q`, id, text)) +
		event("response.output_item.done", `"output_index":1,"item":`+message) +
		event("response.completed", `"response":`+whole)
}
