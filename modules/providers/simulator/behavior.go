package simulator

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// behavior is how an answer comes.
type behavior struct {
	latency, delay time.Duration
	words          int
	status         int
	retryAfter     time.Duration
	fault          string
	after          int
	// The tokens to report.
	prompt, completion, cached, reasoning int
}

// unset stands for a number that nobody gave.
const unset = -1

// The faults of an answer, as the field "simulate" names them.
const (
	faultRefuse   = "refuse"
	faultReset    = "reset"
	faultStall    = "stall"
	faultTruncate = "truncate"
	faultGarbage  = "garbage"
	faultError    = "error_event"
)

var faults = []string{faultRefuse, faultReset, faultStall, faultTruncate, faultGarbage, faultError}

// The largest values; more would only be a way to waste memory and time.
const (
	maxWait  = time.Hour
	maxWords = 100_000
)

// model reads the name of a model and reports whether there is one of that
// name.
func (b *behavior) model(name string) bool {
	for name != "" {
		var word, value string
		word, name, _ = strings.Cut(name, "-")
		switch word {
		case "echo":
			continue
		case "slow":
			b.latency, b.delay = time.Second, 50*time.Millisecond
			continue
		case "error":
			b.fault = faultError
			continue
		case faultRefuse, faultReset, faultStall, faultTruncate, faultGarbage:
			b.fault = word
			continue
		case "latency", "delay", "words", "status", "retry", "after":
		default:
			return false
		}
		value, name, _ = strings.Cut(name, "-")
		ok := false
		switch word {
		case "latency":
			ok = duration(&b.latency, value)
		case "delay":
			ok = duration(&b.delay, value)
		case "retry":
			ok = duration(&b.retryAfter, value)
		case "words":
			ok = number(&b.words, value, 1, maxWords)
		case "status":
			ok = number(&b.status, value, 204, 599)
		case "after":
			ok = number(&b.after, value, 0, maxWords)
		}
		if !ok {
			return false
		}
	}
	return true
}

func duration(to *time.Duration, text string) bool {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxWait {
		return false
	}
	*to = d
	return true
}

func number(to *int, text string, least, most int) bool {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most || text[0] == '+' {
		return false
	}
	*to = n
	return true
}

// simulateOptions are the fields of "simulate".
var simulateOptions = []string{"latency", "delay", "words", "status", "retry_after", "fault", "after", "tokens"}

// read reads the field "simulate".
func (b *behavior) read(raw []byte) *fault {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	c := rawjson.Trust(raw, 0)
	if !c.Object() {
		return invalid("simulate", "must be an object")
	}
	for c.NextField() {
		name := string(c.Key())
		place := "simulate." + name
		value := c.Value()
		var ok bool
		var want string
		switch name {
		case "latency":
			ok, want = duration(&b.latency, unquoted(value)), wantDuration
		case "delay":
			ok, want = duration(&b.delay, unquoted(value)), wantDuration
		case "retry_after":
			ok, want = duration(&b.retryAfter, unquoted(value)), wantDuration
		case "words":
			ok, want = number(&b.words, string(value), 1, maxWords), "a number from 1 to 100000"
		case "status":
			ok, want = number(&b.status, string(value), 204, 599), "a number from 204 to 599"
		case "after":
			ok, want = number(&b.after, string(value), 0, maxWords), "a number from 0 to 100000"
		case "fault":
			b.fault = unquoted(value)
			ok, want = slices.Contains(faults, b.fault), "one of "+strings.Join(faults, ", ")
		case "tokens":
			if f := b.tokens(value); f != nil {
				return f
			}
			continue
		default:
			return invalid(place, "is no option; allowed: "+strings.Join(simulateOptions, ", "))
		}
		if !ok {
			return invalid(place, "must be "+want)
		}
	}
	return nil
}

const wantDuration = `a duration up to 1h, such as "200ms"`

// tokens reads the counts that usage is to report.
func (b *behavior) tokens(raw []byte) *fault {
	counts := []struct {
		name string
		to   *int
	}{{"prompt", &b.prompt}, {"completion", &b.completion}, {"cached", &b.cached}, {"reasoning", &b.reasoning}}
	c := rawjson.Trust(raw, 0)
	if !c.Object() {
		return invalid("simulate.tokens", "must be an object")
	}
next:
	for c.NextField() {
		name := string(c.Key())
		for _, n := range counts {
			if n.name != name {
				continue
			}
			if !number(n.to, string(c.Value()), 0, 1_000_000_000) {
				return invalid("simulate.tokens."+name, "must be a number from 0 to 1000000000")
			}
			continue next
		}
		return invalid("simulate.tokens."+name, "is no option; allowed: prompt, completion, cached, reasoning")
	}
	return nil
}

// unquoted is the text of a string, and empty for any other value.
func unquoted(v []byte) string {
	if rawjson.KindOf(v) != rawjson.String {
		return ""
	}
	return string(rawjson.Unquote(bytes.TrimSuffix(v[1:], []byte(`"`)), nil))
}
