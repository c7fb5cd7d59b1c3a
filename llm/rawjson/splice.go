package rawjson

// Edit replaces the bytes from Start up to End. With Start equal to End it
// inserts.
type Edit struct {
	Start, End int
	New        []byte
}

// Splice appends b with the edits applied, which are in order and do not
// overlap.
func Splice(dst, b []byte, edits []Edit) []byte {
	at := 0
	for _, e := range edits {
		dst = append(dst, b[at:e.Start]...)
		dst = append(dst, e.New...)
		at = e.End
	}
	return append(dst, b[at:]...)
}
