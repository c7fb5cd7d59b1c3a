package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"sync"
	"testing"
)

func testPepper(b byte) (pepper [PepperLength]byte) {
	for i := range pepper {
		pepper[i] = b + byte(i)
	}
	return pepper
}

func TestHash(t *testing.T) {
	t.Parallel()
	pepper := testPepper(1)
	h := NewHasher(pepper)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, key := range []string{fixed, "", "x", strings.Repeat("y", 64), strings.Repeat("z", 1000), NewKey()} {
				mac := hmac.New(sha256.New, pepper[:])
				mac.Write([]byte(key))
				if got := h.Hash(key); string(got[:]) != string(mac.Sum(nil)) {
					t.Errorf("the hash of %q is not its HMAC", key)
				}
			}
		})
	}
	group.Wait()
	if NewHasher(testPepper(2)).Hash(fixed) == h.Hash(fixed) {
		t.Error("the pepper does not matter")
	}
	if NewHasher(testPepper(2)).Fingerprint() == h.Fingerprint() {
		t.Error("peppers have the same fingerprint")
	}
}

func TestHotPathAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools at random")
	}
	h := NewHasher(testPepper(1))
	key := NewKey()
	if n := testing.AllocsPerRun(1000, func() { Check(key); h.Hash(key) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHash(b *testing.B) {
	h := NewHasher(testPepper(1))
	b.ReportAllocs()
	for b.Loop() {
		h.Hash(fixed)
	}
}

func BenchmarkHashParallel(b *testing.B) {
	h := NewHasher(testPepper(1))
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			h.Hash(fixed)
		}
	})
}
