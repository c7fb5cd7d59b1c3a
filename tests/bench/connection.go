package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// connection is the client's side of one HTTP/1.1 connection. net/http would
// cost more than some of what is measured, and it shares the machine.
type connection struct {
	net.Conn
	br   *bufio.Reader
	body []byte // of the last whole answer
}

func dial(ctx context.Context, addr string) (*connection, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, br: bufio.NewReaderSize(c, 16<<10)}, nil
}

// head is what is needed of an answer's head.
type head struct {
	status  int
	length  int // -1: chunked, -2: until the connection ends
	close   bool
	fairway int // how many headers Fairway has added
}

// readHead reads the head of the final answer; interim ones are skipped.
func readHead(br *bufio.Reader) (head, error) {
	for range 5 {
		h, err := readOneHead(br)
		if err != nil || h.status >= 200 {
			return h, err
		}
	}
	return head{}, errors.New("reading an answer: too many interim ones")
}

func readOneHead(br *bufio.Reader) (head, error) {
	h := head{length: -2}
	line, err := br.ReadSlice('\n')
	if err != nil {
		return h, fmt.Errorf("reading an answer: %w", err)
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return h, fmt.Errorf("reading an answer: status line %q", line)
	}
	h.close = line[7] == '0'
	if h.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return h, fmt.Errorf("reading an answer: status line %q", line)
	}
	if h.status < 200 || h.status == 204 || h.status == 304 {
		h.length = 0
	}
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return h, fmt.Errorf("reading headers: %w", err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return h, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case is(name, "Content-Length") && h.length != -1:
			if h.length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || h.length < 0 {
				return h, fmt.Errorf("reading headers: length %q", value)
			}
		case is(name, "Transfer-Encoding"):
			h.length = -1 // it wins over a length (RFC 9112, 6.3)
		case is(name, "Connection"):
			h.close = h.close || is(bytes.TrimSpace(value), "close")
		case is(name, "Fairway-Target"), is(name, "Fairway-Cost"):
			h.fairway++
		}
	}
}

func is(b []byte, name string) bool {
	return len(b) == len(name) && bytes.EqualFold(b, []byte(name))
}

// readBody hands the body to sink piece by piece, valid during the call only.
func readBody(br *bufio.Reader, h head, sink func([]byte)) error {
	switch h.length {
	case -1:
		return readChunks(br, sink)
	case -2:
		for {
			if _, err := br.Peek(1); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			p, _ := br.Peek(br.Buffered())
			sink(p)
			_, _ = br.Discard(len(p))
		}
	}
	return pass(br, h.length, sink)
}

func readChunks(br *bufio.Reader, sink func([]byte)) error {
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("reading a chunk: %w", unexpected(err))
		}
		n, err := chunkSize(line)
		if err != nil {
			return err
		}
		if n == 0 {
			return skipTrailers(br)
		}
		if err := pass(br, n, sink); err != nil {
			return fmt.Errorf("reading a chunk: %w", err)
		}
		var end [2]byte
		if _, err := io.ReadFull(br, end[:]); err != nil || end != [2]byte{'\r', '\n'} {
			return fmt.Errorf("reading a chunk's end: %q, %w", end, unexpected(err))
		}
	}
}

// chunkSize reads the line before a chunk, whose extensions are ignored.
func chunkSize(line []byte) (int, error) {
	size, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
	n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
	if err != nil {
		return 0, fmt.Errorf("reading a chunk's size: %q", line)
	}
	return int(n), nil
}

func skipTrailers(br *bufio.Reader) error {
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("reading trailers: %w", unexpected(err))
		}
		if len(bytes.TrimSpace(line)) == 0 {
			return nil
		}
	}
}

// pass hands n bytes on as they come.
func pass(br *bufio.Reader, n int, sink func([]byte)) error {
	for n > 0 {
		if _, err := br.Peek(1); err != nil {
			return unexpected(err)
		}
		p, _ := br.Peek(min(n, br.Buffered()))
		sink(p)
		_, _ = br.Discard(len(p))
		n -= len(p)
	}
	return nil
}

// unexpected tells an end in mid-answer from one between answers.
func unexpected(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
