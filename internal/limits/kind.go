package limits

import "time"

// Kind is what a limit bounds.
type Kind uint8

// The kinds of limits. The list is closed.
const (
	RequestsPerSecond Kind = iota
	RequestsPerMinute
	RequestsPerHour
	RequestsPerDay
	TokensPerMinute
	TokensPerDay
	TokensPerMonth
	CostPerDay
	CostPerMonth
	ConcurrentRequests
	kinds
)

// Unit is what a kind counts.
type Unit uint8

// The units. Costs are in billionths of a dollar.
const (
	Requests Unit = iota
	Tokens
	Cost
	Concurrency
)

const (
	day   = 24 * time.Hour
	month = 30 * day // of a sliding window; a fixed one is the calendar's
)

// facts are what is known of a kind.
type facts struct {
	name   string
	unit   Unit
	period time.Duration
	// slots is how finely a sliding window is divided: what was used is
	// forgotten up to a slot later than the period.
	slots int64
	// quota is set where more is not to be had by waiting for a little while.
	quota bool
}

var table = [kinds]facts{
	RequestsPerSecond:  {"requests_per_second", Requests, time.Second, 10, false},
	RequestsPerMinute:  {"requests_per_minute", Requests, time.Minute, 60, false},
	RequestsPerHour:    {"requests_per_hour", Requests, time.Hour, 60, false},
	RequestsPerDay:     {"requests_per_day", Requests, day, 96, true},
	TokensPerMinute:    {"tokens_per_minute", Tokens, time.Minute, 60, false},
	TokensPerDay:       {"tokens_per_day", Tokens, day, 96, true},
	TokensPerMonth:     {"tokens_per_month", Tokens, month, 120, true},
	CostPerDay:         {"cost_per_day", Cost, day, 96, true},
	CostPerMonth:       {"cost_per_month", Cost, month, 120, true},
	ConcurrentRequests: {"concurrent_requests", Concurrency, 0, 0, false},
}

// Kinds lists all kinds.
func Kinds() []Kind {
	list := make([]Kind, kinds)
	for i := range list {
		list[i] = Kind(i)
	}
	return list
}

// String is the name of the limit in plans, such as "requests_per_minute".
func (k Kind) String() string { return table[k].name }

// Unit is what the kind counts.
func (k Kind) Unit() Unit { return table[k].unit }

// Period is the time over which it counts; 0 for calls at a time. A month is 30
// days here, and the calendar's in a fixed window.
func (k Kind) Period() time.Duration { return table[k].period }

// Quota reports whether the limit is a budget, which waiting for a little while
// does not bring back, rather than a rate.
func (k Kind) Quota() bool { return table[k].quota }

// Window is how time is cut.
type Window uint8

const (
	// Natural windows slide for periods up to an hour, and are those of the
	// calendar, in UTC, for days and months.
	Natural Window = iota
	// Sliding windows look back from each moment.
	Sliding
	// Fixed windows begin with each second, minute, hour, day or month in UTC.
	Fixed
)

// of is the window that a kind really has.
func (w Window) of(k Kind) Window {
	if w != Natural {
		return w
	}
	if table[k].period >= day {
		return Fixed
	}
	return Sliding
}

// Rule is one limit: at most so many requests, tokens, billionths of a dollar,
// or calls at a time. A limit of 0 lets nothing through.
type Rule struct {
	Kind   Kind
	Window Window
	Max    int64
}

// Level is whose limit it is.
type Level uint8

// The levels, in the order in which they are asked.
const (
	Key Level = iota
	Application
	Subscription
	Tenant
	levels
)

func (l Level) String() string {
	return [...]string{"key", "application", "subscription", "tenant"}[min(l, Tenant)]
}
