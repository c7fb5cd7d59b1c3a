package secret

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The bounds of a password, in bytes (NIST SP 800-63B, 3.1.1).
const (
	LeastPassword = 12
	MostPassword  = 1024
)

// What hashing a password costs: the second recommended option of RFC 9106,
// section 4, with less memory, as OWASP's password storage cheat sheet has it.
const (
	passwordTime    = 3
	passwordMemory  = 19 << 10 // KiB
	passwordThreads = 1
	saltLength      = 16
	sumLength       = 32
)

// hashing bounds how much memory is at work at once.
var hashing = make(chan struct{}, 4)

var b64 = base64.RawStdEncoding

// HashPassword hashes a password with Argon2id, in the form of the PHC string
// format: "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
func HashPassword(password string) (string, error) {
	if len(password) > MostPassword {
		return "", errors.New("the password is too long")
	}
	var salt [saltLength]byte
	_, _ = rand.Read(salt[:]) // never fails: it ends the process first
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, passwordMemory, passwordTime, passwordThreads,
		b64.EncodeToString(salt[:]), b64.EncodeToString(derive(password, salt[:], passwordTime, passwordMemory, passwordThreads))), nil
}

func derive(password string, salt []byte, time, memory uint32, threads uint8) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, time, memory, threads, sumLength)
}

// nobody is the hash that takes the place of none, so that it takes as long to
// say no.
var nobody = "$argon2id$v=19$m=19456,t=3,p=1$" + b64.EncodeToString(make([]byte, saltLength)) + "$" + b64.EncodeToString(make([]byte, sumLength))

// CheckPassword reports whether a password is the one of a hash. An empty hash is
// no password's, and takes as long.
func CheckPassword(hash, password string) bool {
	known := hash != ""
	if !known {
		hash = nobody
	}
	if len(password) > MostPassword {
		return false
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var version int
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil || time < 1 || threads < 1 || memory > 1<<20 {
		return false
	}
	salt, err := b64.DecodeString(parts[4])
	if err != nil {
		return false
	}
	sum, err := b64.DecodeString(parts[5])
	if err != nil || len(sum) != sumLength {
		return false
	}
	same := subtle.ConstantTimeCompare(derive(password, salt, time, memory, threads), sum) == 1
	return same && known
}
