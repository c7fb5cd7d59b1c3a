package llm

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds how long a provider can ask to be left alone.
const maxRetryAfter = time.Hour

// retryAfter is how long to wait: what the headers say, else the headers that
// the body quotes, else the body itself, else its message. What is negative or
// not understood counts as not said.
func retryAfter(status int, h http.Header, s *complaint, now time.Time) time.Duration {
	if d := headerWait(h, now); d > 0 {
		return d
	}
	if d := headerWait(s.header, now); d > 0 {
		return d
	}
	if s.wait > 0 {
		return s.wait
	}
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, 529:
		return messageWait(s.message)
	}
	return 0
}

func headerWait(h http.Header, now time.Time) time.Duration {
	if len(h) == 0 {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date // the provider's clock counts, not ours
	}
	if d := number(h.Get("Retry-After-Ms"), time.Millisecond); d > 0 {
		return d
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if d := number(v, time.Second); d > 0 {
		return d
	}
	if date, err := http.ParseTime(v); err == nil {
		if d := bounded(date.Sub(now)); d > 0 {
			return d
		}
	}
	return resetWait(h, now)
}

// resetWait reads the limits that are used up: each x-ratelimit-reset-… and
// anthropic-ratelimit-…-reset whose counterpart says that nothing remains. The
// longest of them counts; where something remains, the time of a reset says
// nothing about when the next call may come.
func resetWait(h http.Header, now time.Time) (wait time.Duration) {
	for name, values := range h {
		lower := strings.ToLower(name)
		if len(values) == 0 || !strings.Contains(lower, "ratelimit") || !strings.Contains(lower, "reset") {
			continue
		}
		if strings.TrimSpace(h.Get(strings.Replace(lower, "reset", "remaining", 1))) == "0" {
			wait = max(wait, resetTime(strings.TrimSpace(values[0]), now))
		}
	}
	return wait
}

// resetTime reads "6m0s", "12ms", "30", a Unix time in seconds or
// milliseconds, or RFC 3339.
func resetTime(v string, now time.Time) time.Duration {
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return bounded(t.Sub(now))
	}
	n, err := strconv.ParseFloat(v, 64)
	switch {
	case err != nil:
		return duration(v)
	case n >= 1e12 && n < 1e15:
		return bounded(time.UnixMilli(int64(n)).Sub(now))
	case n >= 1e9 && n < 1e12:
		return bounded(time.Unix(int64(n), 0).Sub(now))
	}
	return number(v, time.Second)
}

// inText is how vendors write the wait into a sentence: "Please retry in
// 48.9s", "Please try again in 6m0s", "Retry after 20 seconds".
var inText = regexp.MustCompile(`(?i)\b(?:retry|try again|wait)\s+(?:in|after|for)\s+([0-9][0-9hmsµ.]*)(?:\s*(milliseconds?|ms|seconds?|sec|minutes?|min)\b)?`)

func messageWait(message string) time.Duration {
	m := inText.FindStringSubmatch(message)
	if m == nil {
		return 0
	}
	v := strings.TrimRight(m[1], ".")
	unit := time.Second
	switch strings.ToLower(m[2]) {
	case "millisecond", "milliseconds", "ms":
		unit = time.Millisecond
	case "minute", "minutes", "min":
		unit = time.Minute
	}
	if d := number(v, unit); d > 0 {
		return d
	}
	return duration(v)
}

// number reads a number of units; 0 is "not said".
func number(v string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || n <= 0 {
		return 0
	}
	if n >= float64(maxRetryAfter)/float64(unit) {
		return maxRetryAfter
	}
	return time.Duration(n * float64(unit))
}

// duration reads "6m0s"; 0 is "not said".
func duration(v string) time.Duration {
	v = strings.TrimSpace(v)
	d, err := time.ParseDuration(v)
	if err != nil {
		seconds, _ := strings.CutSuffix(v, "s")
		return number(seconds, time.Second) // too many of them for a Duration
	}
	return bounded(d)
}

func bounded(d time.Duration) time.Duration { return min(max(d, 0), maxRetryAfter) }
