package snapshot

import "hash/maphash"

// table is a map by id that never changes: a change makes another one, which
// shares all but what the change touches. The zero value is empty.
type table[V any] struct {
	dirs  *[width]*directory[V]
	count int
}

type directory[V any] [width]map[string]V

// width squared is the number of parts, of which one is copied for a change:
// with 100,000 ids it has about 25.
const width = 64

var tableSeed = maphash.MakeSeed()

func part(id string) (dir, at uint64) {
	h := maphash.String(tableSeed, id)
	return h % width, h / width % width
}

func (t *table[V]) get(id string) (v V, ok bool) {
	if t.dirs == nil {
		return v, false
	}
	dir, at := part(id)
	d := t.dirs[dir]
	if d == nil {
		return v, false
	}
	v, ok = d[at][id]
	return v, ok
}

// all calls a function with everything there is, in no order.
func (t *table[V]) all(do func(V) bool) {
	if t.dirs == nil {
		return
	}
	for _, d := range t.dirs {
		if d == nil {
			continue
		}
		for _, m := range d {
			for _, v := range m {
				if !do(v) {
					return
				}
			}
		}
	}
}

// edit makes a table that can be changed until it is done.
func (t table[V]) edit() *editing[V] {
	e := &editing[V]{table: t}
	dirs := new([width]*directory[V])
	if t.dirs != nil {
		*dirs = *t.dirs
	}
	e.table.dirs = dirs
	return e
}

// editing is a table of which some parts are copies that nobody else sees yet.
type editing[V any] struct {
	table table[V]
	own   [width]*[width]bool
}

func (e *editing[V]) put(id string, v V) {
	dir, at := part(id)
	own := e.own[dir]
	if own == nil {
		own = new([width]bool)
		e.own[dir] = own
		d := new(directory[V])
		if old := e.table.dirs[dir]; old != nil {
			*d = *old
		}
		e.table.dirs[dir] = d
	}
	d := e.table.dirs[dir]
	if !own[at] {
		own[at] = true
		m := make(map[string]V, len(d[at])+1)
		for k, old := range d[at] {
			m[k] = old
		}
		d[at] = m
	}
	if _, ok := d[at][id]; !ok {
		e.table.count++
	}
	d[at][id] = v
}
