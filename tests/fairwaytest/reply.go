package fairwaytest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// Conn is a provider's side of a connection while it answers.
type Conn struct {
	conn   net.Conn
	ended  chan struct{}
	closed bool
}

// Write sends bytes as they are.
func (c *Conn) Write(b []byte) (int, error) { return c.conn.Write(b) }

// Send sends a text as it is.
func (c *Conn) Send(text string) { _, _ = c.conn.Write([]byte(text)) } // a gateway that left is what some tests want

// Head sends a status and headers, as name, value pairs, for a body in chunks.
func (c *Conn) Head(status int, headers ...string) {
	c.Send(head(status, append(headers, "Transfer-Encoding", "chunked")...))
}

// Chunk sends a chunk of the body.
func (c *Conn) Chunk(data string) { c.Send(fmt.Sprintf("%x\r\n%s\r\n", len(data), data)) }

// End ends a body in chunks.
func (c *Conn) End() { c.Send("0\r\n\r\n") }

// Close ends the connection in an orderly way.
func (c *Conn) Close() { c.closed = true }

// Reset ends the connection with a TCP reset.
func (c *Conn) Reset() {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.closed = true
}

// Hold sends nothing until the gateway leaves or the test ends.
func (c *Conn) Hold(r *Received) {
	select {
	case <-r.Gone():
	case <-c.ended:
	}
	c.closed = true
}

func head(status int, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for i := 0; i+1 < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	b.WriteString("\r\n")
	return b.String()
}

// Whole answers with a body of any type. headers are name, value pairs.
func Whole(status int, contentType, body string, headers ...string) Reply {
	if contentType != "" {
		headers = append(headers, "Content-Type", contentType)
	}
	text := head(status, append(headers, "Content-Length", fmt.Sprint(len(body)))...) + body
	return func(c *Conn, _ *Received) { c.Send(text) }
}

// JSON answers with a JSON body.
func JSON(status int, body string, headers ...string) Reply {
	return Whole(status, "application/json", body, headers...)
}

// Raw sends bytes and closes the connection.
func Raw(text string) Reply {
	return func(c *Conn, _ *Received) {
		c.Send(text)
		c.Close()
	}
}

// SSE answers with a stream of events, each given by its data.
func SSE(data ...string) Reply {
	return func(c *Conn, _ *Received) {
		c.Head(http.StatusOK, "Content-Type", "text/event-stream")
		for _, d := range data {
			c.Chunk("data: " + d + "\n\n")
		}
		c.End()
	}
}

// Stream answers with a stream's text, cut into writes of at most size bytes;
// 0 leaves it whole.
func Stream(text string, size int) Reply {
	return func(c *Conn, _ *Received) {
		c.Head(http.StatusOK, "Content-Type", "text/event-stream")
		for rest := text; len(rest) > 0; {
			n := len(rest)
			if size > 0 {
				n = min(n, size)
			}
			c.Chunk(rest[:n])
			rest = rest[n:]
		}
		c.End()
	}
}

// Gzip answers with a compressed body, asked for or not.
func Gzip(contentType, body string) Reply {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(body)) // a buffer takes all
	_ = z.Close()
	return Whole(http.StatusOK, contentType, b.String(), "Content-Encoding", "gzip")
}

// Reset ends the connection without an answer.
func Reset() Reply {
	return func(c *Conn, _ *Received) { c.Reset() }
}

// Hold takes the request and never answers.
func Hold() Reply {
	return func(c *Conn, r *Received) { c.Hold(r) }
}

// Then sends a stream's events and goes on with what follows.
func Then(events []string, next func(c *Conn, r *Received)) Reply {
	return func(c *Conn, r *Received) {
		c.Head(http.StatusOK, "Content-Type", "text/event-stream")
		for _, e := range events {
			c.Chunk("data: " + e + "\n\n")
		}
		next(c, r)
	}
}
