package gateway

import (
	"math/rand/v2"
	"time"
)

// crockford is base 32 in lower case without i, l, o and u, so that an id can
// be read out (Crockford).
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// newCallID makes a call's id: "call_", 48 bits of milliseconds and 80 random
// bits, so that ids sort by time and never meet.
func newCallID(now time.Time) string {
	var b [31]byte
	copy(b[:], "call_")
	ms := uint64(now.UnixMilli())
	for i := range 10 {
		b[14-i] = crockford[ms&31]
		ms >>= 5
	}
	high, low := rand.Uint64(), rand.Uint64()
	for i := range 12 {
		b[15+i] = crockford[high&31]
		high >>= 5
	}
	for i := range 4 {
		b[27+i] = crockford[low&31]
		low >>= 5
	}
	return string(b[:])
}
