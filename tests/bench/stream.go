package main

import (
	"bytes"
	"fmt"

	"github.com/fairwaygw/fairway/tests/bench/upstream"
)

// streamCheck reads a stream of server-sent events and holds it to what the
// upstream has sent: each chunk once, in order, and the end mark.
type streamCheck struct {
	seen  int // chunks of content
	done  bool
	wrong string // the first chunk out of order
	carry []byte // the beginning of a line whose end has not come
}

var (
	dataField = []byte("data:")
	endMark   = []byte("[DONE]")
	chunkMark = []byte(upstream.ChunkMark)
)

func (s *streamCheck) reset() {
	*s = streamCheck{carry: s.carry[:0]}
}

// feed takes the next piece, wherever it is cut.
func (s *streamCheck) feed(p []byte) {
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.carry = append(s.carry, p...)
			return
		}
		if len(s.carry) > 0 {
			s.carry = append(s.carry, p[:i]...)
			s.line(s.carry)
			s.carry = s.carry[:0]
		} else {
			s.line(p[:i])
		}
		p = p[i+1:]
	}
}

func (s *streamCheck) line(line []byte) {
	if !bytes.HasPrefix(line, dataField) {
		return
	}
	if i := bytes.Index(line, chunkMark); i >= 0 && len(line) >= i+len(chunkMark)+4 {
		digits := line[i+len(chunkMark):][:4]
		n := int(digits[0]-'0')*1000 + int(digits[1]-'0')*100 + int(digits[2]-'0')*10 + int(digits[3]-'0')
		if (n != s.seen || s.done) && s.wrong == "" {
			s.wrong = fmt.Sprintf("chunk %d came when %d was due", n, s.seen)
		}
		s.seen++
		return
	}
	if bytes.Contains(line, endMark) {
		s.done = true
	}
}

// verdict is nil when the stream was whole.
func (s *streamCheck) verdict(chunks int) error {
	switch {
	case s.wrong != "":
		return fmt.Errorf("stream out of order: %s", s.wrong)
	case s.seen != chunks || !s.done:
		return fmt.Errorf("stream cut short: %d of %d chunks, end mark %v", s.seen, chunks, s.done)
	}
	return nil
}
