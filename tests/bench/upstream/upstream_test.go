package upstream

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPlan(t *testing.T) {
	for _, p := range []Plan{{}, {Chunks: 60}, {Wait: 50 * time.Millisecond, Chunks: MaxChunks, Every: time.Second}} {
		if got := parsePlan([]byte(`{"content":"` + p.String() + ` more"}`)); got != p {
			t.Errorf("%v became %v", p, got)
		}
	}
	for _, text := range []string{"", "[[answer ", "[[answer 1 2]]", "[[answer 1 2 x]]", "[[answer -1 2 3]]", "[[answer 1 2 3" + strings.Repeat(" ", 99) + "]]"} {
		if got := parsePlan([]byte(text)); got != (Plan{}) {
			t.Errorf("%q became %v", text, got)
		}
	}
	if got := parsePlan([]byte("[[answer 0 9999 0]]")); got.Chunks != MaxChunks {
		t.Errorf("got %v", got)
	}
}

func post(t *testing.T, url string, body io.Reader) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b
}

// An ordinary client understands what is written by hand here.
func TestAnswers(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = Serve(ln)
	}()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ln.Close()
		<-ended
	})
	base := "http://" + ln.Addr().String()
	wait := `{"x":"` + Plan{Wait: 3 * time.Millisecond}.String() + `"}`
	for _, path := range []string{"/v1/chat/completions", "/v1/messages", "/v1beta/models/g:generateContent?key=k"} {
		status, b := post(t, base+path, strings.NewReader(`{}`))
		if spent, ok := Spent(b); status != 200 || !json.Valid(b) || !ok || spent != 0 {
			t.Errorf("%s: %d %s", path, status, b)
		}
		// Without a length the request's body comes in chunks.
		status, b = post(t, base+path, io.MultiReader(strings.NewReader(wait[:5]), strings.NewReader(wait[5:])))
		if spent, ok := Spent(b); status != 200 || !json.Valid(b) || !ok || spent < int64(3*time.Millisecond) {
			t.Errorf("%s: %d %d %s", path, status, spent, b)
		}
	}
	if status, _ := post(t, base+"/v1/embeddings", nil); status != 404 {
		t.Errorf("an unknown path has status %d", status)
	}

	plan := Plan{Chunks: 12}.String()
	for usage, request := range map[bool]string{
		false: `{"stream":true,"x":"` + plan + `"}`,
		true:  `{"stream":true,"stream_options":{"include_usage":true},"x":"` + plan + `"}`,
	} {
		_, b := post(t, base+"/v1/chat/completions", strings.NewReader(request))
		found := 0
		for event := range bytes.SplitSeq(bytes.TrimSpace(b), []byte("\n\n")) {
			data := bytes.TrimPrefix(event, []byte("data: "))
			if !json.Valid(data) && string(data) != "[DONE]" {
				t.Errorf("event %q", event)
			}
			found++
		}
		want := 1 + 12 + 1 + 1 // role, content, finish reason, end mark
		if usage {
			want++
		}
		if found != want || !bytes.HasSuffix(b, []byte("data: [DONE]\n\n")) || bytes.Contains(b, []byte(`"total_tokens"`)) != usage {
			t.Errorf("usage %v: %d events, want %d: %s", usage, found, want, b)
		}
	}
}
