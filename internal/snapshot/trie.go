package snapshot

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// node is a part of a trie over hashes: each level looks at four bits more. A
// leaf has entries in the order of their hashes. As hashes are as good as
// random, all leaves are about as deep and as full.
//
// Nodes never change: with copies what is on the way to a change, which is a
// leaf and a small node a level, however many keys there are.
type node struct {
	kids   *[fanOut]*node // nil in a leaf
	leaves []Entry
}

const (
	fanOut = 16
	// maxLeaf is what a leaf has before it is split. Larger leaves need less
	// memory and cost more at each change.
	maxLeaf  = 32
	maxDepth = 2 * sha256.Size
)

// slot is where a hash goes at a depth.
func slot(hash *[sha256.Size]byte, depth int) int {
	b := hash[depth/2]
	if depth%2 == 0 {
		return int(b >> 4)
	}
	return int(b & 15)
}

// find looks a hash up. How long it takes tells something about hashes that
// nobody outside can know or choose without the pepper.
func (n *node) find(hash *[sha256.Size]byte) *Entry {
	for depth := 0; n != nil; depth++ {
		if n.kids == nil {
			return search(n.leaves, hash)
		}
		n = n.kids[slot(hash, depth)]
	}
	return nil
}

// search is a binary search, written out: with a function to call for each
// comparison, the hash would go to the heap.
func search(leaves []Entry, hash *[sha256.Size]byte) *Entry {
	low, high := 0, len(leaves)
	for low < high {
		middle := (low + high) / 2
		switch c := bytes.Compare(leaves[middle].hash[:], hash[:]); {
		case c == 0:
			return &leaves[middle]
		case c < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return nil
}

// sorted sorts entries by hash, and of those with the same hash keeps the last.
func sorted(entries []Entry) []Entry {
	slices.SortStableFunc(entries, func(a, b Entry) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	kept := entries[:0]
	for i := range entries {
		if i+1 == len(entries) || entries[i].hash != entries[i+1].hash {
			kept = append(kept, entries[i])
		}
	}
	return kept
}

// with is the trie with entries added or replaced, and how many were added.
// The entries are sorted.
func (n *node) with(changed []Entry, depth int) (_ *node, added int) {
	if len(changed) == 0 {
		return n, 0
	}
	if n == nil {
		return grow(changed, depth), len(changed)
	}
	if n.kids == nil {
		all := merge(n.leaves, changed)
		return grow(all, depth), len(all) - len(n.leaves)
	}
	kids := *n.kids
	split(changed, depth, func(slot int, part []Entry) {
		kid, more := kids[slot].with(part, depth+1)
		kids[slot] = kid
		added += more
	})
	return &node{kids: &kids}, added
}

// grow makes a trie of entries that are sorted.
func grow(entries []Entry, depth int) *node {
	if len(entries) <= maxLeaf || depth == maxDepth {
		// The leaf must not keep what the entries were cut from.
		return &node{leaves: slices.Clip(append(make([]Entry, 0, len(entries)), entries...))}
	}
	n := &node{kids: new([fanOut]*node)}
	split(entries, depth, func(slot int, part []Entry) { n.kids[slot] = grow(part, depth+1) })
	return n
}

// split cuts entries that are sorted by their slot at a depth.
func split(entries []Entry, depth int, do func(slot int, part []Entry)) {
	for len(entries) > 0 {
		at, n := slot(&entries[0].hash, depth), 1
		for n < len(entries) && slot(&entries[n].hash, depth) == at {
			n++
		}
		do(at, entries[:n])
		entries = entries[n:]
	}
}

// merge is both, sorted; of entries with the same hash, it is the changed one.
func merge(old, changed []Entry) []Entry {
	all := make([]Entry, 0, len(old)+len(changed))
	for len(old) > 0 && len(changed) > 0 {
		switch bytes.Compare(old[0].hash[:], changed[0].hash[:]) {
		case -1:
			all, old = append(all, old[0]), old[1:]
		case 0:
			old = old[1:]
		default:
			all, changed = append(all, changed[0]), changed[1:]
		}
	}
	return append(append(all, old...), changed...)
}
