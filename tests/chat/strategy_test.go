package chat

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestStrategies holds that each strategy sends calls where it says.
func TestStrategies(t *testing.T) {
	t.Parallel()
	g, up := start(t, `
price oai/dear {
	input 10
	output 10
}
price oai/cheap {
	input 1
	output 1
}
model by-cost {
	strategy least_cost
	target oai/unpriced
	target oai/dear
	target oai/cheap
}
model by-latency {
	strategy least_latency
	target oai/slow
	target oai/quick
}
model by-load {
	strategy least_busy
	target oai/left
	target oai/right
}
`)
	for _, model := range []string{"unpriced", "dear", "cheap", "quick", "left", "right"} {
		up.On(model, fairwaytest.JSON(200, fairwaytest.Completion("fine")))
	}
	up.On("slow", func(c *fairwaytest.Conn, r *fairwaytest.Received) {
		time.Sleep(100 * time.Millisecond) // what it is slow by is the matter here
		fairwaytest.JSON(200, fairwaytest.Completion("fine"))(c, r)
	})
	for range 20 {
		chat(t, g.Chat(t, fairwaytest.Ask("by-cost")))
	}
	if n := len(up.Requests("cheap")); n != 20 {
		t.Errorf("the cheapest target got %d of 20 calls", n)
	}
	for range 40 {
		chat(t, g.Chat(t, fairwaytest.Ask("by-latency")))
	}
	// Each is tried once to be known; the slow one gets a part of one in
	// twenty after that.
	if n := len(up.Requests("slow")); n == 0 || n > 12 {
		t.Errorf("the slow target got %d of 40 calls", n)
	}

	// One call that stays keeps the next ones away from its target.
	up.On("left", fairwaytest.Hold())
	up.On("right", fairwaytest.Hold())
	hold := func() {
		go func() {
			if resp, err := g.Open(t.Context(), "POST", "/v1/chat/completions", fairwaytest.Ask("by-load")); err == nil {
				resp.Body.Close()
			}
		}()
	}
	for i := 1; i <= 10; i++ {
		hold()
		fairwaytest.Eventually(t, 10*time.Second, fmt.Sprintf("call %d does not arrive", i), func() bool {
			return len(up.Requests("left"))+len(up.Requests("right")) == i
		})
	}
	if l, r := len(up.Requests("left")), len(up.Requests("right")); l != 5 || r != 5 {
		t.Errorf("%d and %d calls under way, want 5 each", l, r)
	}
}

// TestSticky holds that a session stays at its target, across a reload too.
func TestSticky(t *testing.T) {
	t.Parallel()
	g, up := start(t, `
model kept {
	sticky
	target oai/a
	target oai/b
	target oai/c
}
`)
	for _, model := range []string{"a", "b", "c"} {
		up.On(model, fairwaytest.JSON(200, fairwaytest.Completion("fine")))
	}
	at := map[string]string{}
	for round := range 3 {
		for i := range 20 {
			session := fmt.Sprintf("session-%d", i)
			a := g.Chat(t, fairwaytest.Ask("kept"), "X-Session-Id", session)
			chat(t, a)
			target := a.Header.Get("Fairway-Target")
			if round > 0 && at[session] != target {
				t.Fatalf("%s was at %s and is at %s", session, at[session], target)
			}
			at[session] = target
		}
	}
	for _, model := range []string{"a", "b", "c"} {
		if len(up.Requests(model)) == 0 {
			t.Errorf("no session at %s", model)
		}
	}
}

// TestSuccessors holds that prompts that are too long, and those that a filter
// refuses, go where the operator says, and nowhere without that.
func TestSuccessors(t *testing.T) {
	t.Parallel()
	g, up := start(t, `
model fast {
	target oai/small
	fallback oai/other
	on_context_overflow claude/large
	on_content_policy gem/lenient
}
model plain {
	target oai/small
	fallback oai/other
}
`)
	up.On("large", fairwaytest.JSON(200, fairwaytest.AnthropicMessage("long enough")))
	up.On("lenient", fairwaytest.JSON(200, fairwaytest.GeminiContent(`{"text":"let be"}`)))
	up.On("other", fairwaytest.JSON(200, fairwaytest.Completion("another")))
	for _, c := range []struct{ reply, target, code string }{
		{`{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, "claude/large", "context_length_exceeded"},
		{`{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, "claude/large", "context_length_exceeded"},
		{`{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400}}`, "gem/lenient", "content_filter"},
	} {
		up.On("small", fairwaytest.JSON(400, c.reply))
		a := g.Chat(t, fairwaytest.Ask("fast"), "Fairway-Explain", "true")
		chat(t, a)
		if got := a.Header.Get("Fairway-Target"); got != c.target {
			t.Errorf("%s answered, want %s", got, c.target)
		}
		trace := a.Header.Get("Fairway-Trace")
		if !strings.Contains(trace, `"oai/small";taken="first", "oai/small";left=`) || !strings.HasSuffix(trace, `"`+c.target+`";taken="fallback"`) {
			t.Errorf("explained as %s", trace)
		}
		a = g.Chat(t, fairwaytest.Ask("plain"))
		if e := a.Error(t); a.Status != 400 || e.CodeOf() != c.code {
			t.Errorf("without a successor: %d %s", a.Status, e.CodeOf())
		}
		if a.Header.Get("Fairway-Trace") != "" {
			t.Error("explained to a caller that did not ask")
		}
	}
	if n := len(up.Requests("other")); n > 0 {
		t.Errorf("%d calls went to a fallback that is not for this", n)
	}
}

// TestAbilities holds that a request does not go to a model that is known to
// lack what it needs.
func TestAbilities(t *testing.T) {
	t.Parallel()
	up := fairwaytest.NewUpstream(t)
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: `
provider openai {
	base_url ` + up.URL + `/v1
	api_key sk-oai
}
model deaf {
	target openai/gpt-4-turbo
}
model some {
	strategy first
	target openai/gpt-4-turbo
	target openai/hears-all
}
`})
	up.On("gpt-4-turbo", fairwaytest.JSON(200, fairwaytest.Completion("text")))
	up.On("hears-all", fairwaytest.JSON(200, fairwaytest.Completion("heard")))
	body := func(model string) string {
		return `{"model":"` + model + `","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}`
	}
	a := g.Chat(t, body("some"), "Fairway-Explain", "true")
	chat(t, a)
	if got := a.Header.Get("Fairway-Target"); got != "openai/hears-all" {
		t.Errorf("%s answered", got)
	}
	if trace := a.Header.Get("Fairway-Trace"); !strings.Contains(trace, `"openai/gpt-4-turbo";skipped="lacks audio"`) {
		t.Errorf("explained as %s", trace)
	}
	a = g.Chat(t, body("deaf"))
	if e := a.Error(t); a.Status != 400 || e.CodeOf() != "unsupported_by_model" {
		t.Errorf("%d %s %s", a.Status, e.CodeOf(), a.Body)
	}
	if n := len(up.Requests("gpt-4-turbo")); n > 0 {
		t.Errorf("%d calls reached the model that hears nothing", n)
	}
}
