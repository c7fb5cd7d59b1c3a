package fairwaytest

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Upstream plays a provider. It speaks HTTP/1.1 by hand, so that it can also
// break the protocol, and keeps every request that it got.
type Upstream struct {
	// URL is the base URL, without a path.
	URL string

	ended chan struct{}

	mu       sync.Mutex
	replies  map[string][]Reply
	received []*Received
	conns    map[net.Conn]struct{}
}

// Received is a request as it reached the provider.
type Received struct {
	Method string
	// URI is the path with its query.
	URI    string
	Host   string
	Header http.Header
	Body   []byte
	// Model is the model's name in the body, or in the path for Gemini.
	Model string
	At    time.Time
	gone  chan struct{}
}

// Gone is closed when the gateway has closed the connection.
func (r *Received) Gone() <-chan struct{} { return r.gone }

// Reply answers a request.
type Reply func(c *Conn, r *Received)

// NewUpstream starts a provider until the test ends.
func NewUpstream(t testing.TB) *Upstream {
	t.Helper()
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	u := &Upstream{
		URL:     "http://" + l.Addr().String(),
		ended:   make(chan struct{}),
		replies: map[string][]Reply{},
		conns:   map[net.Conn]struct{}{},
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { u.serve(conn) })
		}
	})
	t.Cleanup(func() {
		close(u.ended)
		_ = l.Close()
		u.mu.Lock()
		for conn := range u.conns {
			_ = conn.Close()
		}
		u.mu.Unlock()
		serving.Wait()
	})
	return u
}

// On sets the replies for a model, one for each request; the last one stays.
func (u *Upstream) On(model string, replies ...Reply) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.replies[model] = replies
}

// Requests are the requests for a model, in the order of their arrival.
func (u *Upstream) Requests(model string) []*Received {
	u.mu.Lock()
	defer u.mu.Unlock()
	var list []*Received
	for _, r := range u.received {
		if r.Model == model {
			list = append(list, r)
		}
	}
	return list
}

// All are all requests, in the order of their arrival.
func (u *Upstream) All() []*Received {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]*Received(nil), u.received...)
}

// Last is the newest request for a model, and fails the test when there is none.
func (u *Upstream) Last(t testing.TB, model string) *Received {
	t.Helper()
	list := u.Requests(model)
	if len(list) == 0 {
		t.Fatalf("no request for %q reached the provider", model)
	}
	return list[len(list)-1]
}

func (u *Upstream) serve(conn net.Conn) {
	u.mu.Lock()
	u.conns[conn] = struct{}{}
	u.mu.Unlock()
	defer func() {
		_ = conn.Close()
		u.mu.Lock()
		delete(u.conns, conn)
		u.mu.Unlock()
	}()
	in := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		r := &Received{
			Method: request.Method, URI: request.RequestURI, Host: request.Host, Header: request.Header, Body: body,
			Model: modelOf(request.RequestURI, request.Header.Get("Content-Type"), body), At: time.Now(), gone: make(chan struct{}),
		}
		// The byte after the request is the next one's first, or the end.
		next := make(chan error, 1)
		go func() {
			_, err := in.Peek(1)
			if err != nil {
				close(r.gone)
			}
			next <- err
		}()
		c := &Conn{conn: conn, ended: u.ended}
		u.take(r)(c, r)
		if c.closed {
			_ = conn.Close()
		}
		if err := <-next; err != nil || c.closed {
			return
		}
	}
}

// take keeps a request and finds the reply for it.
func (u *Upstream) take(r *Received) Reply {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.received = append(u.received, r)
	replies := u.replies[r.Model]
	switch {
	case len(replies) == 0:
		return JSON(http.StatusTeapot, `{"error":{"message":"the test has no reply for this model","type":"test","code":"no_reply"}}`)
	case len(replies) > 1:
		u.replies[r.Model] = replies[1:]
	}
	return replies[0]
}

var modelInPath = regexp.MustCompile(`/models/([^:?]+):`)

func modelOf(uri, contentType string, body []byte) string {
	if m := modelInPath.FindStringSubmatch(uri); m != nil {
		return strings.ReplaceAll(m[1], "%2F", "/")
	}
	if form := ReadForm(contentType, body); form != nil {
		return form.Get("model")
	}
	var b struct{ Model string }
	_ = json.Unmarshal(body, &b) // a body that is no JSON has no model
	return b.Model
}
