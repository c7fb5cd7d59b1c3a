package ollama

import "strings"

const (
	thinkOpen  = "<think>"
	thinkClose = "</think>"
)

// thoughts takes out of a text, in pieces as it comes, what stands between tags
// at its very start: how models think whose template has no place for it.
type thoughts struct {
	state thoughtsState
	// held is text that may turn out to belong to a tag.
	held string
}

type thoughtsState uint8

const (
	// thoughtsUnknown: nothing but space and the start of a tag has come.
	thoughtsUnknown thoughtsState = iota
	// thoughtsOpened: the tag has come, and space at most.
	thoughtsOpened
	thoughtsInside
	// thoughtsClosed: the closing tag has come, and space at most.
	thoughtsClosed
	// thoughtsOver: all that comes is text.
	thoughtsOver
)

const space = " \t\r\n"

// feed takes the next piece and returns what is sure of it.
func (t *thoughts) feed(piece string) (thinking, text string) {
	if t.state == thoughtsOver {
		return "", piece
	}
	piece = t.held + piece
	t.held = ""
	if t.state == thoughtsUnknown {
		start := strings.TrimLeft(piece, space)
		switch {
		case strings.HasPrefix(start, thinkOpen):
			t.state = thoughtsOpened
			piece = start[len(thinkOpen):]
		case strings.HasPrefix(thinkOpen, start):
			t.held = piece
			return "", ""
		default:
			t.state = thoughtsOver
			return "", piece
		}
	}
	if t.state == thoughtsOpened {
		if piece = strings.TrimLeft(piece, space); piece == "" {
			return "", ""
		}
		t.state = thoughtsInside
	}
	if t.state == thoughtsInside {
		before, after, closed := strings.Cut(piece, thinkClose)
		if !closed {
			n := partialSuffix(piece, thinkClose)
			t.held = piece[len(piece)-n:]
			return piece[:len(piece)-n], ""
		}
		t.state = thoughtsClosed
		thinking, piece = before, after
	}
	if piece = strings.TrimLeft(piece, space); piece != "" {
		t.state = thoughtsOver
	}
	return thinking, piece
}

// end returns what was still held back when the text has ended.
func (t *thoughts) end() (thinking, text string) {
	held := t.held
	t.held = ""
	if t.state == thoughtsInside {
		return held, ""
	}
	return "", held
}

// partialSuffix is the length of the longest end of s that tag begins with.
func partialSuffix(s, tag string) int {
	for n := min(len(s), len(tag)-1); n > 0; n-- {
		if strings.HasSuffix(s, tag[:n]) {
			return n
		}
	}
	return 0
}
