package instance

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// bounds are the least and the largest size that two keywords allow; most is
// -1 for no bound.
func bounds(o *object, least, most string) (int, int, error) {
	read := func(name string, otherwise int) int {
		n, ok := o.values[name].(json.Number)
		if !ok {
			return otherwise
		}
		r, ok := rational(n)
		if !ok || r.Sign() < 0 || !r.IsInt() {
			return otherwise
		}
		if v := r.Num(); v.IsInt64() && v.Int64() <= maxText {
			return int(v.Int64())
		}
		return maxText + 1
	}
	low, high := read(least, 0), read(most, -1)
	switch {
	case low > maxText:
		return 0, 0, errLarge
	case high >= 0 && low > high:
		return 0, 0, errNone
	}
	return low, high, nil
}

// text makes a string.
func (m *maker) text(o *object, variant int) (any, error) {
	least, most, err := bounds(o, "minLength", "maxLength")
	if err != nil {
		return nil, err
	}
	fits := func(s string) bool {
		n := utf8.RuneCountInString(s)
		return n >= least && (most < 0 || n <= most)
	}
	if pattern, ok := o.values["pattern"].(string); ok {
		if s, ok := m.matching(pattern, variant, least, fits); ok {
			return s, nil
		}
	}
	if format, ok := o.values["format"].(string); ok {
		if s := formatted(format, variant); s != "" && fits(s) {
			return s, nil
		}
	}
	s := filled(least, most, variant)
	return s, m.spend(0, len(s))
}

// filled is a text of a length within bounds. Variants differ at the front, so
// that cutting leaves the difference.
func filled(least, most, variant int) string {
	s := "text"
	if variant > 0 {
		s = strconv.Itoa(variant) + s
	}
	if n := least - len(s); n > 0 {
		const more = " text"
		s += strings.Repeat(more, n/len(more)+1)[:n]
	}
	if most >= 0 && len(s) > most {
		s = s[:most]
	}
	return s
}

// formatted is a text of a format, or empty for an unknown one.
func formatted(format string, variant int) string {
	day := time.Date(2025, time.January, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, variant)
	number := ""
	if variant > 0 {
		number = strconv.Itoa(variant)
	}
	switch format {
	case "date-time":
		return day.Format(time.RFC3339)
	case "date":
		return day.Format(time.DateOnly)
	case "time":
		return day.Add(time.Duration(variant) * time.Second).Format("15:04:05Z")
	case "duration":
		return fmt.Sprintf("P%dD", variant+1)
	case "email", "idn-email":
		return "user" + number + "@example.com"
	case "hostname", "idn-hostname":
		return "host" + number + ".example.com"
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", variant%254+1)
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", variant%0xffff+1)
	case "uri", "iri", "url", "uri-reference", "iri-reference", "uri-template":
		return "https://example.com/" + number
	case "uuid":
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", variant+1)
	case "json-pointer":
		return "/a" + number
	case "relative-json-pointer":
		return strconv.Itoa(variant)
	case "regex":
		return "a" + number
	case "byte":
		return "dGV4dA=="
	}
	return ""
}
