// Package secret makes the keys that callers hold, tells a key from what
// cannot be one, and hashes keys for the store.
//
// A key is "fwk_", 32 random letters and digits (190 bits), and 6 letters and
// digits of checksum: 42 characters, always. The checksum is the CRC-32 (IEEE)
// of the 36 characters before it, in base 62, most significant first. It keeps
// typing mistakes and random guesses away from the look-up, and lets scanners
// for leaked secrets be sure. It is no secret and protects nothing else.
package secret

import (
	"crypto/rand"
	"hash/crc32"
)

const (
	// KeyPrefix begins every key, and TokenPrefix every management token, which
	// is made in the same way.
	KeyPrefix   = "fwk_"
	TokenPrefix = "fwm_"
	// KeyLength is the length of every key, in bytes.
	KeyLength = len(KeyPrefix) + keyRandom + keyCheck

	keyRandom = 32
	keyCheck  = 6
	// hintShown is how much of a key is kept readable. 28 characters, which
	// are 166 bits, stay secret.
	hintShown = len(KeyPrefix) + 4
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isBase62 is 1 for the bytes of base62.
var isBase62 = func() (t [256]byte) {
	for i := range len(base62) {
		t[base62[i]] = 1
	}
	return t
}()

// NewKey makes a key.
func NewKey() string { return issue(KeyPrefix) }

// NewToken makes a management token.
func NewToken() string { return issue(TokenPrefix) }

// NewInvitation makes the secret of a one-time link.
func NewInvitation() string { return issue("fwi_") }

// issue makes a secret of the form of a key.
func issue(prefix string) string {
	var b [KeyLength]byte
	copy(b[:], prefix)
	const body = len(KeyPrefix) + keyRandom
	for i := len(KeyPrefix); i < body; {
		var random [2 * keyRandom]byte
		_, _ = rand.Read(random[:]) // never fails: it ends the process first
		for _, r := range random {
			// 248 is the last multiple of 62: above it some characters would
			// be likelier than others.
			if r < 248 && i < body {
				b[i] = base62[r%62]
				i++
			}
		}
	}
	sum := checksum(string(b[:body]))
	for i := KeyLength - 1; i >= body; i-- {
		b[i] = base62[sum%62]
		sum /= 62
	}
	return string(b[:])
}

// Check tells if a string has the form of a key and its checksum. It allocates
// nothing and needs no look-up.
func Check(key string) bool { return check(KeyPrefix, key) }

// CheckToken tells the same of a management token.
func CheckToken(token string) bool { return check(TokenPrefix, token) }

func check(prefix, key string) bool {
	if len(key) != KeyLength || key[:len(prefix)] != prefix {
		return false
	}
	for i := len(KeyPrefix); i < KeyLength; i++ {
		if isBase62[key[i]] == 0 {
			return false
		}
	}
	const body = len(KeyPrefix) + keyRandom
	sum := checksum(key[:body])
	for i := KeyLength - 1; i >= body; i-- {
		if key[i] != base62[sum%62] {
			return false
		}
		sum /= 62
	}
	return true
}

// Hint is the beginning of a key, by which people tell keys apart.
func Hint(key string) string {
	return key[:min(hintShown, len(key))] + "…"
}

// checksum is crc32.ChecksumIEEE of a string, which that takes only after a
// copy on the heap.
func checksum(s string) uint32 {
	sum := ^uint32(0)
	for i := range len(s) {
		sum = crc32.IEEETable[byte(sum)^s[i]] ^ sum>>8
	}
	return ^sum
}
