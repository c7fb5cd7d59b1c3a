package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fairwaygw/fairway/tests/bench/upstream"
)

// job is one call, ready to be made again and again.
type job struct {
	addr    string
	request []byte
	stream  bool
	chunks  int    // of a whole stream
	size    int    // of a good whole answer, known from the first
	spent   bool   // take off what the upstream spent
	began   func() // called at a stream's head, when set
}

// timing is how long one call took.
type timing struct {
	total time.Duration
	first time.Duration // to the first byte of a stream's body
}

// errStatus is any answer but a good one.
type errStatus struct {
	status int
	body   string
}

func (e *errStatus) Error() string { return fmt.Sprintf("status %d: %s", e.status, e.body) }

// do makes the call, with its latency counted from since. After an error the
// connection is of no more use.
func (c *connection) do(j *job, since time.Time, check *streamCheck) (timing, error) {
	var t timing
	if _, err := c.Write(j.request); err != nil {
		return t, fmt.Errorf("sending: %w", err)
	}
	h, err := readHead(c.br)
	if err != nil {
		return t, err
	}
	if h.status != http.StatusOK {
		c.body = c.body[:0]
		err := readBody(c.br, h, c.keep)
		return t, errors.Join(&errStatus{h.status, string(c.body[:min(len(c.body), 300)])}, err)
	}
	if j.stream {
		return c.readStream(h, j, since, check)
	}
	c.body = c.body[:0]
	if err := readBody(c.br, h, c.keep); err != nil {
		return t, err
	}
	t.total = time.Since(since)
	if j.spent {
		n, ok := upstream.Spent(c.body)
		if !ok {
			return t, errors.New("the answer does not say how long the upstream took")
		}
		t.total -= time.Duration(n)
	}
	// An id or a time may differ in length from one answer to the next.
	if len(c.body) < j.size*9/10 || len(c.body) > j.size*11/10 {
		return t, fmt.Errorf("the answer has %d bytes, the first had %d", len(c.body), j.size)
	}
	return t, c.reusable(h)
}

func (c *connection) readStream(h head, j *job, since time.Time, check *streamCheck) (timing, error) {
	var t timing
	check.reset()
	if j.began != nil {
		j.began()
	}
	err := readBody(c.br, h, func(p []byte) {
		if t.first == 0 {
			t.first = time.Since(since)
		}
		check.feed(p)
	})
	t.total = time.Since(since)
	if err != nil {
		return t, &errCut{errors.Join(check.verdict(j.chunks), err)}
	}
	if err := check.verdict(j.chunks); err != nil {
		return t, &errCut{err}
	}
	return t, c.reusable(h)
}

func (c *connection) keep(p []byte) { c.body = append(c.body, p...) }

// errClosing is a good answer on a connection that ends with it.
var errClosing = errors.New("the server closes the connection")

func (c *connection) reusable(h head) error {
	if h.close || h.length == -2 {
		return errClosing
	}
	return nil
}

// errCut is a stream that began and was not whole.
type errCut struct{ err error }

func (e *errCut) Error() string { return e.err.Error() }
func (e *errCut) Unwrap() error { return e.err }

// tryOut makes one call and looks at all of the answer: its shape, its text,
// its usage, and, through Fairway, the headers that tell routing and price to
// be on. It notes the size that the answers to come must have.
func tryOut(ctx context.Context, j *job, fairway bool) error {
	c, err := dial(ctx, j.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := c.Write(j.request); err != nil {
		return err
	}
	h, err := readHead(c.br)
	if err != nil {
		return err
	}
	if err := readBody(c.br, h, c.keep); err != nil {
		return err
	}
	if h.status != http.StatusOK {
		return &errStatus{h.status, string(c.body[:min(len(c.body), 300)])}
	}
	// A stream's price is only known at its end and comes as a trailer.
	if want := map[bool]int{false: 2, true: 1}[j.stream]; fairway && h.fairway < want {
		return errors.New("the answer lacks Fairway-Target or Fairway-Cost, so not all of the gateway is on")
	}
	if j.stream {
		return tryStream(c.body, j.chunks)
	}
	j.size = len(c.body)
	return tryWhole(c.body)
}

// refusesStrangers makes sure that the key is looked at.
func refusesStrangers(ctx context.Context, j *job) error {
	before, rest, _ := bytes.Cut(j.request, []byte("Authorization:"))
	_, after, _ := bytes.Cut(rest, []byte("\r\n"))
	stranger := *j
	stranger.request = bytes.Join([][]byte{before, after}, nil)
	err := tryOut(ctx, &stranger, true)
	var status *errStatus
	if errors.As(err, &status) && status.status == http.StatusUnauthorized {
		return nil
	}
	if err == nil {
		return errors.New("a call without a key was answered")
	}
	return fmt.Errorf("a call without a key should get status 401: %w", err)
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
}

func tryWhole(body []byte) error {
	var a struct {
		Object  string
		Choices []struct{ Message struct{ Content string } }
		Usage   usage
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("reading the answer: %w in %.300q", err, body)
	}
	if a.Object != "chat.completion" || len(a.Choices) != 1 || len(a.Choices[0].Message.Content) < 700 || a.Usage != (usage{214, 152}) {
		return fmt.Errorf("the answer is not what the upstream said: %.1500q", body)
	}
	return nil
}

func tryStream(body []byte, chunks int) error {
	var s streamCheck
	s.feed(body)
	if err := s.verdict(chunks); err != nil {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), dataField)
		if !ok || bytes.Contains(data, endMark) {
			continue
		}
		var e struct {
			Object string
			Usage  *usage
		}
		if err := json.Unmarshal(data, &e); err != nil || e.Object != "chat.completion.chunk" {
			return fmt.Errorf("reading an event: %q", data)
		}
		if e.Usage != nil && *e.Usage == (usage{214, 120}) {
			return nil
		}
	}
	return errors.New("the stream has no usage")
}
