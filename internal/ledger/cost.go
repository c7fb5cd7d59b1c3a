package ledger

import (
	"math"
	"math/bits"

	"github.com/fairwaygw/fairway/llm"
)

// picoPerNano is how many pico-dollars make a nano-dollar.
const picoPerNano = 1000

// maxCount is more than any usage; the sum of all its parts still fits.
const maxCount = math.MaxInt64 / 16

// Cost is what the usage costs. The parts are added up exactly and the sum is
// rounded once, to the nearest nano-dollar, half a one up.
//
// It is unknown (known is false, the amount 0) when there is no usage or an
// unknown one, when
// something was used whose unit price is unknown, when a count is negative or
// when the amount does not fit. What was not used needs no price: a usage of
// all zeros costs 0, even without a price.
func Cost(u *llm.Usage, p *Price) (n Nano, known bool) {
	if u == nil || u.Unknown {
		return 0, false
	}
	var unpriced Units
	units := &unpriced
	if p != nil {
		units = p.units(u)
	}
	t := total{}
	t.add(u.Input, units.Input)
	t.add(u.CacheRead, units.CacheRead)
	t.add(u.CacheWrite5m, units.CacheWrite5m)
	t.add(u.CacheWrite1h, units.CacheWrite1h)
	t.add(u.AudioInput, units.AudioInput)
	t.add(u.ImageInput, units.ImageInput)
	t.add(u.ToolPrompt, units.ToolPrompt)
	t.add(u.Output, units.Output)
	t.add(u.Reasoning, units.Reasoning)
	t.add(u.AudioOutput, units.AudioOutput)
	t.add(u.ImageOutput, units.ImageOutput)
	t.add(u.WebSearches, units.WebSearch)
	t.add(u.AudioSeconds, units.AudioSecond)
	return t.nano()
}

// CostOf is [Cost] in the form that a record holds: nil is unknown.
func CostOf(u *llm.Usage, p *Price) *Nano {
	if n, known := Cost(u, p); known {
		return &n
	}
	return nil
}

// units are those of the tier that the prompt falls into.
func (p *Price) units(u *llm.Usage) *Units {
	if len(p.Tiers) == 0 {
		return &p.Base
	}
	size := u.InputTotal()
	for i := len(p.Tiers) - 1; i >= 0; i-- {
		if size > p.Tiers[i].Above {
			return &p.Tiers[i].Units
		}
	}
	return &p.Base
}

// total is a sum in pico-dollars, of 128 bits so that no product overflows.
type total struct {
	hi, lo  uint64
	unknown bool
}

func (t *total) add(count int64, unit Unit) {
	if count == 0 {
		return
	}
	if count < 0 || count > maxCount || !unit.known || unit.pico < 0 {
		t.unknown = true
		return
	}
	hi, lo := bits.Mul64(uint64(count), uint64(unit.pico))
	var carry uint64
	t.lo, carry = bits.Add64(t.lo, lo, 0)
	// Thirteen products of 2⁵⁹·2⁶⁰ at most stay below 2¹²⁸.
	t.hi += hi + carry
}

func (t *total) nano() (Nano, bool) {
	if t.unknown || t.hi >= picoPerNano {
		return 0, false
	}
	q, rem := bits.Div64(t.hi, t.lo, picoPerNano)
	if rem >= picoPerNano/2 {
		q++
	}
	if q > math.MaxInt64 {
		return 0, false
	}
	return Nano(q), true
}
