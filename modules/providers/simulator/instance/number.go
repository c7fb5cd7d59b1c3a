package instance

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// rational reads a number exactly. One with a large exponent is left out:
// written out it would fill the memory.
func rational(v any) (*big.Rat, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, false
	}
	text := string(n)
	const longest = 400
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if err != nil || exponent > longest || exponent < -longest {
			return nil, false
		}
	}
	if len(text) > longest {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// limit is a bound of a number, or none.
type limit struct {
	at *big.Rat
	// open: the bound itself is out.
	open bool
}

// limitOf reads a bound and its exclusive form, which is a number, or in draft
// 4 a flag. sign is 1 for the lower bound and -1 for the upper.
func limitOf(o *object, name, exclusive string, sign int) limit {
	var l limit
	if at, ok := rational(o.values[name]); ok {
		l.at = at
		l.open = o.values[exclusive] == true
	}
	if at, ok := rational(o.values[exclusive]); ok && (l.at == nil || at.Cmp(l.at)*sign >= 0) {
		l = limit{at, true}
	}
	return l
}

// admits reports whether a number is on the right side.
func (l limit) admits(r *big.Rat, sign int) bool {
	if l.at == nil {
		return true
	}
	side := r.Cmp(l.at) * sign
	return side > 0 || side == 0 && !l.open
}

func numberOf(o *object, integer bool, variant int) (any, error) {
	low := limitOf(o, "minimum", "exclusiveMinimum", 1)
	high := limitOf(o, "maximum", "exclusiveMaximum", -1)
	step, stepped := rational(o.values["multipleOf"])
	if stepped = stepped && step.Sign() > 0; integer {
		one := big.NewRat(1, 1)
		if stepped {
			step = lcm(step, one)
		} else {
			step = one
		}
		stepped = true
	}
	var r *big.Rat
	if stepped {
		r = onGrid(low, high, step, variant)
	} else {
		r = between(low, high, variant)
	}
	if !low.admits(r, 1) || !high.admits(r, -1) {
		return nil, errNone
	}
	return decimal(r), nil
}

// onGrid is a multiple of step, from the bound that is given.
func onGrid(low, high limit, step *big.Rat, variant int) *big.Rat {
	start, towards := new(big.Rat).Set(step), step
	switch {
	case low.at != nil:
		start = multiple(low.at, step, true)
		if !low.admits(start, 1) {
			start.Add(start, step)
		}
	case high.at != nil && !high.admits(start, -1):
		towards = new(big.Rat).Neg(step)
		start = multiple(high.at, step, false)
		if !high.admits(start, -1) {
			start.Add(start, towards)
		}
	}
	moved := new(big.Rat).Mul(towards, big.NewRat(int64(variant), 1))
	if moved.Add(moved, start); high.admits(moved, -1) {
		return moved
	}
	return start
}

// multiple is the multiple of step nearest to a number, above or below it.
func multiple(r, step *big.Rat, above bool) *big.Rat {
	q := new(big.Rat).Quo(r, step)
	// Div rounds down, as the denominator is positive.
	n := new(big.Int).Div(q.Num(), q.Denom())
	if above && !q.IsInt() {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).Mul(new(big.Rat).SetInt(n), step)
}

// between is a number between bounds, any of which may be missing.
func between(low, high limit, variant int) *big.Rat {
	n := big.NewRat(int64(variant)+1, 1)
	switch {
	case low.at == nil && high.at == nil:
		return n
	case high.at == nil:
		if !low.open {
			n.Sub(n, big.NewRat(1, 1))
		}
		return n.Add(n, low.at)
	case low.at == nil:
		return n.Sub(high.at, n)
	case variant == 0 && !low.open:
		return low.at
	}
	// Halves, quarters and so on of what lies between.
	const most = 16
	part := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), uint(variant%most)+1))
	part.Mul(part, new(big.Rat).Sub(high.at, low.at))
	return part.Add(part, low.at)
}
