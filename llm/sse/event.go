package sse

import "bytes"

// Event is one event of a stream. Its slices alias the buffers of whatever
// made it.
type Event struct {
	// Name is the value of the event field; nil when there was none.
	Name []byte
	// Data is what the data fields hold, joined by "\n". It is nil when the
	// event has no data field, as with comments and pings, and empty but not
	// nil when it has an empty one.
	Data []byte
	// Raw is the event as it came, its closing blank line included. Blank
	// lines before the event and the stream's byte order mark are no part of it.
	Raw []byte
}

// Parse reads the fields of one event from its bytes, which may lack the
// closing blank line. Comments and the fields id and retry are ignored. Data
// that spans several lines is joined in scratch, which is returned, perhaps
// grown, to be used again; all other slices alias raw.
func Parse(raw, scratch []byte) (Event, []byte) {
	e := Event{Raw: raw}
	// Nearly all events are one data line closed by two LF.
	if line, ok := bytes.CutSuffix(raw, []byte("\n\n")); ok && isData(line) &&
		bytes.IndexByte(line, '\n') < 0 && bytes.IndexByte(line, '\r') < 0 {
		e.Data = value(line, len("data"))
		return e, scratch
	}
	// Nearly all others have a name before that.
	if first, rest, ok := bytes.Cut(raw, []byte{'\n'}); ok && isField(first, "event") && bytes.IndexByte(first, '\r') < 0 {
		if line, ok := bytes.CutSuffix(rest, []byte("\n\n")); ok && isData(line) &&
			bytes.IndexByte(line, '\n') < 0 && bytes.IndexByte(line, '\r') < 0 {
			e.Name, e.Data = value(first, len("event")), value(line, len("data"))
			return e, scratch
		}
	}
	n := 0
	for l := (lines{text: raw}); l.more(); {
		line := l.next()
		switch {
		case isData(line):
			v := value(line, len("data"))
			switch n {
			case 0:
				e.Data = v
			case 1:
				scratch = append(append(append(scratch[:0], e.Data...), '\n'), v...)
			default:
				scratch = append(append(scratch, '\n'), v...)
			}
			n++
		case isField(line, "event"):
			e.Name = value(line, len("event"))
		}
	}
	if n > 1 {
		e.Data = scratch
	}
	return e, scratch
}

// isData is isField for "data", which is what the hot path asks.
func isData(line []byte) bool {
	return len(line) >= 4 && string(line[:4]) == "data" && (len(line) == 4 || line[4] == ':')
}

func isField(line []byte, name string) bool {
	return len(line) >= len(name) && string(line[:len(name)]) == name && (len(line) == len(name) || line[len(name)] == ':')
}

// value returns what follows a field's name of n bytes: the colon and one space
// are not part of it. It is never nil.
func value(line []byte, n int) []byte {
	if len(line) == n {
		return line[n:]
	}
	v := line[n+1:]
	if len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	return v
}

// lines cuts text into lines, whose ends may be LF, CRLF or CR. It remembers
// where the next of either is, so that text costs its length to go through,
// whatever mixture it holds.
type lines struct {
	text       []byte
	at, cr, lf int
}

// next returns the next line without its end. A text that ends with a line end
// has an empty last line.
func (l *lines) next() []byte {
	if l.cr < l.at || l.at == 0 {
		l.cr = l.find('\r')
	}
	if l.lf < l.at || l.at == 0 {
		l.lf = l.find('\n')
	}
	end := min(l.cr, l.lf)
	line := l.text[l.at:end]
	l.at = end + 1
	if l.cr == end && l.lf == end+1 && l.lf < len(l.text) {
		l.at++
	}
	return line
}

// more reports whether there is another line.
func (l *lines) more() bool { return l.at <= len(l.text) }

func (l *lines) find(c byte) int {
	if i := bytes.IndexByte(l.text[l.at:], c); i >= 0 {
		return l.at + i
	}
	return len(l.text)
}

// AppendData appends an event without a name. Data that holds line breaks of
// any kind becomes one field for each of its lines.
func AppendData(dst, data []byte) []byte {
	if bytes.IndexByte(data, '\n') < 0 && bytes.IndexByte(data, '\r') < 0 {
		dst = append(dst, "data: "...)
		dst = append(dst, data...)
		return append(dst, "\n\n"...)
	}
	for l := (lines{text: data}); l.more(); {
		dst = append(dst, "data: "...)
		dst = append(dst, l.next()...)
		dst = append(dst, '\n')
	}
	return append(dst, '\n')
}

// AppendEvent appends an event with a name, which must hold no line break.
func AppendEvent(dst []byte, name string, data []byte) []byte {
	dst = append(dst, "event: "...)
	dst = append(dst, name...)
	dst = append(dst, '\n')
	return AppendData(dst, data)
}

// AppendComment appends a comment, which clients ignore and which keeps the
// connection warm. The text must hold no line break.
func AppendComment(dst []byte, text string) []byte {
	dst = append(dst, ": "...)
	dst = append(dst, text...)
	return append(dst, "\n\n"...)
}
