package limits

import "slices"

// Hand gives another book what this one has counted, so that a node which from
// now on counts together with others, or no longer does, gives nobody fresh
// limits. Calls under way settle in this book.
func (b *Book) Hand(to *Book) {
	for l := range b.shards {
		for i := range b.shards[l] {
			sh := &b.shards[l][i]
			sh.RLock()
			for id, s := range sh.byID {
				s.hand(to.Subject(Level(l), id))
			}
			sh.RUnlock()
		}
	}
}

func (s *Subject) hand(to *Subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	to.past = append(to.past, s.past...)
	for k, c := range s.counters {
		if c == nil || c.slots == nil || to.counters[k] != nil {
			continue
		}
		same := *c
		same.slots = slices.Clone(c.slots)
		to.counters[k] = &same
	}
}
