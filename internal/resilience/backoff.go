package resilience

import "time"

const (
	backoffBase = 500 * time.Millisecond
	backoffMax  = 8 * time.Second
)

// Backoff is how long to wait before the retry of that number, from 0: a random
// time up to 500 ms, doubled each time, at most 8 s. The whole range is random
// ("full jitter"), so that callers that failed together do not return together.
// rnd gives numbers in [0, 1).
func Backoff(attempt int, rnd func() float64) time.Duration {
	limit := backoffMax
	if attempt < 4 { // 500 ms · 2⁴ is the limit
		limit = backoffBase << max(attempt, 0)
	}
	return time.Duration(rnd() * float64(limit))
}
