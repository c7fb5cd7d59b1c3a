package rawjson

// Names is a fixed set of keys that is fast to ask. A nil *Names is empty.
type Names struct {
	// byLength holds the names of each length; a few at most.
	byLength [maxName + 1][]name
}

type name struct {
	text string
	id   int
}

// maxName is the length of the longest name that a set can hold, in bytes.
const maxName = 63

// NewNames makes a set of ASCII names of at most 63 bytes. The id of a name is
// its position.
func NewNames(names ...string) *Names {
	n := new(Names)
	for id, text := range names {
		n.byLength[len(text)] = append(n.byLength[len(text)], name{text, id})
	}
	return n
}

// Find returns the id of a key, given without escapes, or -1.
func (n *Names) Find(key []byte) int {
	if n == nil || len(key) > maxName {
		return -1
	}
	for _, m := range n.byLength[len(key)] {
		if string(key) == m.text {
			return m.id
		}
	}
	return -1
}

// findFolded returns the id of the name that a key, given as [fold] leaves it,
// differs from in case at most, or -1.
func (n *Names) findFolded(key []byte) int {
	if n == nil || len(key) > maxName {
		return -1
	}
	for _, m := range n.byLength[len(key)] {
		same := true
		for i := range len(key) {
			if lower(m.text[i]) != key[i] {
				same = false
				break
			}
		}
		if same {
			return m.id
		}
	}
	return -1
}
