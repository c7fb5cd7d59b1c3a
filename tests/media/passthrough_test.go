package media

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// open runs a gateway whose accounts at oai and claude are open, and that at az
// is not.
func open(t *testing.T) (*fairwaytest.Gateway, *fairwaytest.Upstream) {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	return fairwaytest.Start(t, fairwaytest.Config{
		Fairway: providers(up.URL) + "price oai/priced {\n\tinput 1\n\toutput 2\n}\nprovider gem gemini {\n\tbase_url " + up.URL + "\n\tapi_key sk-gem\n}\n",
		Site:    "fairway {\n\tpassthrough oai claude gem\n\tmax_body 64KiB\n}",
	}), up
}

// TestPassthrough holds what reaches the provider, byte by byte, and what is
// kept from it.
func TestPassthrough(t *testing.T) {
	t.Parallel()
	g, up := open(t)
	up.On("", fairwaytest.Whole(201, "application/x-thing", sound, "Set-Cookie", "a=b", "Openai-Organization", "org-secret", "X-Ratelimit-Remaining-Tokens", "7", "Etag", `"1"`, "X-Request-Id", "req_up"))
	a := g.Call(t, http.MethodPatch, "/passthrough/oai/things/a%20b:do?x=1&key="+g.Key+"&y=%20&API_KEY=z", sound,
		"Content-Type", "application/x-thing", "Cookie", "c=d", "X-Api-Key", g.Key, "X-Forwarded-For", "1.2.3.4", "X-Upstream-Host", "evil.example.com",
		"Openai-Organization", "org-other", "Openai-Beta", "things=v1", "Connection", "keep-alive, X-Hop", "X-Hop", "1", "Te", "trailers", "Accept-Encoding", "gzip")
	if a.Status != 201 || string(a.Body) != sound || a.Header.Get("Etag") != `"1"` || a.Header.Get("X-Upstream-Request-Id") != "req_up" {
		t.Fatalf("%d %v %q", a.Status, a.Header, a.Body)
	}
	for _, name := range []string{"Set-Cookie", "Openai-Organization", "X-Ratelimit-Remaining-Tokens"} {
		if a.Header.Get(name) != "" {
			t.Errorf("the caller sees %s", name)
		}
	}
	got := only(t, up, "")
	if got.Method != http.MethodPatch || got.URI != "/v1/things/a%20b:do?x=1&y=%20" || string(got.Body) != sound || got.Host != strings.TrimPrefix(up.URL, "http://") {
		t.Errorf("the provider got %s %s at %s: %q", got.Method, got.URI, got.Host, got.Body)
	}
	want := map[string]string{
		"Authorization": "Bearer sk-oai", "Content-Type": "application/x-thing", "Openai-Beta": "things=v1",
		"User-Agent": "fairway", "Accept-Encoding": "identity", "Content-Length": fmt.Sprint(len(sound)),
	}
	for name := range got.Header {
		if got.Header.Get(name) != want[name] {
			t.Errorf("the provider got %s: %q", name, got.Header[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("the provider did not get %v", want)
	}
	r := g.Record(t, a.ID())
	if r.Operation != "passthrough" || r.Model != "passthrough/oai" || r.Status != 201 || !r.Usage.Unknown || r.Cost != nil || len(r.Attempts) != 1 || r.Attempts[0].Target != "oai" || r.Attempts[0].Status != 201 {
		t.Errorf("recorded %+v", r)
	}
	// The base itself, and its query.
	if a = g.Call(t, "GET", "/passthrough/oai?x", ""); a.Status != 201 || up.Requests("")[1].URI != "/v1?x" {
		t.Errorf("%d, the provider got %s", a.Status, up.Requests("")[1].URI)
	}
	if a = g.Call(t, "HEAD", "/passthrough/oai/things", ""); a.Status != 201 || len(a.Body) > 0 {
		t.Errorf("%d %q", a.Status, a.Body)
	}
}

// TestPassthroughUsage holds that usage is read where the answer's dialect is
// known, without a change of a byte.
func TestPassthroughUsage(t *testing.T) {
	t.Parallel()
	g, up := open(t)
	const (
		chat     = `{"id":"c","object":"chat.completion","model":"priced","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`
		chunks   = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"priced\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}\r\n\r\n" + ": ping\n\ndata: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"priced\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}\n\ndata: [DONE]\n\n"
		message  = `{"id":"m","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":2}}`
		generate = `{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7},"modelVersion":"gemini-x"}`
		response = `{"id":"r","object":"response","status":"completed","model":"priced","output":[],"usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7}}`
		embedded = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"priced","usage":{"prompt_tokens":5,"total_tokens":5}}`
	)
	for _, c := range []struct {
		name, path  string
		reply       fairwaytest.Reply
		text        string
		used        fairwaytest.Consumed
		cost        string
		answersWith string
	}{
		{"chat", "/oai/chat/completions", fairwaytest.JSON(200, chat), chat, fairwaytest.Consumed{Input: 5, Output: 2}, "0.000009", "priced"},
		{"chunks", "/oai/chat/completions", fairwaytest.Stream(chunks, 7), chunks, fairwaytest.Consumed{Input: 5, Output: 2}, "0.000009", "priced"},
		{"responses", "/oai/responses", fairwaytest.JSON(200, response), response, fairwaytest.Consumed{Input: 5, Output: 2}, "0.000009", "priced"},
		{"embeddings", "/oai/embeddings", fairwaytest.JSON(200, embedded), embedded, fairwaytest.Consumed{Input: 5}, "0.000005", "priced"},
		{"messages", "/claude/v1/messages", fairwaytest.JSON(200, message), message, fairwaytest.Consumed{Input: 5, Output: 2}, "", "claude-x"},
		{"generate", "/gem/v1beta/models/generate:generateContent", fairwaytest.JSON(200, generate), generate, fairwaytest.Consumed{Input: 5, Output: 2}, "", "gemini-x"},
		{"generated", "/gem/v1beta/models/generated:streamGenerateContent?alt=sse", fairwaytest.Stream("data: "+generate+"\r\n\r\n", 9), "data: " + generate + "\r\n\r\n", fairwaytest.Consumed{Input: 5, Output: 2}, "", "gemini-x"},
		{"other", "/oai/other", fairwaytest.JSON(200, chat), chat, fairwaytest.Consumed{Unknown: true}, "", ""},
		{"malformed", "/oai/chat/completions", fairwaytest.JSON(200, `{"usage":`), `{"usage":`, fairwaytest.Consumed{Unknown: true}, "", ""},
	} {
		up.On(c.name, c.reply)
		a := g.Post(t, "/passthrough"+c.path, `{"model":"`+c.name+`","x": 1}`)
		if a.Status != 200 || string(a.Body) != c.text {
			t.Errorf("%s: %d %q", c.name, a.Status, a.Body)
		}
		only(t, up, c.name)
		r := g.Record(t, a.ID())
		cost := ""
		if r.Cost != nil {
			cost = r.Cost.String()
		}
		if r.Usage != c.used || cost != c.cost && c.cost != "" || r.Usage.Unknown && cost != "" || r.Attempts[0].Model != c.answersWith {
			t.Errorf("%s: recorded %+v, cost %q, %+v", c.name, r.Usage, cost, r.Attempts)
		}
	}
	// A whole answer that is fetched once more was used before.
	up.On("", fairwaytest.JSON(200, response))
	if a := g.Call(t, "GET", "/passthrough/oai/responses/r", ""); !g.Record(t, a.ID()).Usage.Unknown {
		t.Error("a fetched answer was counted again")
	}
}

// TestPassthroughStreams holds that both directions flow before either has
// ended.
func TestPassthroughStreams(t *testing.T) {
	t.Parallel()
	// A provider that echoes the body as it arrives.
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		_ = c.EnableFullDuplex()
		in := bufio.NewReader(r.Body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = io.WriteString(w, line)
			_ = c.Flush()
		}
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	g := fairwaytest.Start(t, fairwaytest.Config{
		Fairway: "provider echo openai_compatible {\n\tbase_url http://" + l.Addr().String() + "/v1\n\tapi_key sk-echo\n}",
		Site:    "fairway {\n\tpassthrough echo\n}",
	})
	body, say := io.Pipe()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, g.URL+"/passthrough/echo/talk", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+g.Key)
	go func() { _, _ = io.WriteString(say, "one\n") }()
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	heard := bufio.NewReader(answer.Body)
	for i, word := range []string{"one\n", "two\n", "three\n"} {
		if i > 0 {
			if _, err := io.WriteString(say, word); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := heard.ReadString('\n'); got != word {
			t.Fatalf("%q (%v)", got, err)
		}
	}
	_ = say.Close()
	if rest, err := io.ReadAll(heard); len(rest) > 0 || err != nil {
		t.Errorf("%q (%v)", rest, err)
	}
}

// TestPassthroughRefused holds that nothing leaves the base URL, and that
// accounts which are not open are as if they were not there.
func TestPassthroughRefused(t *testing.T) {
	t.Parallel()
	g, up := open(t)
	up.On("", fairwaytest.JSON(200, `{}`))
	canary := fairwaytest.NewCanary(t)
	for path, status := range map[string]int{
		"/passthrough/az/models":                          404,
		"/passthrough/none/models":                        404,
		"/passthrough/":                                   404,
		"/passthrough/OAI/models":                         404,
		"/passthrough/oai/../../passthrough/oai/models":   400,
		"/passthrough/oai/%2e%2e/admin":                   400,
		"/passthrough/oai/.%2E/admin":                     400,
		"/passthrough/oai/./models":                       400,
		"/passthrough/oai/a%2f..%2fb":                     400,
		"/passthrough/oai/a%5c..%5cb":                     400,
		"/passthrough/oai/%252e%252e/admin":               400,
		"/passthrough/oai/..;/admin":                      400,
		"/passthrough/oai//models":                        400,
		"/passthrough/oai//" + canary.Address + "/x":      400,
		"/passthrough/oai/http://" + canary.Address + "/": 400,
		"/passthrough/oai/a%00":                           400,
		"/passthrough/oai/a%0d%0aX:y":                     400,
		"/passthrough/oai/a%3fb":                          400,
		"/passthrough/oai/a%23b":                          400,
		"/passthrough/oai/a%ff":                           400,
		"/passthrough/oai/models?a;b":                     400,
		"/passthrough/oai/models?a=%zz":                   400,
	} {
		if got := raw(t, g, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "+g.Key+"\r\n\r\n"); got != status {
			t.Errorf("%s: %d, want %d", path, got, status)
		}
	}
	for _, method := range []string{"TRACE", "OPTIONS", "PROPFIND", "CONNECT"} {
		if got := raw(t, g, method+" /passthrough/oai/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "+g.Key+"\r\n\r\n"); got < 400 {
			t.Errorf("%s: %d", method, got)
		}
	}
	if a := g.Call(t, "GET", "/passthrough/oai/models", "", "Authorization", ""); a.Status != 401 {
		t.Errorf("without a key: %d", a.Status)
	}
	if a := g.Call(t, "GET", "/passthrough/oai/realtime", "", "Connection", "Upgrade", "Upgrade", "websocket"); a.Status != 426 {
		t.Errorf("a WebSocket: %d", a.Status)
	}
	if a := g.Post(t, "/passthrough/oai/files", strings.Repeat("x", 100_000)); a.Status != 413 {
		t.Errorf("a large body: %d", a.Status)
	}
	if n := len(up.Requests("")); n != 0 {
		t.Errorf("%d refused requests reached the provider", n)
	}
	// A body whose length nobody tells is cut off, and never whole there.
	large := "POST /passthrough/oai/files HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer " + g.Key + "\r\n\r\n" +
		fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 70_000, strings.Repeat("x", 70_000))
	if got := raw(t, g, large); got != 413 {
		t.Errorf("a large body in chunks: %d", got)
	}
	// Absolute addresses, hosts and what steers elsewhere lead nowhere else.
	evil := "http://" + canary.Address + "/v1"
	if got := raw(t, g, "GET http://"+canary.Address+"/passthrough/oai/models HTTP/1.1\r\nHost: "+canary.Address+"\r\nConnection: close\r\nAuthorization: Bearer "+g.Key+"\r\nX-Forwarded-Host: "+canary.Address+"\r\nForwarded: host="+canary.Address+"\r\n\r\n"); got != 200 {
		t.Errorf("an absolute address: %d", got)
	}
	a := g.Post(t, "/passthrough/oai/chat/completions?api_base="+evil, `{"api_base":"`+evil+`","base_url":"`+evil+`","extra_headers":{"Host":"`+canary.Address+`"}}`, "X-Api-Base", evil, "Base-Url", evil)
	if a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for _, r := range up.Requests("") {
		clean(t, r)
		if !strings.HasPrefix(r.URI, "/v1/") || strings.Contains(fmt.Sprint(r.Header), canary.Address) {
			t.Errorf("the provider got %s %v", r.URI, r.Header)
		}
	}
	if n := canary.Connections(); n != 0 {
		t.Errorf("%d connections to another place", n)
	}
}

// raw sends bytes and returns the answer's status.
func raw(t *testing.T, g *fairwaytest.Gateway, request string) int {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", g.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%.60s: %v", request, err)
	}
	defer r.Body.Close()
	return r.StatusCode
}

// TestPassthroughFailures holds that errors about the request pass, and those
// about our account do not.
func TestPassthroughFailures(t *testing.T) {
	t.Parallel()
	g, up := open(t)
	canary := fairwaytest.NewCanary(t)
	const mistake = `{"error":{"message":"no such thing","type":"invalid_request_error","param":null,"code":"gone"}}`
	up.On("mistake", fairwaytest.JSON(404, mistake))
	up.On("key", fairwaytest.JSON(401, `{"error":{"message":"Incorrect API key provided: sk-oai","type":"invalid_request_error","code":"invalid_api_key"}}`))
	up.On("redirect", fairwaytest.Whole(302, "", "", "Location", "http://"+canary.Address+"/"))
	up.On("broken", func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
		c.Head(200, "Content-Type", "application/json")
		c.Chunk(`{"a":`)
		c.Close()
	})
	up.On("gone", fairwaytest.Reset())
	ask := func(model string) *fairwaytest.Answer {
		return g.Post(t, "/passthrough/oai/things", `{"model":"`+model+`"}`)
	}
	a := ask("mistake")
	if a.Status != 404 || string(a.Body) != mistake {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if r := g.Record(t, a.ID()); r.Status != 404 || r.Class == "" || r.Attempts[0].Status != 404 {
		t.Errorf("recorded %+v", r)
	}
	if a = ask("key"); a.Status != 502 || strings.Contains(string(a.Body), "sk-") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = ask("redirect"); a.Status != 502 || a.Header.Get("Location") != "" || canary.Connections() != 0 {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	if a = ask("broken"); a.Err == nil {
		t.Errorf("%d %q looks whole", a.Status, a.Body)
	}
	if a = ask("gone"); a.Status != 502 || len(up.Requests("gone")) != 1 {
		t.Errorf("%d after %d requests", a.Status, len(up.Requests("gone")))
	}
}
