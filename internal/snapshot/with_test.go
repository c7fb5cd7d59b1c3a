package snapshot

// with is a snapshot after changes of keys.
func (s *Snapshot) with(version int64, changed []Entry) *Snapshot {
	d := s.draft(newTermBook())
	d.keys = changed
	return d.done(version)
}
