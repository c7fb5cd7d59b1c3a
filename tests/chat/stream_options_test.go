package chat

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestStreamOptionsRefused holds that a server that does not know
// stream_options gets the call once more without them, and later ones too.
func TestStreamOptionsRefused(t *testing.T) {
	t.Parallel()
	g, up := start(t, "model old {\n\ttarget oai/old\n}\n")
	refuse := fairwaytest.JSON(400, `{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options')}]","type":"BadRequestError","code":400}`)
	up.On("old", func(c *fairwaytest.Conn, r *fairwaytest.Received) {
		if strings.Contains(string(r.Body), "stream_options") {
			refuse(c, r)
			return
		}
		fairwaytest.SSE(fairwaytest.Completed("fi", "ne")...)(c, r)
	})
	for call, want := range []int{2, 3} {
		a := g.Chat(t, fairwaytest.AskStreamUsage("old"))
		if said := stream(t, a); said.Text != "fine" {
			t.Errorf("call %d: said %q", call+1, said.Text)
		}
		if got := a.Header.Get("Fairway-Attempts"); got != "1" {
			t.Errorf("call %d: %s attempts", call+1, got)
		}
		if n := len(up.Requests("old")); n != want {
			t.Errorf("call %d: %d requests so far, want %d", call+1, n, want)
		}
	}
	// Callers of another dialect come by the same way.
	a := g.Post(t, "/v1/messages", `{"model":"old","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}`)
	if a.Status != 200 || !strings.Contains(string(a.Body), "message_stop") {
		t.Errorf("a caller of Anthropic's dialect: %d %s", a.Status, a.Body)
	}
	// A server that goes on refusing is asked no more than twice.
	up.On("old", refuse)
	if a := g.Chat(t, fairwaytest.AskStreamUsage("old")); a.Status != 400 {
		t.Errorf("status %d", a.Status)
	}
	if n := len(up.Requests("old")); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
}
