package egress

import (
	"io"
	"strings"
	"testing"
)

// TestPlainAnswersClosedAtTheirEnd holds that a stream whose last event was
// read gives its connection back although nobody read on to the end, as far as
// that is at hand, and that one whose rest is not read does not.
func TestPlainAnswersClosedAtTheirEnd(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for name, c := range map[string]struct {
		answer string
		again  bool
	}{
		"the end is at hand": {head + "2\r\nok\r\n0\r\n\r\n", true},
		"more is at hand":    {head + "2\r\nok\r\n2\r\nno\r\n0\r\n\r\n", false},
		"much is at hand":    {head + "2\r\nok\r\n20\r\n" + strings.Repeat("n", 32) + "\r\n0\r\n\r\n", false},
		"the end is late":    {head + "2\r\nok\r\n", false},
		"another answer":     {head + "2\r\nok\r\n0\r\n\r\n" + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			url, connections := scripted(t, c.answer, c.answer)
			client := newClient("", newDialer())
			defer client.closeIdle()
			template := NewTemplate(address(t, url), nil)
			for range 2 {
				a, err := client.Send(t.Context(), template, Request{Body: []byte("{}\n\n")})
				if err != nil {
					t.Fatal(err)
				}
				var got [2]byte
				if _, err := io.ReadFull(a.Body, got[:]); err != nil || string(got[:]) != "ok" {
					t.Errorf("got %q: %v", got, err)
				}
				if err := a.Body.Close(); err != nil {
					t.Error(err)
				}
			}
			if n := connections.Load(); (n == 1) != c.again {
				t.Errorf("%d connections", n)
			}
		})
	}
}
