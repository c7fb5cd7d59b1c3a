package ledger

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// nanoDigits is how many decimals of a dollar a [Nano] holds.
const nanoDigits = 9

// Append appends the amount as decimal dollars without trailing zeros, such
// as "0.000123", "12" or "-0.5".
func (n Nano) Append(dst []byte) []byte {
	u := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		u = -u
	}
	const unit = 1_000_000_000
	dst = strconv.AppendUint(dst, u/unit, 10)
	frac := u % unit
	if frac == 0 {
		return dst
	}
	var digits [nanoDigits]byte
	for i := nanoDigits - 1; i >= 0; i-- {
		digits[i] = byte('0' + frac%10)
		frac /= 10
	}
	last := nanoDigits
	for digits[last-1] == '0' {
		last--
	}
	dst = append(dst, '.')
	return append(dst, digits[:last]...)
}

// String is the amount as decimal dollars, as [Nano.Append] writes it.
func (n Nano) String() string {
	var buf [24]byte
	return string(n.Append(buf[:0]))
}

// MarshalText writes decimal dollars, so that JSON has a string and no reader
// is tempted to use floats.
func (n Nano) MarshalText() ([]byte, error) { return n.Append(nil), nil }

// UnmarshalText reads what [ParseNano] does.
func (n *Nano) UnmarshalText(text []byte) error {
	v, err := ParseNano(string(text))
	if err != nil {
		return err
	}
	*n = v
	return nil
}

// ParseNano reads decimal dollars with at most nine decimals, such as "0.25"
// or "-1". Exponents, signs other than a leading minus, and blanks are errors.
func ParseNano(s string) (Nano, error) {
	digits, negative := strings.CutPrefix(s, "-")
	u, err := parseDecimal(digits, nanoDigits)
	if err != nil {
		return 0, fmt.Errorf("reading amount %q: %w", s, err)
	}
	if negative {
		return Nano(-u), nil
	}
	return Nano(u), nil
}

// Add adds two amounts. It is nil, which is unknown, when one of them is or
// when the sum does not fit.
func Add(a, b *Nano) *Nano {
	if a == nil || b == nil {
		return nil
	}
	sum := *a + *b
	if (sum > *a) != (*b > 0) {
		return nil
	}
	return &sum
}

// Sum adds the costs of a call's attempts. It is nil when one of them is
// unknown; a call without attempts cost nothing.
func Sum(attempts []Attempt) *Nano {
	sum := new(Nano)
	for i := range attempts {
		sum = Add(sum, attempts[i].Cost)
	}
	return sum
}

var (
	errNotDecimal = errors.New(`not a plain decimal number such as "0.25"`)
	errTooLarge   = errors.New("too large")
)

// parseDecimal reads a decimal number that is not negative as an integer in
// units of 10^-decimals.
func parseDecimal(s string, decimals int) (int64, error) {
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" || point && frac == "" {
		return 0, errNotDecimal
	}
	if len(frac) > decimals {
		return 0, fmt.Errorf("more than %d decimals", decimals)
	}
	var n int64
	for _, part := range [...]string{whole, frac} {
		for i := 0; i < len(part); i++ {
			d := int64(part[i]) - '0'
			if d < 0 || d > 9 {
				return 0, errNotDecimal
			}
			if n > (math.MaxInt64-d)/10 {
				return 0, errTooLarge
			}
			n = n*10 + d
		}
	}
	for range decimals - len(frac) {
		if n > math.MaxInt64/10 {
			return 0, errTooLarge
		}
		n *= 10
	}
	return n, nil
}
