package operations

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

const countBody = `{"model":"MODEL","system":"Be brief.","messages":[{"role":"user","content":"What is the capital of France?"}],"tools":[{"name":"t","input_schema":{"type":"object","properties":{"A":{},"a":{}}}}]}`

// TestCountTokens holds that those count who can, that others estimate and say
// so, and that neither costs anything.
func TestCountTokens(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	up.On("counted", fairwaytest.JSON(200, `{"input_tokens":588}`))
	up.On("metered", fairwaytest.JSON(200, `{"totalTokens":61,"promptTokensDetails":[{"modality":"TEXT","tokenCount":61}]}`))
	const whole = `{"generateContentRequest":{"model":"models/MODEL","contents":[{"role":"user","parts":[{"text":"What is the capital of France?"}]}]}}`
	for _, c := range []struct {
		name, up, path, body, uri, sent, want string
	}{
		{"anthropic", "counted", "/v1/messages/count_tokens?beta=true", strings.ReplaceAll(countBody, "MODEL", "claude/counted"), "/v1/messages/count_tokens", strings.ReplaceAll(countBody, "MODEL", "counted"), `{"input_tokens":588}`},
		{"gemini", "metered", "/v1beta/models/gem/metered:countTokens", strings.ReplaceAll(whole, "MODEL", "gem/metered"), "/v1beta/models/metered:countTokens", strings.ReplaceAll(whole, "MODEL", "metered"), `{"totalTokens":61,"promptTokensDetails":[{"modality":"TEXT","tokenCount":61}]}`},
	} {
		a := g.Post(t, c.path, c.body)
		sameJSON(t, c.name, a.Body, c.want)
		if a.Status != 200 || a.Header.Get("Fairway-Estimated") != "" {
			t.Errorf("%s: %d, estimated %q", c.name, a.Status, a.Header.Get("Fairway-Estimated"))
		}
		received(t, up, c.uri[strings.LastIndexByte(c.uri, '/')+1:strings.LastIndexByte(c.uri, '/')+1]+map[string]string{"anthropic": "counted", "gemini": "metered"}[c.name], c.uri, c.sent)
		if r := g.Record(t, a.ID()); r.Operation != "count_tokens" || r.Usage != (fairwaytest.Consumed{}) || r.Cost == nil || r.Cost.String() != "0" {
			t.Errorf("%s: recorded %+v", c.name, r)
		}
	}
	for _, c := range []struct{ path, body, field string }{
		{"/v1/messages/count_tokens", strings.ReplaceAll(countBody, "MODEL", "oai/far"), "input_tokens"},
		{"/anthropic/v1/messages/count_tokens?beta=true", strings.ReplaceAll(countBody, "MODEL", "gem/far"), "input_tokens"},
		{"/v1/models/oai/far:countTokens", `{"contents":[{"parts":[{"text":"What is the capital of France?"}]}]}`, "totalTokens"},
		{"/v1beta/models/claude/far:countTokens", strings.ReplaceAll(whole, "MODEL", "far"), "totalTokens"},
	} {
		a := g.Post(t, c.path, c.body)
		var got map[string]int
		if a.JSON(t, &got); a.Status != 200 || a.Header.Get("Fairway-Estimated") != "true" || got[c.field] < 7 || got[c.field] > 120 {
			t.Errorf("%s: %d %s, estimated %q", c.path, a.Status, a.Body, a.Header.Get("Fairway-Estimated"))
		}
		if r := g.Record(t, a.ID()); r.Operation != "count_tokens" || r.Usage != (fairwaytest.Consumed{}) || len(r.Attempts) != 0 || r.Status != 200 {
			t.Errorf("%s: recorded %+v", c.path, r)
		}
	}
	if n := len(up.Requests("far")); n > 0 {
		t.Errorf("%d requests reached a provider that does not count", n)
	}
}

// TestCountWhenTheProviderFails holds that a count which failed for no fault of
// the request becomes an estimate, and that one for its fault does not.
func TestCountWhenTheProviderFails(t *testing.T) {
	t.Parallel()
	up := fairwaytest.NewUpstream(t)
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: providers(up.URL)})
	up.On("counted", fairwaytest.JSON(529, `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`))
	up.On("wrong", fairwaytest.JSON(400, `{"type":"error","error":{"type":"invalid_request_error","message":"tools: bad"}}`))
	for _, model := range []string{"mixed", "claude/counted"} {
		a := g.Post(t, "/v1/messages/count_tokens", strings.ReplaceAll(countBody, "MODEL", model))
		if a.Status != 200 || a.Header.Get("Fairway-Estimated") != "true" {
			t.Errorf("%s: %d %s", model, a.Status, a.Body)
		}
	}
	if a := g.Post(t, "/v1/messages/count_tokens", strings.ReplaceAll(countBody, "MODEL", "claude/wrong")); a.Status != 400 || !strings.Contains(string(a.Body), "tools: bad") {
		t.Errorf("wrong: %d %s", a.Status, a.Body)
	}
}

func TestCountRefused(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	for body, param := range map[string]string{
		`{"model":"oai/no"}`:                "messages",
		`{"messages":[]}`:                   "model",
		`{"model":"oai/no","messages":"x"}`: "messages",
		`{"model":"oai/no","messages":[{"role":"nobody","content":"x"}]}`: "messages[0].role",
		`{"model":"claude/no","messages":[],"system":7}`:                  "system",
	} {
		a := g.Post(t, "/v1/messages/count_tokens", body)
		var got struct {
			Error struct{ Type, Message string }
		}
		if a.JSON(t, &got); a.Status != 400 || got.Error.Type != "invalid_request_error" || !strings.Contains(got.Error.Message, param) {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
	a := g.Post(t, "/v1beta/models/gem/no:countTokens", `{"contents":[],"generateContentRequest":{}}`)
	if a.Status != 400 || !strings.Contains(string(a.Body), "only one of the two") {
		t.Errorf("both: %d %s", a.Status, a.Body)
	}
	if n := len(up.All()); n > 0 {
		t.Errorf("%d requests reached the provider", n)
	}
}
