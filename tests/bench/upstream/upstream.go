// Package upstream imitates three model providers at as little cost as is
// practical: HTTP/1.1 by hand, answers rendered beforehand.
//
//	POST …/chat/completions        OpenAI, whole or streamed
//	POST …/messages                Anthropic, whole
//	POST …:generateContent         Gemini, whole
//
// It shares its machine with the proxies that are measured, so whatever it
// spends is missing there.
package upstream

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	maxBody  = 16 << 20
	keepBody = 1 << 20 // a larger buffer is not kept between requests
)

// Serve answers on ln until that is closed.
func Serve(ln net.Listener) error {
	for {
		c, err := ln.Accept()
		if err != nil {
			return fmt.Errorf("accepting: %w", err)
		}
		go func() {
			defer c.Close()
			// A client that goes away is its own business.
			_ = serve(c)
		}()
	}
}

func serve(c net.Conn) error {
	br := bufio.NewReaderSize(c, 8<<10)
	var body []byte
	for {
		r, err := readHead(br)
		if err != nil {
			return err
		}
		if r.expects {
			if _, err := io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return err
			}
		}
		if body, err = r.readBody(br, body); err != nil {
			return err
		}
		if err := answer(c, r, body); err != nil {
			return err
		}
		if r.close {
			return nil
		}
		if cap(body) > keepBody {
			body = nil
		}
	}
}

var (
	streamField = []byte(`"stream":true`)
	usageField  = []byte(`"include_usage":true`)
)

func answer(c net.Conn, r request, body []byte) error {
	begun := time.Now()
	plan := parsePlan(body)
	if plan.Wait > 0 {
		time.Sleep(plan.Wait)
	}
	var whole *rendered
	switch r.kind {
	case openAI:
		if bytes.Contains(body, streamField) {
			return stream(c, plan, bytes.Contains(body, usageField))
		}
		whole = &openAIWhole
	case anthropic:
		whole = &anthropicWhole
	case gemini:
		whole = &geminiWhole
	default:
		_, err := c.Write(notFound)
		return err
	}
	if plan.Wait == 0 {
		_, err := c.Write(whole.bytes)
		return err
	}
	// The time spent here is written into the answer, so that the client can
	// take it off and is left with what the way cost.
	_, err := c.Write(whole.patched(int64(time.Since(begun))))
	return err
}

// stream writes one chunk a write, as a provider does that sends each token
// when it has it.
func stream(c net.Conn, plan Plan, usage bool) error {
	t := &streamTemplates[0]
	if usage {
		t = &streamTemplates[1]
	}
	if _, err := c.Write(t.first); err != nil {
		return err
	}
	for i := range plan.Chunks {
		if plan.Every > 0 {
			time.Sleep(plan.Every)
		}
		if _, err := c.Write(t.chunks[i]); err != nil {
			return err
		}
	}
	_, err := c.Write(t.last)
	return err
}

// kind is whose request it is.
type kind int

const (
	unknown kind = iota
	openAI
	anthropic
	gemini
)

func kindOf(path []byte) kind {
	path, _, _ = bytes.Cut(path, []byte("?"))
	switch {
	case bytes.HasSuffix(path, []byte("/chat/completions")):
		return openAI
	case bytes.HasSuffix(path, []byte("/messages")):
		return anthropic
	case bytes.HasSuffix(path, []byte(":generateContent")):
		return gemini
	}
	return unknown
}

type request struct {
	kind    kind
	length  int // -1: chunked
	close   bool
	expects bool
}

func readHead(br *bufio.Reader) (request, error) {
	var r request
	line, err := br.ReadSlice('\n')
	if err != nil {
		return r, err
	}
	_, rest, ok := bytes.Cut(line, []byte(" "))
	path, _, ok2 := bytes.Cut(rest, []byte(" "))
	if !ok || !ok2 {
		return r, fmt.Errorf("reading a request line: %q", line)
	}
	r.kind = kindOf(path)
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return r, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return r, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case is(name, "Content-Length"):
			if r.length, err = strconv.Atoi(string(value)); err != nil || r.length < 0 {
				return r, fmt.Errorf("reading a length: %q", value)
			}
		case is(name, "Transfer-Encoding"):
			r.length = -1
		case is(name, "Connection"):
			r.close = is(value, "close")
		case is(name, "Expect"):
			r.expects = true
		}
	}
}

// is compares a header's name; the length first, because most differ in it.
func is(b []byte, name string) bool {
	return len(b) == len(name) && bytes.EqualFold(b, []byte(name))
}

var errTooLarge = errors.New("the request's body is too large")

func (r request) readBody(br *bufio.Reader, buf []byte) ([]byte, error) {
	if r.length >= 0 {
		return readMore(br, buf[:0], r.length)
	}
	buf = buf[:0]
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return buf, err
		}
		size, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
		n, err := strconv.ParseUint(string(size), 16, 31)
		if err != nil {
			return buf, fmt.Errorf("reading a chunk's size: %w", err)
		}
		if n == 0 {
			_, err = br.ReadSlice('\n')
			return buf, err
		}
		if buf, err = readMore(br, buf, int(n)); err != nil {
			return buf, err
		}
		if _, err = br.Discard(2); err != nil {
			return buf, err
		}
	}
}

// readMore appends n bytes to buf.
func readMore(br *bufio.Reader, buf []byte, n int) ([]byte, error) {
	at := len(buf)
	if n > maxBody-at {
		return buf, errTooLarge
	}
	if cap(buf) < at+n {
		grown := make([]byte, at, at+n)
		copy(grown, buf)
		buf = grown
	}
	buf = buf[:at+n]
	_, err := io.ReadFull(br, buf[at:])
	return buf, err
}

var notFound = whole(http.StatusNotFound, `{"error":{"message":"no such path","type":"invalid_request_error","param":null,"code":null}}`)
