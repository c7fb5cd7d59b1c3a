package responses

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"
)

// markNamespace stands between a namespace and the name of a tool in it. No
// name of a tool may hold it, so that it can be undone; vendors who do not take
// it get another name for the tool and give this one back.
const markNamespace = "::"

// qualified is the neutral name of a tool. A tool whose loading was deferred is
// its own namespace.
func qualified(namespace, name string) string {
	if namespace == "" || namespace == name {
		return name
	}
	return namespace + markNamespace + name
}

// unqualified splits a neutral name.
func unqualified(name string) (namespace, own string) {
	if namespace, own, ok := strings.Cut(name, markNamespace); ok && namespace != "" && own != "" {
		return namespace, own
	}
	return "", name
}

// toolName is a tool's name as the dialect allows it, at most 64 letters,
// digits, underscores and dashes. A name that has to change keeps apart from
// all others by a hash of what it was.
func toolName(name string) string {
	const longest, hashed = 64, 8
	valid := func(r rune) bool { return alphanumeric(r) || r == '_' || r == '-' }
	if name != "" && len(name) <= longest && strings.IndexFunc(name, func(r rune) bool { return !valid(r) }) < 0 {
		return name
	}
	clean := strings.Map(func(r rune) rune {
		if valid(r) {
			return r
		}
		return '_'
	}, name)
	sum := sha256.Sum256([]byte(name))
	const base36 = 36
	hash := new(big.Int).SetBytes(sum[:]).Text(base36)
	return clean[:min(len(clean), longest-hashed-1)] + "_" + hash[len(hash)-hashed:]
}

func alphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// callID is a call's id as the dialect allows it: at most 64 bytes. Equal ids
// stay equal.
func callID(id string) string {
	const longest = 64
	if len(id) <= longest {
		return id
	}
	return "call_" + digest(id)
}

// inventedID makes an id for what has none. The same answer always gets the
// same ids.
func inventedID(prefix, response string, index int) string {
	return prefix + digest(response+"\x00"+strconv.Itoa(index))
}

// digest is short enough for any id, and made of letters and digits.
func digest(s string) string {
	const size = 12
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:size])
}
