package egress

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// frugal is a server that costs next to nothing: it answers as soon as a
// request has come, and allocates nothing.
func frugal(b *testing.B, answer string) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	reply := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(answer)) + "\r\n\r\n" + answer)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReaderSize(conn, 64<<10)
				for {
					length := 0
					for {
						line, err := r.ReadSlice('\n')
						if err != nil {
							return
						}
						if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
							for _, c := range bytes.TrimSpace(value) {
								length = length*10 + int(c-'0')
							}
						}
						if len(line) == len("\r\n") {
							break
						}
					}
					if _, err := r.Discard(length); err != nil {
						return
					}
					if _, err := conn.Write(reply); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/v1/chat/completions"
}

var answer = `{"id":"chatcmpl-1","object":"chat.completion","choices":[` + strings.Repeat(" ", 600) + `]}`

func BenchmarkSend(b *testing.B) {
	for _, size := range []int{1 << 10, 8 << 10, 200 << 10} {
		body := bytes.Repeat([]byte("x"), size)
		b.Run(fmt.Sprintf("%dKB/Client", size>>10), func(b *testing.B) {
			u, _ := url.Parse(frugal(b, answer))
			c := newClient("", newDialer())
			template := NewTemplate(u, http.Header{"Authorization": {"Bearer key"}})
			buffer := make([]byte, 4096)
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				a, err := c.Send(ctx, template, Request{Body: body})
				if err != nil {
					b.Fatal(err)
				}
				drain(b, a.Body, buffer)
			}
		})
		// What most programs do.
		b.Run(fmt.Sprintf("%dKB/http.Client", size>>10), func(b *testing.B) {
			target := frugal(b, answer)
			c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: maxIdle}}
			buffer := make([]byte, 4096)
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer key")
				a, err := c.Do(r) //nolint:bodyclose // drain closes it
				if err != nil {
					b.Fatal(err)
				}
				drain(b, a.Body, buffer)
			}
		})
	}
}

func drain(b *testing.B, body io.ReadCloser, buffer []byte) {
	b.Helper()
	for {
		_, err := body.Read(buffer)
		if err == io.EOF {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := body.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRequest is what a call costs before it reaches the transport.
func BenchmarkRequest(b *testing.B) {
	u, _ := url.Parse("https://api.example.com/v1/chat/completions")
	template := NewTemplate(u, http.Header{"Authorization": {"Bearer key"}})
	body := bytes.Repeat([]byte("x"), 1<<10)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		x := &exchange{}
		_ = template.request(ctx, Request{Body: body}, &x.upload)
	}
}
