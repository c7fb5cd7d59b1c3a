package faults

import (
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestStreamsThatFailLate holds that a failure after the first content is told
// in the stream, which then has no end mark, and that the record knows.
func TestStreamsThatFailLate(t *testing.T) {
	t.Parallel()
	chunks := fairwaytest.Chunks("fi", "ne")
	begun := chunks[:2]
	lone := func(data string) fairwaytest.Reply {
		return fairwaytest.Then(begun, func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
			c.Chunk("data: " + data + "\n\n")
			c.End()
		})
	}
	cases := []struct {
		name, public string
		reply        fairwaytest.Reply
		code, class  string
	}{
		{"reset", "oai/reset", fairwaytest.Then(begun, func(c *fairwaytest.Conn, _ *fairwaytest.Received) { c.Reset() }), "upstream_bad_response", "bad_output"},
		{"closed", "oai/closed", fairwaytest.Then(begun, func(c *fairwaytest.Conn, _ *fairwaytest.Received) { c.Close() }), "upstream_bad_response", "bad_output"},
		{"ended-without-finish", "oai/ended-without-finish", fairwaytest.SSE(begun...), "upstream_bad_response", "bad_output"},
		{"stalls", "stalls", fairwaytest.Then(begun, func(c *fairwaytest.Conn, r *fairwaytest.Received) { c.Hold(r) }), "upstream_timeout", "timeout"},
		{"drips", "drips", fairwaytest.Then(begun, func(c *fairwaytest.Conn, r *fairwaytest.Received) {
			drip := time.NewTicker(50 * time.Millisecond)
			defer drip.Stop()
			for {
				select {
				case <-r.Gone():
					c.Close()
					return
				case <-drip.C:
					c.Chunk("data: " + fairwaytest.Chunk(`{"content":"."}`, "") + "\n\n")
				}
			}
		}), "upstream_timeout", "timeout"},
		{"error", "oai/error", lone(errorBody("failed "+secret, "server_error", "x")), "upstream_error", "server"},
		{"rate-limit", "oai/rate-limit", lone(errorBody("slow down", "rate_limit_error", "rate_limit_exceeded")), "rate_limit_exceeded", "rate_limit"},
		{"garbage", "oai/garbage", lone("{not json"), "upstream_bad_response", "bad_output"},
		{"error-of-claude", "claude/error-of-claude", fairwaytest.Stream(cut(fairwaytest.AnthropicEvents("fi", "ne"), "event: content_block_stop")+"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", 0), "overloaded", "overloaded"},
		{"cut-of-claude", "claude/cut-of-claude", fairwaytest.Stream(cut(fairwaytest.AnthropicEvents("fi", "ne"), "event: content_block_stop"), 0), "upstream_bad_response", "bad_output"},
		{"cut-of-gemini", "gem/cut-of-gemini", fairwaytest.Stream(strings.ReplaceAll(fairwaytest.GeminiEvents("fi", "ne"), `"finishReason":"STOP",`, ""), 0), "upstream_bad_response", "bad_output"},
	}
	var targets []string
	for _, x := range cases {
		if strings.Contains(x.public, "/") {
			targets = append(targets, x.public)
		}
	}
	g, up := start(t, "model stalls {\n\ttarget oai/stalls\n\ttimeout idle 300ms\n}\nmodel drips {\n\ttarget oai/drips\n\ttimeout total 700ms\n}", targets...)
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			up.On(x.name, x.reply)
			a := g.Chat(t, fairwaytest.AskStreamUsage(x.public))
			if a.Status != 200 || a.Err != nil {
				t.Fatalf("status %d (%v): %s", a.Status, a.Err, a.Body)
			}
			s, err := fairwaytest.ReadChatStream(a.Body)
			if err != nil {
				t.Fatal(err)
			}
			if s.Text == "" || s.Done || s.Failure == nil {
				t.Fatalf("text %q, [DONE] %t, failure %v: %s", s.Text, s.Done, s.Failure, a.Body)
			}
			if s.Failure.CodeOf() != x.code || s.Failure.Message == "" {
				t.Errorf("the error is %+v with code %q, want %q", s.Failure, s.Failure.CodeOf(), x.code)
			}
			if strings.Contains(string(a.Body), secret) {
				t.Errorf("the caller sees the provider's words: %s", a.Body)
			}
			if s.Finish != "" {
				t.Errorf("finish %q was made up", s.Finish)
			}
			r := g.Record(t, a.ID())
			if r.Class != x.class || len(r.Attempts) != 1 || r.Attempts[0].Class != x.class {
				t.Errorf("the record is %+v, want class %q", r, x.class)
			}
			if r.Usage.Input+r.Usage.CacheRead == 0 || r.Usage.Output == 0 {
				t.Errorf("the record has no usage: %+v", r.Usage)
			}
			if n := len(up.Requests(x.name)); n != 1 {
				t.Errorf("%d requests reached the provider: nothing may be tried again after the first content", n)
			}
		})
	}
}

// cut is the text before a mark.
func cut(text, mark string) string {
	before, _, _ := strings.Cut(text, mark)
	return before
}

// TestStreamsThatFailEarly holds that a failure before the first content is an
// honest status, not a stream.
func TestStreamsThatFailEarly(t *testing.T) {
	t.Parallel()
	empty := fairwaytest.Chunk(`{"role":"assistant","content":""}`, "")
	cases := []struct {
		name, public string
		reply        fairwaytest.Reply
		want         failure
	}{
		{"reset-early", "oai/reset-early", fairwaytest.Reset(), unreachable},
		{"reset-after-role", "oai/reset-after-role", fairwaytest.Then([]string{empty}, func(c *fairwaytest.Conn, _ *fairwaytest.Received) { c.Reset() }), badResponse},
		{"never", "never", fairwaytest.Then([]string{empty}, func(c *fairwaytest.Conn, r *fairwaytest.Received) { c.Hold(r) }), timedOut},
		{"error-first", "oai/error-first", fairwaytest.SSE(errorBody("failed", "server_error", "x")), serverError},
		{"error-after-role", "oai/error-after-role", fairwaytest.SSE(empty, errorBody("failed", "server_error", "x")), serverError},
		{"error-in-json", "oai/error-in-json", fairwaytest.JSON(200, errorBody("failed", "server_error", "x")), serverError},
		{"nothing", "oai/nothing", fairwaytest.SSE(), badResponse},
		{"only-done", "oai/only-done", fairwaytest.SSE("[DONE]"), badResponse},
		{"html", "oai/html", fairwaytest.Whole(200, "text/html", "<html>"+secret+"</html>"), badResponse},
		{"overloaded-of-claude", "claude/overloaded-of-claude", fairwaytest.Stream("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", 0), overloaded},
		{"500", "oai/500", fairwaytest.JSON(500, errorBody("failed", "server_error", "x")), serverError},
	}
	var targets []string
	for _, x := range cases {
		if strings.Contains(x.public, "/") {
			targets = append(targets, x.public)
		}
	}
	g, up := start(t, "model never {\n\ttarget oai/never\n\ttimeout first_event 300ms\n}", targets...)
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			up.On(x.name, x.reply)
			a := g.Chat(t, fairwaytest.AskStream(x.public))
			x.want.check(t, a)
			if got := a.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type %q", got)
			}
			if strings.Contains(string(a.Body), secret) {
				t.Errorf("the caller sees the provider's page: %s", a.Body)
			}
		})
	}
}

// TestFramings holds that the ways in which servers write the same events read
// the same, however they are cut.
func TestFramings(t *testing.T) {
	t.Parallel()
	g, up := start(t, "expose oai/* claude/* gem/*")
	events := fairwaytest.Completed("Grö", "ße ", "😀")
	join := func(before, after string) string {
		text := ""
		for _, e := range events {
			text += before + e + after
		}
		return text
	}
	plain := join("data: ", "\n\n")
	for name, text := range map[string]string{
		"plain":             plain,
		"crlf":              join("data: ", "\r\n\r\n"),
		"lone-cr":           join("data: ", "\r\r"),
		"no-space":          join("data:", "\n\n"),
		"comments":          join(": OPENROUTER PROCESSING\n\n:\n\ndata: ", "\n\n"),
		"other-fields":      join("id: 1\nretry: 100\nevent: message\ndata: ", "\n\n"),
		"byte-order-mark":   "\ufeff" + plain,
		"no-final-newline":  strings.TrimRight(plain, "\n"),
		"without-done":      strings.TrimSuffix(plain, "data: [DONE]\n\n"),
		"lines-of-one-json": strings.ReplaceAll(plain, `,"choices"`, ",\ndata: \"choices\""),
	} {
		for _, size := range []int{0, 1, 7} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				model := name + "-" + string(rune('0'+size))
				up.On(model, fairwaytest.Stream(text, size))
				a := g.Chat(t, fairwaytest.AskStreamUsage("oai/"+model))
				s, err := fairwaytest.ReadChatStream(a.Body)
				if err != nil || a.Status != 200 {
					t.Fatalf("status %d (%v): %s", a.Status, err, a.Body)
				}
				if s.Text != "Größe 😀" || !s.Done || s.Failure != nil || s.Finish != "stop" || s.Usage == nil || s.Usage.Prompt != 11 {
					t.Errorf("text %q, [DONE] %t, failure %v, finish %q, usage %+v", s.Text, s.Done, s.Failure, s.Finish, s.Usage)
				}
			})
		}
	}
	for provider, text := range map[string]string{"claude": fairwaytest.AnthropicEvents("Grö", "ße ", "😀"), "gem": fairwaytest.GeminiEvents("Grö", "ße ", "😀")} {
		for _, crlf := range []bool{false, true} {
			t.Run(provider, func(t *testing.T) {
				t.Parallel()
				text, model := strings.ReplaceAll(text, "\r\n", "\n"), provider+"-lf"
				if crlf {
					text, model = strings.ReplaceAll(text, "\n", "\r\n"), provider+"-crlf"
				}
				up.On(model, fairwaytest.Stream(text, 1))
				a := g.Chat(t, fairwaytest.AskStream(provider+"/"+model))
				s, err := fairwaytest.ReadChatStream(a.Body)
				if err != nil || s.Text != "Größe 😀" || !s.Done || s.Finish != "stop" {
					t.Errorf("status %d (%v): %s", a.Status, err, a.Body)
				}
			})
		}
	}
}

func TestLargeEvents(t *testing.T) {
	t.Parallel()
	g, up := start(t, "", "oai/large-event", "oai/larger-event")
	large := strings.Repeat("a", 8<<20)
	up.On("large-event", fairwaytest.SSE(fairwaytest.Completed(large)...))
	a := g.Chat(t, fairwaytest.AskStream("oai/large-event"))
	if s, err := fairwaytest.ReadChatStream(a.Body); err != nil || len(s.Text) != len(large) || !s.Done {
		t.Errorf("8 MB: status %d (%v), %d bytes", a.Status, err, len(a.Body))
	}
	up.On("larger-event", fairwaytest.SSE(fairwaytest.Completed("fine", strings.Repeat("a", 33<<20))...))
	a = g.Chat(t, fairwaytest.AskStream("oai/larger-event"))
	if s, err := fairwaytest.ReadChatStream(a.Body); err != nil || s.Done || s.Failure == nil {
		t.Errorf("33 MB: status %d (%v), %d bytes", a.Status, err, len(a.Body))
	}
}

// TestUsageOfOddStreams holds what the record says of streams that count in
// their own way.
func TestUsageOfOddStreams(t *testing.T) {
	t.Parallel()
	g, up := start(t, "expose oai/*")
	usage := func(prompt, completion string) string {
		return `{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":` + prompt + `,"completion_tokens":` + completion + `,"total_tokens":1}}`
	}
	said := fairwaytest.Chunks("fine")
	stream := func(extra ...string) fairwaytest.Reply {
		return fairwaytest.SSE(append(append(said[:len(said):len(said)], extra...), "[DONE]")...)
	}
	for _, c := range []struct {
		name               string
		reply              fairwaytest.Reply
		input, output      int64
		estimated, suspect bool
	}{
		{"without usage", stream(), -1, -1, true, false},
		{"usage twice", stream(usage("5", "1"), usage("6", "2")), 6, 2, false, false},
		{"usage of zero", stream(usage("0", "0")), 0, 0, false, false},
		{"negative usage", stream(usage("-5", "-7")), 0, 0, false, true},
		{"usage of a trillion", stream(usage("1000000000000", "3")), -1, 3, false, true},
		{"usage in the middle", fairwaytest.SSE(said[0], usage("5", "1"), said[1], said[2], "[DONE]"), 5, 1, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			model := strings.ReplaceAll(c.name, " ", "-")
			up.On(model, c.reply)
			a := g.Chat(t, fairwaytest.AskStream("oai/"+model))
			if s, err := fairwaytest.ReadChatStream(a.Body); err != nil || s.Text != "fine" || !s.Done {
				t.Fatalf("status %d (%v): %s", a.Status, err, a.Body)
			}
			u := g.Record(t, a.ID()).Usage
			if u.Estimated != c.estimated || u.Suspect != c.suspect {
				t.Errorf("usage %+v, want estimated %t, suspect %t", u, c.estimated, c.suspect)
			}
			if c.input >= 0 && u.Input != c.input || c.output >= 0 && u.Output != c.output || u.Input < 0 || u.Output < 0 {
				t.Errorf("usage %+v, want %d and %d", u, c.input, c.output)
			}
			if c.estimated && (u.Input == 0 || u.Output == 0) {
				t.Errorf("nothing was estimated: %+v", u)
			}
		})
	}
}
