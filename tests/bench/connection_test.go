package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// read reads an answer that comes byte by byte, which cuts it at every place.
func read(answer string) (head, string, error) {
	br := bufio.NewReader(iotest.OneByteReader(strings.NewReader(answer)))
	h, err := readHead(br)
	if err != nil {
		return h, "", err
	}
	var body strings.Builder
	err = readBody(br, h, func(p []byte) { body.Write(p) })
	if err == nil && br.Buffered() > 0 {
		err = errors.New("not all was read")
	}
	return h, body.String(), err
}

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer, body string
		head         head
	}{
		"length":   {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", head{status: 200, length: 5}},
		"interim":  {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "", head{status: 200}},
		"chunks":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello", head{status: 200, length: -1}},
		"both":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n1\r\na\r\n0\r\n\r\n", "a", head{status: 200, length: -1}},
		"trailers": {"HTTP/1.1 200 OK\r\nTrailer: Fairway-Cost\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nFairway-Cost: 0.1\r\n\r\n", "0123456789", head{status: 200, length: -1}},
		"close":    {"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\nsorry", "sorry", head{status: 502, length: -2, close: true}},
		"fairway":  {"HTTP/1.1 200 OK\r\nFairway-Target: a/b\r\nFairway-Cost: 0.1\r\nContent-Length: 0\r\n\r\n", "", head{status: 200, fairway: 2}},
		"nothing":  {"HTTP/1.1 204 No Content\r\n\r\n", "", head{status: 204}},
	} {
		h, body, err := read(c.answer)
		if err != nil || h != c.head || body != c.body {
			t.Errorf("%s: got %+v, %q, %v", name, h, body, err)
		}
	}
}

func TestCutAnswers(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhe",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nFairway-Cost: 1\r\n",
	} {
		if _, _, err := read(answer); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: got %v", answer, err)
		}
	}
	for _, answer := range []string{
		"",
		"hello\n",
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
	} {
		if _, _, err := read(answer); err == nil {
			t.Errorf("%q was taken for an answer", answer)
		}
	}
}

// events is a stream with the chunks from one number to before another.
func events(from, to int, more string) string {
	var b strings.Builder
	b.WriteString("data: {\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}\n\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "data: {\"delta\":{\"content\":\" word @%04d\"}}\n\n", i)
	}
	return b.String() + more
}

func TestStreamCheck(t *testing.T) {
	const end = "data: [DONE]\n\n"
	for name, c := range map[string]struct {
		stream, want string
	}{
		"whole":    {events(0, 12, end), ""},
		"comments": {": ping\n\n" + events(0, 12, ": ping\n\n"+end), ""},
		"no end":   {events(0, 12, ""), "cut short: 12 of 12"},
		"short":    {events(0, 11, end), "cut short: 11 of 12"},
		"twice":    {events(0, 12, "data: \" @0011\"\n\n"+end), "chunk 11 came when 12"},
		"gap":      {events(0, 5, events(6, 12, end)), "chunk 6 came when 5"},
		"after":    {events(0, 11, end+"data: \" @0011\"\n\n"), "chunk 11 came"},
		"error":    {events(0, 3, "data: {\"error\":{\"message\":\"x\"}}\n\n"), "cut short: 3 of 12"},
	} {
		for _, piece := range []int{1, 7, 4096} {
			var s streamCheck
			for p := c.stream; p != ""; {
				n := min(piece, len(p))
				s.feed([]byte(p[:n]))
				p = p[n:]
			}
			err := s.verdict(12)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s in pieces of %d: got %v", name, piece, err)
			}
		}
	}
}
