package ledger

import "unicode/utf8"

// trimmed is a copy of the record whose strings and lists are cut to what a
// caller has no good reason to exceed.
func (r *Record) trimmed() *Record {
	const text, list = 1 << 10, 64
	cut := func(s *string) {
		if len(*s) > text {
			n := text
			for n > text-utf8.UTFMax && !utf8.RuneStart((*s)[n]) {
				n--
			}
			*s = (*s)[:n]
		}
	}
	c := *r
	for _, s := range []*string{
		&c.ID, &c.Tenant, &c.Application, &c.Key, &c.Front, &c.Operation, &c.Model, &c.User, &c.Session,
		&c.Class, &c.Reason, &c.Finish, &c.NativeFinish,
	} {
		cut(s)
	}
	c.Dropped = append([]string(nil), r.Dropped[:min(len(r.Dropped), list)]...)
	for i := range c.Dropped {
		cut(&c.Dropped[i])
	}
	c.Attempts = append([]Attempt(nil), r.Attempts[:min(len(r.Attempts), list)]...)
	for i := range c.Attempts {
		a := &c.Attempts[i]
		for _, s := range []*string{&a.Target, &a.Model, &a.Class, &a.Reason, &a.RequestID, &a.Price} {
			cut(s)
		}
	}
	return &c
}
