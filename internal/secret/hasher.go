package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

// PepperLength is the length of a pepper, in bytes.
const PepperLength = 32

// Hasher makes the keyed hashes by which the store and the snapshot know keys:
// HMAC-SHA-256 under the pepper. Whoever has the store alone can neither read
// keys from it nor test guesses. It is safe for concurrent use.
type Hasher struct {
	pepper [PepperLength]byte
	pool   sync.Pool // of *state
}

// state is an HMAC with its buffers: what is written to it or read from it
// would otherwise go to the heap, as it is behind an interface. The HMAC keeps
// the state that SHA-256 has after the pepper, and restores it at Reset, which
// saves half of the work.
type state struct {
	mac hash.Hash
	in  [64]byte
	out [sha256.Size]byte
}

// NewHasher makes a hasher with a pepper.
func NewHasher(pepper [PepperLength]byte) *Hasher {
	h := &Hasher{pepper: pepper}
	h.pool.New = func() any { return &state{mac: hmac.New(sha256.New, h.pepper[:])} }
	return h
}

// Hash is the keyed hash of a key.
func (h *Hasher) Hash(key string) [sha256.Size]byte {
	s := h.pool.Get().(*state)
	s.mac.Reset()
	for len(key) > 0 {
		n := copy(s.in[:], key)
		s.mac.Write(s.in[:n])
		key = key[n:]
	}
	s.mac.Sum(s.out[:0])
	sum := s.out
	s.in = [64]byte{} // no key stays in memory longer than it must
	h.pool.Put(s)
	return sum
}

// Fingerprint tells peppers apart and gives nothing of them away.
func (h *Hasher) Fingerprint() [sha256.Size]byte {
	// No key has this form, so this is no key's hash.
	return h.Hash("fairway pepper fingerprint")
}

// Text is the keyed hash of a secret as text, for what is looked up by it.
func (h *Hasher) Text(secret string) string {
	sum := h.Hash(secret)
	return hex.EncodeToString(sum[:])
}
