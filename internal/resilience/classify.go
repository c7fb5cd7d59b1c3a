package resilience

import (
	"context"
	"errors"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// Classify sorts a failure by its status, its words and its message. A failure
// that has a class keeps it; nil is [llm.ClassNone].
//
// A status below 400 says nothing of a failure, nor does a Retry-After: the
// error came inside an answer, and only its words count.
func Classify(e *llm.Error) llm.Class {
	if e == nil {
		return llm.ClassNone
	}
	if e.Class != llm.ClassNone {
		return e.Class
	}
	if e.Status == 0 && e.Type == "" && e.Code == "" && (e.Err != nil || e.Message == "") {
		return classifyCause(e.Err)
	}
	var s signals
	s.read(e)
	for i := range rules {
		if rules[i].matches(&s) {
			return rules[i].class
		}
	}
	return llm.ClassUnknown
}

// classifyCause sorts a failure that no provider spoke of.
func classifyCause(err error) llm.Class {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return llm.ClassClientCancel
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return llm.ClassTimeout
	}
	return llm.ClassTransport
}

// rule is a row of the table. A failure matches when its status does and, where
// the rule names words, phrases or a pattern, one of these does.
type rule struct {
	class  llm.Class
	status statuses
	// words are types and codes, compared without case and punctuation; a
	// trailing * stands for any rest.
	words words
	// phrases are parts of the message in lower case. What the message quotes
	// is left out of it, but for the quotes: callers write that.
	phrases []string
	// pattern is matched against the message as phrases are.
	pattern *regexp.Regexp
	// silent asks for an answer without a message.
	silent bool
	// unless are words and phrases that rule the row out.
	unless, without []string
}

func (r *rule) matches(s *signals) bool {
	if !r.status.has(s.status) {
		return false
	}
	if slices.ContainsFunc(r.unless, s.hasWord) || slices.ContainsFunc(r.without, s.says) {
		return false
	}
	if r.silent && !s.silent {
		return false
	}
	if r.words == nil && r.phrases == nil && r.pattern == nil {
		return true
	}
	return slices.ContainsFunc(r.words, s.hasWord) ||
		slices.ContainsFunc(r.phrases, s.says) ||
		r.pattern != nil && r.pattern.MatchString(s.message)
}

// statuses are ranges, both ends included. None is any status.
type statuses [][2]int

func (r statuses) has(status int) bool {
	for _, s := range r {
		if s[0] <= status && status <= s[1] {
			return true
		}
	}
	return len(r) == 0
}

// only lists single statuses.
func only(list ...int) statuses {
	var r statuses
	for _, n := range list {
		r = append(r, [2]int{n, n})
	}
	return r
}

// but takes single statuses out of ranges.
func (r statuses) but(list ...int) statuses {
	for _, n := range list {
		var out statuses
		for _, s := range r {
			if n < s[0] || n > s[1] {
				out = append(out, s)
				continue
			}
			if s[0] < n {
				out = append(out, [2]int{s[0], n - 1})
			}
			if n < s[1] {
				out = append(out, [2]int{n + 1, s[1]})
			}
		}
		r = out
	}
	return r
}

func (r statuses) and(more ...statuses) statuses {
	r = slices.Clone(r)
	for _, s := range more {
		r = append(r, s...)
	}
	return r
}

// words are folded, as types and codes are.
type words []string

func named(list ...string) words {
	var w words
	for _, s := range list {
		w = append(w, fold(s))
	}
	return w
}

// signals are what the table reads of a failure.
type signals struct {
	status     int
	kind, code string
	message    string
	// silent is set when the provider said nothing that could be read.
	silent bool
}

// maxScanned bounds what of a message is looked at; messages that were parsed
// from a provider's answer are no longer.
const maxScanned = 2 << 10

func (s *signals) read(e *llm.Error) {
	s.status = e.Status
	s.kind, s.code = fold(e.Type), fold(e.Code)
	s.message = strings.ToLower(unquote(e.Message[:min(len(e.Message), maxScanned)]))
	s.silent = s.kind == "" && s.code == "" && isSilent(e)
}

// isSilent reports whether a provider's answer had no message: llm.ParseError
// then writes one that begins with the status.
func isSilent(e *llm.Error) bool {
	if e.Message == "" {
		return true
	}
	rest, ok := strings.CutPrefix(e.Message, "the provider answered ")
	if !ok {
		return false
	}
	rest = strings.TrimPrefix(rest, "with status ")
	return strings.HasPrefix(rest, strconv.Itoa(e.Status)+" "+http.StatusText(e.Status)+" with ") ||
		strings.HasPrefix(rest, strconv.Itoa(e.Status)+" and ")
}

func (s *signals) hasWord(word string) bool {
	if start, ok := strings.CutSuffix(word, "*"); ok {
		return strings.HasPrefix(s.kind, start) || strings.HasPrefix(s.code, start)
	}
	return word == s.kind || word == s.code
}

func (s *signals) says(phrase string) bool { return strings.Contains(s.message, phrase) }

// fold takes case and punctuation off a word, so that RATE_LIMIT_EXCEEDED and
// RateLimitExceeded are one.
func fold(s string) string {
	clean := true
	for i := range len(s) {
		clean = clean && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9' || s[i] == '*')
	}
	if clean {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '*':
			b = append(b, c)
		}
	}
	return string(b)
}

// unquote empties what stands in quotes. Providers quote what callers sent, and
// nobody may have a key put aside by calling a tool "credit balance". A quote
// opens before a word and closes behind one, so apostrophes are left; the
// values of an object that a message quotes are left as well.
func unquote(s string) string {
	if !strings.ContainsAny(s, "'\"`") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		b.WriteByte(c)
		if c != '\'' && c != '"' && c != '`' || !opens(s[:i]) {
			continue
		}
		if n := closing(s[i+1:], c); n >= 0 {
			b.WriteByte(c)
			i += n + 1
		}
	}
	return b.String()
}

// opens reports whether a quote behind the text opens one.
func opens(before string) bool {
	if before == "" {
		return true
	}
	switch before[len(before)-1] {
	case ' ', '(', '[':
	default:
		return false
	}
	before = strings.TrimRight(before, " ")
	if key, ok := strings.CutSuffix(before, ":"); ok && key != "" {
		return !strings.ContainsRune("'\"`", rune(key[len(key)-1]))
	}
	return true
}

// closing finds the quote that ends a quotation.
func closing(s string, quote byte) int {
	for i := range len(s) {
		if s[i] == quote && (i+1 == len(s) || !isWord(s[i+1])) {
			return i
		}
	}
	return -1
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
