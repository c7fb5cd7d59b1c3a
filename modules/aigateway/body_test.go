package aigateway

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text) // into memory
	_ = z.Close()
	return b.String()
}

func TestReadBody(t *testing.T) {
	t.Parallel()
	const limit = 1 << 10
	full := strings.Repeat("x", limit)
	for _, c := range []struct {
		name, encoding, body string
		// status is 0 for a body that is read.
		status int
		code   string
		want   string
	}{
		{"small", "", "{}", 0, "", "{}"},
		{"at the limit", "", full, 0, "", full},
		{"above the limit", "", full + "x", 413, "request_too_large", ""},
		{"nothing", "", "", 400, "invalid_json", ""},
		{"identity", "identity", "{}", 0, "", "{}"},
		{"gzip", "gzip", zipped(`{"a":1}`), 0, "", `{"a":1}`},
		{"gzip at the limit", "gzip", zipped(full), 0, "", full},
		{"a bomb", "gzip", zipped(strings.Repeat("0", 8<<20)), 413, "request_too_large", ""},
		{"gzip in gzip", "gzip", zipped(zipped("{}")), 0, "", zipped("{}")},
		{"gzip of nothing", "gzip", zipped(""), 400, "invalid_json", ""},
		{"gzip in parts", "gzip", zipped("{") + zipped("}"), 0, "", "{}"},
		{"no gzip", "gzip", "{}", 400, "invalid_body", ""},
		{"half of gzip", "gzip", zipped(full)[:20], 400, "invalid_body", ""},
		{"damaged gzip", "gzip", zipped("{}")[:len(zipped("{}"))-5] + "12345", 400, "invalid_body", ""},
		{"another encoding", "br", "{}", 415, "unsupported_encoding", ""},
		{"two encodings", "gzip, gzip", zipped("{}"), 415, "unsupported_encoding", ""},
	} {
		for _, way := range []string{"with a length", "chunked", "byte by byte"} {
			t.Run(c.name+"/"+way, func(t *testing.T) {
				t.Parallel()
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
				r.Header.Set("Content-Type", "application/json")
				if c.encoding != "" {
					r.Header.Set("Content-Encoding", c.encoding)
				}
				switch way {
				case "chunked":
					r.ContentLength = -1
				case "byte by byte":
					r.ContentLength = -1
					r.Body = io.NopCloser(iotest.OneByteReader(r.Body))
				}
				w := httptest.NewRecorder()
				got, err := readBody(w, r, nil, limit, false)
				if c.status == 0 {
					if err != nil || string(got) != c.want {
						t.Errorf("got %.40q, %v", got, err)
					}
					return
				}
				if err == nil || err.Status != c.status || err.Code != c.code {
					t.Fatalf("got %v", err)
				}
				if closes := w.Header().Get("Connection") == "close"; closes != (c.status == 413) {
					t.Errorf("the connection is to be closed: %v", closes)
				}
				if cap(got) > 8*limit {
					t.Errorf("%d bytes are held", cap(got))
				}
			})
		}
	}
}

// TestReadBodyUsesItsBuffer holds that a body that fits is read without a new
// buffer, and one of a known length into one that fits.
func TestReadBodyUsesItsBuffer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		have, length, want int
	}{{100, 50, 100}, {100, 99, 100}, {100, 100, 101}, {0, 5000, 5001}} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", c.length)))
		r.Header.Set("Content-Type", "application/json")
		got, err := readBody(httptest.NewRecorder(), r, make([]byte, 0, c.have), 1<<20, false)
		if err != nil || len(got) != c.length || cap(got) != c.want && cap(got) > c.want+c.want/2 {
			t.Errorf("%+v: got %d of %d, %v", c, len(got), cap(got), err)
		}
	}
	// A length that is a lie makes no buffer.
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = 1 << 40
	if got, err := readBody(httptest.NewRecorder(), r, nil, 1<<20, false); err == nil || err.Status != 413 || cap(got) != 0 {
		t.Errorf("got %d, %v", cap(got), err)
	}
}

func TestBodiesThatBreakOff(t *testing.T) {
	t.Parallel()
	for status, cause := range map[int]error{400: io.ErrUnexpectedEOF, 413: &http.MaxBytesError{Limit: 5}, 408: timeout{}} {
		r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("{"), iotest.ErrReader(cause)))
		r.Header.Set("Content-Type", "application/json")
		if _, err := readBody(httptest.NewRecorder(), r, nil, 1<<20, false); err == nil || err.Status != status || status == 400 && !errors.Is(err, cause) {
			t.Errorf("%v: got %v", cause, err)
		}
	}
}

// timeout is a net.Error.
type timeout struct{}

func (timeout) Error() string   { return "a timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func TestContentTypes(t *testing.T) {
	t.Parallel()
	for v, ok := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "application/json;charset=UTF8": true, "Application/JSON": true,
		"application/vnd.api+json": true, "application/json; version=1": true,
		"": false, "text/plain": false, "text/json": false, "application/json; charset=latin1": false, "application/x-www-form-urlencoded": false,
		"application/jsonx": false, "application/": false, "application/json, application/json": false, "image/svg+json": false, "multipart/form-data; boundary=x": false,
	} {
		if err := checkContentType(v); (err == nil) != ok || err != nil && (err.Status != 415 || err.Code != "unsupported_media_type") {
			t.Errorf("%q: got %v", v, err)
		}
	}
}

// TestSlowBodies holds that a caller may take its time as long as something
// comes, and is told off when nothing does; in a time that is not real.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		pause time.Duration
		want  string
	}{
		{"slow", bodyStall - time.Second, "HTTP/1.1 200 OK"},
		{"silent", bodyStall + time.Second, "HTTP/1.1 408 Request Timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				conn, end := connect(func(w http.ResponseWriter, r *http.Request) {
					if _, err := readBody(w, r, nil, 1<<20, false); err != nil {
						w.WriteHeader(err.Status)
					}
				})
				defer end()
				go func() {
					_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n")
					for _, b := range []byte("12345") {
						time.Sleep(c.pause) // of the bubble
						if _, err := conn.Write([]byte{b}); err != nil {
							return
						}
					}
				}()
				line := make([]byte, len(c.want))
				if _, err := io.ReadFull(conn, line); err != nil || string(line) != c.want {
					t.Errorf("got %s, %v", line, err)
				}
			})
		})
	}
}

// connect serves one connection that is a pipe.
func connect(h http.HandlerFunc) (conn net.Conn, end func()) {
	conn, other := net.Pipe()
	server := &http.Server{Handler: h}
	l := &oneConn{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.conn <- other
	ended := make(chan struct{})
	go func() {
		_ = server.Serve(l)
		close(ended)
	}()
	return conn, func() {
		_ = conn.Close()
		_ = server.Close()
		<-ended
	}
}

// oneConn is a listener with one connection.
type oneConn struct {
	conn   chan net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *oneConn) Close() error {
	close(l.closed)
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
