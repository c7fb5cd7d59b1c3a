package platform

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Limits are what may be used: a closed list, of which what is not there is not
// limited. 0 lets nothing through.
type Limits struct {
	// Max has the limits by name. Costs are in billionths of a dollar.
	Max map[string]int64
	// Window is "sliding" or "fixed"; empty slides for periods up to an hour,
	// and follows the calendar (UTC) for days and months.
	Window string
}

// LimitNames lists the limits.
var LimitNames = []string{
	"requests_per_second", "requests_per_minute", "requests_per_hour", "requests_per_day",
	"tokens_per_minute", "tokens_per_day", "tokens_per_month",
	"cost_per_day", "cost_per_month", "concurrent_requests",
}

const windowName = "window"

// The windows.
const (
	WindowSliding = "sliding"
	WindowFixed   = "fixed"
)

// IsCost reports whether a limit is of money.
func IsCost(limit string) bool { return strings.HasPrefix(limit, "cost_") }

// Empty reports whether nothing is limited.
func (l Limits) Empty() bool { return len(l.Max) == 0 }

// Equal reports whether two are the same.
func (l Limits) Equal(o Limits) bool { return maps.Equal(l.Max, o.Max) && l.Window == o.Window }

// With is l with what another one sets in place of its own.
func (l Limits) With(o Limits) Limits {
	all := Limits{Max: maps.Clone(l.Max), Window: l.Window}
	if all.Max == nil {
		all.Max = map[string]int64{}
	}
	maps.Copy(all.Max, o.Max)
	if o.Window != "" {
		all.Window = o.Window
	}
	return all
}

// MarshalJSON writes an object as DESIGN has it: numbers, and decimal strings of
// dollars, in the order of [LimitNames].
func (l Limits) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	comma := func() {
		if len(b) > 1 {
			b = append(b, ',')
		}
	}
	for _, name := range LimitNames {
		n, ok := l.Max[name]
		if !ok {
			continue
		}
		comma()
		b = strconv.AppendQuote(b, name)
		b = append(b, ':')
		if IsCost(name) {
			b = append(append(append(b, '"'), Dollars(n)...), '"')
		} else {
			b = strconv.AppendInt(b, n, 10)
		}
	}
	if l.Window != "" {
		comma()
		b = strconv.AppendQuote(append(b, `"window":`...), l.Window)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes. What is wrong is an
// [InvalidError] that names the limit. A limit that is null is not there.
func (l *Limits) UnmarshalJSON(b []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return Invalid("limits", "must be an object such as {\"requests_per_minute\":60}")
	}
	read := Limits{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		if string(value) == "null" {
			continue
		}
		if name == windowName {
			if err := json.Unmarshal(value, &read.Window); err != nil || read.Window != WindowSliding && read.Window != WindowFixed {
				return Invalid("limits.window", "must be %q or %q", WindowSliding, WindowFixed)
			}
			continue
		}
		if !slices.Contains(LimitNames, name) {
			return Invalid("limits."+name, "is no limit; limits are %s and window", strings.Join(LimitNames, ", "))
		}
		n, err := limitValue(name, value)
		if err != nil {
			return err
		}
		if read.Max == nil {
			read.Max = map[string]int64{}
		}
		read.Max[name] = n
	}
	*l = read
	return nil
}

// maxLimit keeps sums of limits within 64 bits.
const maxLimit = 1 << 60

func limitValue(name string, value json.RawMessage) (int64, error) {
	place := "limits." + name
	if IsCost(name) {
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return 0, Invalid(place, "must be dollars as a string, such as \"50.00\"")
		}
		n, err := ParseDollars(s)
		if err != nil {
			return 0, Invalid(place, "%s", err)
		}
		return n, nil
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || n < 0 || n > maxLimit {
		return 0, Invalid(place, "must be a whole number from 0 to %d", int64(maxLimit))
	}
	return n, nil
}

// Dollars writes billionths of a dollar as a decimal number.
func Dollars(nano int64) string {
	sign := ""
	if nano < 0 {
		sign, nano = "-", -nano
	}
	s := fmt.Sprintf("%s%d.%09d", sign, nano/1e9, nano%1e9)
	for s[len(s)-1] == '0' && s[len(s)-3] != '.' {
		s = s[:len(s)-1]
	}
	return s
}

// ParseDollars reads a decimal number of dollars, of at most nine places, as
// billionths. It may not be negative.
func ParseDollars(s string) (int64, error) {
	whole, part, dot := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if !digits(whole) || dot && !digits(part) || len(part) > 9 {
		return 0, fmt.Errorf("must be dollars such as \"50.00\", of at most nine places")
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", 9-len(part)), 10, 64)
	if err != nil || n > maxLimit {
		return 0, fmt.Errorf("is more than %s dollars", Dollars(maxLimit))
	}
	return n, nil
}
