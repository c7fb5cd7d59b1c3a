package rawjson

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"strconv"
	"unicode/utf8"
)

const (
	// fewKeys is up to how many keys each is compared with all before it.
	fewKeys = 16
	// MaxKeys is how many keys an object may have whose keys are compared.
	MaxKeys = 1 << 17
)

// key is a key of an object that is open.
type key struct {
	start, end uint32
	// hash is alike for keys that are alike but for case.
	hash uint32
	// odd is set when there are escapes or bytes beyond ASCII.
	odd bool
}

// slot is a place in the table of the keys of a large object.
type slot struct {
	hash uint64
	// key is an index into Index.keys plus 1; 0 is an empty slot.
	key uint32
}

var seed = maphash.MakeSeed()

// compareFew notes the current key of f, given without escapes, and compares
// it with those before it, as long as they are few.
func (x *Index) compareFew(b []byte, f *frame, name []byte, odd bool) bool {
	var h uint32
	if odd {
		x.folded = fold(x.folded, name)
		h = hash(x.folded, Span{0, len(x.folded)})
	} else {
		h = hash(b, f.key)
	}
	k := key{uint32(f.key.Start), uint32(f.key.End), h, odd}
	bit := uint64(1) << (h & 63)
	if f.seen&bit != 0 && f.n <= fewKeys {
		for _, before := range x.keys[f.keys:] {
			if before.hash == h && x.same(b, before, k, f.own) {
				return x.duplicate(b, before, k)
			}
		}
	}
	f.seen |= bit
	if f.n++; f.n > MaxKeys {
		return x.fail(&Error{Code: CodeKeys, Offset: f.key.Start, What: "object with more than " + strconv.Itoa(MaxKeys) + " keys"})
	}
	x.keys = append(x.keys, k)
	return true
}

// compareMany compares all keys of f when it is complete. A table with a hash
// that nobody can foresee makes it cost what the keys are long, whatever they are.
func (x *Index) compareMany(b []byte, f *frame) bool {
	keys := x.keys[f.keys:]
	size := 64
	for size < 2*len(keys) {
		size *= 2
	}
	if cap(x.table) < size {
		x.table = make([]slot, size)
	}
	table := x.table[:size]
	clear(table)
	for i, k := range keys {
		name := b[k.start:k.end]
		if k.odd {
			x.scratch = Unquote(name, x.scratch)
			name = x.scratch
		}
		if f.own == compareFolded {
			x.folded = fold(x.folded, name)
			name = x.folded
		}
		h := maphash.Bytes(seed, name)
		at := int(h) & (size - 1)
		for ; table[at].key != 0; at = (at + 1) & (size - 1) {
			before := keys[table[at].key-1]
			if table[at].hash == h && x.same(b, before, k, f.own) {
				f.key = Span{int(k.start), int(k.end)}
				return x.duplicate(b, before, k)
			}
		}
		table[at] = slot{h, uint32(i + 1)}
	}
	return true
}

// same reports whether two keys may not stand in one object.
func (x *Index) same(b []byte, k, l key, how compare) bool {
	s, t := b[k.start:k.end], b[l.start:l.end]
	if !k.odd && !l.odd {
		if how == compareExact || bytes.Equal(s, t) {
			return bytes.Equal(s, t)
		}
		if len(s) != len(t) {
			return false
		}
		for i := range s {
			if lower(s[i]) != lower(t[i]) {
				return false
			}
		}
		return true
	}
	for len(s) > 0 && len(t) > 0 {
		r, n := nextRune(s)
		q, m := nextRune(t)
		if how == compareFolded {
			r, q = foldRune(r), foldRune(q)
		}
		if r != q {
			return false
		}
		s, t = s[n:], t[m:]
	}
	return len(s) == len(t)
}

func (x *Index) duplicate(b []byte, before, k key) bool {
	what := "duplicate key: first at byte " + strconv.Itoa(int(before.start)) + ", again"
	if !x.same(b, before, k, compareExact) {
		what = "two keys that differ only in case: first at byte " + strconv.Itoa(int(before.start)) + ", again"
	}
	return x.fail(&Error{Code: CodeDuplicate, Offset: int(k.start), What: what})
}

// nextRune decodes what a string's text begins with, escaped or not.
func nextRune(s []byte) (rune, int) {
	if s[0] == '\\' {
		return escape(s)
	}
	return utf8.DecodeRune(s)
}

// lower is c in lower case.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// foldRune maps letters that some parsers take for one another to one of them:
// ASCII letters of either case, and the two letters beyond ASCII whose lower or
// upper case is an ASCII letter, which Go's encoding/json folds as well.
func foldRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return rune(lower(byte(r)))
	case r == '\u017f': // ſ
		return 's'
	case r == '\u212a': // K, the Kelvin sign
		return 'k'
	}
	return r
}

// fold writes a name to dst as foldRune maps it.
func fold(dst, name []byte) []byte {
	dst = dst[:0]
	for i := 0; i < len(name); {
		c := name[i]
		if c < utf8.RuneSelf {
			dst = append(dst, lower(c))
			i++
			continue
		}
		r, n := utf8.DecodeRune(name[i:])
		if q := foldRune(r); q != r {
			dst = append(dst, byte(q))
		} else {
			dst = append(dst, name[i:i+n]...)
		}
		i += n
	}
	return dst
}

// hash hashes the text at span so that texts which are alike but for case hash
// alike. It only has to tell a few keys apart, and fast: it takes eight bytes
// at once, beyond the span where there are such.
func hash(b []byte, at Span) uint32 {
	const (
		prime = 0x9e3779b97f4a7c15
		cases = 0x20 * lanes
	)
	var h, w uint64
	i := at.Start
	for ; i+8 <= at.End; i += 8 {
		h = (h ^ (binary.LittleEndian.Uint64(b[i:]) | cases)) * prime
	}
	if n := at.End - i; n > 0 {
		if i+8 <= len(b) {
			w = (binary.LittleEndian.Uint64(b[i:]) | cases) & (1<<(8*n) - 1)
		} else {
			for j, c := range b[i:at.End] {
				w |= uint64(c|0x20) << (8 * j)
			}
		}
	}
	h = (h ^ w ^ uint64(at.End-at.Start)) * prime
	return uint32(h >> 32)
}
