package rawjson

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// MaxDepth is how deep a scanned text may nest: the outermost value, if it is
// an object or array, is the first level.
const MaxDepth = 128

// Options say how to look at the keys of a text.
type Options struct {
	// Known are the keys of the outermost object that the gateway knows. Keys
	// inside the value of any other are nobody's business and not compared at
	// all. Nil: all are known.
	Known *Names
	// Free are keys whose values are the caller's own data, such as a JSON
	// Schema. Inside of them, keys may differ in case alone; equal ones are
	// still refused. They are recognized at any depth.
	Free *Names
}

// Span is a part of a text.
type Span struct{ Start, End int }

// Of returns the part of b.
func (s Span) Of(b []byte) []byte { return b[s.Start:s.End] }

// Field is a member of the outermost object.
type Field struct {
	// Key is what stands between the quotes; Value is the value without the
	// space around it.
	Key, Value Span
	// ID is the position of the key in [Options.Known], or -1. It is decided
	// without escapes.
	ID int
	// Alike is, where ID is -1, the position of a known key that this one
	// differs from in case at most, or -1.
	Alike int
}

// Index is what Scan learned of a text. It is empty at first and can be used
// again; its buffers stay.
type Index struct {
	// Kind is the kind of the outermost value.
	Kind Kind
	// Fields are the members of the outermost object in their order.
	Fields []Field

	frames [MaxDepth]frame
	depth  int
	keys   []key
	table  []slot
	// scratch holds one key without its escapes, folded one as fold leaves it.
	scratch, folded []byte
	err             *Error
}

// compare says which keys of an object may not stand together.
type compare uint8

const (
	// compareFolded: keys that are alike but for case.
	compareFolded compare = iota
	// compareExact: equal keys.
	compareExact
	// compareNothing: any may.
	compareNothing
)

// frame is an object or array that is open.
type frame struct {
	object bool
	// own is for the keys of this object, child for those of the value that
	// comes next.
	own, child compare
	// key is the current key of an object.
	key Span
	// n counts the keys of an object, or the items of an array before the
	// current one.
	n int
	// keys is where those of this object begin in Index.keys; seen has a bit
	// set for each, chosen by its hash.
	keys int
	seen uint64
}

// Scan checks that b is one JSON text that all parsers read alike, and notes
// the members of its outermost object. The error, if any, is an [*Error].
func Scan(b []byte, o *Options, x *Index) error {
	x.reset()
	if len(b) > math.MaxInt32 {
		return &Error{Code: CodeSyntax, Offset: math.MaxInt32, What: "text too long"}
	}
	if !x.scan(b, o) {
		x.err.Path = x.path(b)
		return x.err
	}
	return nil
}

// maxKept bounds the buffers that an index keeps for the next text, in items.
const maxKept = 1 << 12

func (x *Index) reset() {
	x.Kind, x.Fields, x.keys, x.depth, x.err = None, x.Fields[:0], x.keys[:0], 0, nil
	if cap(x.Fields) > maxKept {
		x.Fields = nil
	}
	if cap(x.keys) > maxKept {
		x.keys = nil
	}
	if cap(x.table) > maxKept {
		x.table = nil
	}
}

// scan is one loop over the values, whatever their depth; open objects and
// arrays are in frames.
func (x *Index) scan(b []byte, o *Options) bool {
	i := skipSpace(b, 0)
	if i < len(b) {
		x.Kind = kinds[b[i]]
	}
	for {
		// A value begins at i.
		if i >= len(b) {
			return x.fail(unexpected(b, i, "a value"))
		}
		switch c := b[i]; c {
		case '"':
			end, f := lexString(b, i+1)
			if f > stringEscaped && !x.text(b, i+1, end, f) {
				return false
			}
			i = end
		case '{', '[':
			if !x.open(c == '{', i) {
				return false
			}
			i = skipSpace(b, i+1)
			if i < len(b) && b[i] == c+2 { // the closing bracket, for both kinds
				x.depth--
				i++
				break
			}
			if c == '{' {
				if i = x.member(b, i, o); i < 0 {
					return false
				}
			}
			continue
		default:
			if kinds[c] == None {
				return x.fail(unexpected(b, i, "a value"))
			}
			end, ok := lexScalar(b, i)
			if !ok {
				return x.fail(unexpected(b, end, "the rest of a number or literal"))
			}
			i = end
		}
		// A value has ended at i, and perhaps what it stands in.
		for {
			if x.depth == 0 {
				if i = skipSpace(b, i); i < len(b) {
					return x.fail(unexpected(b, i, "the end"))
				}
				return true
			}
			f := &x.frames[x.depth-1]
			if x.depth == 1 && f.object {
				x.Fields[len(x.Fields)-1].Value.End = i
			}
			if i = skipSpace(b, i); i >= len(b) {
				return x.fail(unexpected(b, i, "a comma or the closing bracket"))
			}
			if b[i] == ',' {
				i = skipSpace(b, i+1)
				if !f.object {
					f.n++
					break
				}
				if i = x.member(b, i, o); i < 0 {
					return false
				}
				break
			}
			if !f.object {
				if b[i] != ']' {
					return x.fail(unexpected(b, i, "a comma or ]"))
				}
			} else {
				if b[i] != '}' {
					return x.fail(unexpected(b, i, "a comma or }"))
				}
				if f.n > fewKeys && !x.compareMany(b, f) {
					return false
				}
				x.keys = x.keys[:f.keys]
			}
			x.depth--
			i++
		}
	}
}

func (x *Index) fail(e *Error) bool {
	x.err = e
	return false
}

// open begins the object or array at i.
func (x *Index) open(object bool, i int) bool {
	if x.depth == MaxDepth {
		return x.fail(&Error{Code: CodeDepth, Offset: i, What: "nesting deeper than " + strconv.Itoa(MaxDepth) + " levels"})
	}
	inherited := compareFolded
	if x.depth > 0 {
		inherited = x.frames[x.depth-1].child
	}
	f := &x.frames[x.depth]
	f.object, f.own, f.child = object, inherited, inherited
	f.key, f.n, f.keys, f.seen = Span{}, 0, len(x.keys), 0
	x.depth++
	return true
}

// member reads a key and its colon, and returns where the value begins, or -1.
func (x *Index) member(b []byte, i int, o *Options) int {
	f := &x.frames[x.depth-1]
	if i >= len(b) || b[i] != '"' {
		x.fail(unexpected(b, i, "a key"))
		return -1
	}
	end, flags := lexString(b, i+1)
	if flags > stringEscaped && !x.text(b, i+1, end, flags) {
		return -1
	}
	f.key = Span{i + 1, end - 1}
	colon := skipSpace(b, end)
	if colon >= len(b) || b[colon] != ':' {
		x.fail(unexpected(b, colon, "a colon"))
		return -1
	}
	value := skipSpace(b, colon+1)
	if f.own == compareNothing {
		return value
	}
	name := f.key.Of(b)
	if flags&stringEscaped != 0 {
		x.scratch = Unquote(name, x.scratch)
		name = x.scratch
	}
	odd := flags&(stringEscaped|stringHigh) != 0
	if !x.compareFew(b, f, name, odd) {
		return -1
	}
	f.child = f.own
	if x.depth == 1 {
		field := Field{Key: f.key, Value: Span{Start: value}, ID: o.Known.Find(name), Alike: -1}
		if field.ID < 0 && o.Known != nil {
			f.child = compareNothing
			x.folded = fold(x.folded, name)
			field.Alike = o.Known.findFolded(x.folded)
		}
		x.Fields = append(x.Fields, field)
	}
	if f.child == compareFolded && o.Free.Find(name) >= 0 {
		f.child = compareExact
	}
	return value
}

// text deals with a string that is more than ASCII and escapes.
func (x *Index) text(b []byte, start, end int, f stringFlags) bool {
	if f&stringBad != 0 {
		return x.fail(badString(b, end, f))
	}
	s := b[start : end-1]
	if f&stringHigh != 0 && !utf8.Valid(s) {
		at := 0
		for at < len(s) {
			r, n := utf8.DecodeRune(s[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return x.fail(&Error{Code: CodeText, Offset: start + at, What: "invalid UTF-8 in a string"})
	}
	if f&stringLone != 0 {
		at := 0
		for s[at] != '\\' || !lone(s[at:]) {
			if s[at] != '\\' {
				at++
				continue
			}
			n, _ := lexEscape(s[at:])
			at += n
		}
		return x.fail(&Error{Code: CodeText, Offset: start + at, What: "half of a surrogate pair in a string"})
	}
	return true
}

func lone(s []byte) bool {
	_, f := lexEscape(s)
	return f&stringLone != 0
}

// path names the place that the scan has come to.
func (x *Index) path(b []byte) string {
	var p []byte
	for i := range x.depth {
		f := &x.frames[i]
		switch {
		case !f.object:
			p = strconv.AppendInt(append(p, '['), int64(f.n), 10)
			p = append(p, ']')
		case f.key.End > 0:
			if len(p) > 0 {
				p = append(p, '.')
			}
			p = append(p, Unquote(f.key.Of(b), nil)...)
		}
		// A caller's keys can be as long as it likes, the message may not.
		if len(p) > 256 {
			return string(p[:256]) + "…"
		}
	}
	return string(p)
}
