package limits

import "time"

// counter counts what was used in one window. Times are nanoseconds since 1970.
//
// A sliding window is a ring of slots, and counts its oldest one as a whole, so
// that no period of the window's length ever sees more than the limit. A fixed
// window is one slot that begins anew.
type counter struct {
	kind   Kind
	window Window
	width  int64
	// slots are those from head-len+1 to head, each at its number modulo len.
	slots []int64
	// head is the number of the newest slot; of a fixed window, its beginning.
	head int64
	// sum is what the slots hold together, or the calls under way.
	sum int64
}

func newCounter(k Kind, w Window, now int64) *counter {
	c := &counter{kind: k}
	if table[k].unit == Concurrency {
		return c
	}
	c.shape(w.of(k), now)
	return c
}

// shape gives the counter a window, into which what was used so far is taken
// over: a plan that changes its windows gives nobody a fresh start.
func (c *counter) shape(w Window, now int64) {
	c.window = w
	if w == Fixed {
		c.slots = []int64{c.sum}
		c.head = begin(c.kind, now)
		return
	}
	f := &table[c.kind]
	c.width = int64(f.period) / f.slots
	c.slots = make([]int64, f.slots+1)
	c.head = now / c.width
	c.slots[c.head%int64(len(c.slots))] = c.sum
}

// advance forgets what is over. Time that goes back changes nothing: nobody
// gets anything twice.
func (c *counter) advance(now int64) {
	switch {
	case c.slots == nil:
	case c.window == Fixed:
		if b := begin(c.kind, now); b > c.head {
			c.head, c.sum, c.slots[0] = b, 0, 0
		}
	default:
		n := int64(len(c.slots))
		head := now / c.width
		if head-c.head >= n {
			clear(c.slots)
			c.head, c.sum = head, 0
			return
		}
		for c.head < head {
			c.head++
			i := c.head % n
			c.sum -= c.slots[i]
			c.slots[i] = 0
		}
	}
}

// add counts an amount now, and returns the slot that it is in.
func (c *counter) add(n int64) (slot int64) {
	c.sum += n
	switch {
	case c.slots == nil:
	case c.window == Fixed:
		c.slots[0] += n
	default:
		c.slots[c.head%int64(len(c.slots))] += n
	}
	return c.head
}

// adjust corrects what was counted in a slot. What is over is over; but what
// turns out to be more than was held counts now.
func (c *counter) adjust(slot, delta int64) {
	switch {
	case delta == 0:
		return
	case c.slots == nil:
	case c.window == Fixed:
		if slot != c.head && delta < 0 {
			return
		}
		c.slots[0] += delta
	default:
		n := int64(len(c.slots))
		if slot <= c.head-n || slot > c.head { // or the window was another one then
			if delta < 0 {
				return
			}
			slot = c.head
		}
		i := slot % n
		if c.slots[i]+delta < 0 {
			delta = -c.slots[i]
		}
		c.slots[i] += delta
	}
	c.sum = max(c.sum+delta, 0)
}

// wait is how long it takes until an amount fits under a limit, if nothing else
// is used; for one that never fits, until the window has passed.
func (c *counter) wait(now, need, limit int64) time.Duration {
	switch {
	case c.slots == nil:
		return time.Second // who ends when is not known
	case c.window == Fixed:
		return time.Duration(end(c.kind, c.head) - now)
	}
	n := int64(len(c.slots))
	left := c.sum
	for k := c.head - n + 1; k <= c.head; k++ {
		left -= c.slots[k%n]
		if need <= limit-left {
			return time.Duration((k+n)*c.width - now)
		}
	}
	return time.Duration((c.head+n)*c.width - now)
}

// reset is how long it takes until all that was used is forgotten.
func (c *counter) reset(now int64) time.Duration {
	switch {
	case c.slots == nil:
		return 0
	case c.window == Fixed:
		return time.Duration(end(c.kind, c.head) - now)
	}
	n := int64(len(c.slots))
	for k := c.head; k > c.head-n; k-- {
		if c.slots[k%n] != 0 {
			return time.Duration((k+n)*c.width - now)
		}
	}
	return 0
}

// begin is when the fixed window around a time begins.
func begin(k Kind, t int64) int64 {
	period := int64(table[k].period)
	if table[k].period != month {
		return t - t%period
	}
	y, m, _ := time.Unix(0, t).UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).UnixNano()
}

// end is when the fixed window that begins at a time is over.
func end(k Kind, begin int64) int64 {
	if table[k].period != month {
		return begin + int64(table[k].period)
	}
	return time.Unix(0, begin).UTC().AddDate(0, 1, 0).UnixNano()
}
