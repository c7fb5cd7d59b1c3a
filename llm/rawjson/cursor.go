package rawjson

import "bytes"

// Cursor walks a text from front to back, once. It stands before a value, and
// each method that reads a value or enters one moves it on:
//
//	if c.Object() {
//		for c.NextField() {
//			switch string(c.Key()) {
//			case "model":
//				model, _ = c.Text()
//			default:
//				c.Skip()
//			}
//		}
//	}
//
// Each value must be read, entered or skipped, and whatever is entered be
// walked to its end. After an error nothing moves and no more is found; Close
// tells.
//
// A cursor made by [Check] finds what is not JSON. It does not look for
// repeated keys, invalid UTF-8 or halves of surrogate pairs, which a reader of
// a provider's answer has to live with.
type Cursor struct {
	b       []byte
	i       int
	trusted bool
	// first is set after an opening bracket, where no comma is due.
	first bool
	// wide is set once a string or key may have held bytes beyond ASCII.
	wide bool
	key  []byte
	// scratch holds a key without its escapes.
	scratch []byte
	err     *Error
}

// Check returns a cursor that checks b as it walks.
func Check(b []byte) Cursor { return Cursor{b: b} }

// Trust returns a cursor before the value at an offset of a text that was
// scanned before. It looks at no more than it needs to find its way.
func Trust(b []byte, at int) Cursor { return Cursor{b: b, i: at, trusted: true} }

// Kind returns the kind of the value ahead, or None where none begins.
func (c *Cursor) Kind() Kind {
	c.i = skipSpace(c.b, c.i)
	if c.i >= len(c.b) {
		return None
	}
	return kinds[c.b[c.i]]
}

// Offset returns where the cursor stands. Right after NextField, NextItem or
// Kind that is where the value ahead begins, and right after a value was read
// it is where that ends.
func (c *Cursor) Offset() int { return c.i }

// Seek moves the cursor to where a value ends in the object or array that it
// walks now.
func (c *Cursor) Seek(end int) { c.i, c.first = end, false }

// Object enters the value ahead if that is an object. Otherwise it skips it and
// returns false.
func (c *Cursor) Object() bool { return c.enter(Object) }

// Array enters the value ahead if that is an array. Otherwise it skips it and
// returns false.
func (c *Cursor) Array() bool { return c.enter(Array) }

func (c *Cursor) enter(k Kind) bool {
	if c.Kind() != k {
		c.Skip()
		return false
	}
	c.i++
	c.first = true
	return true
}

// NextField moves to the value of the next member of the object that was
// entered, or leaves the object and returns false.
func (c *Cursor) NextField() bool {
	if !c.next('}', "a comma or }") {
		return false
	}
	i := c.i
	if i >= len(c.b) || c.b[i] != '"' {
		return c.fail(unexpected(c.b, i, "a key"))
	}
	end, f := lexString(c.b, i+1)
	if f&stringBad != 0 {
		return c.fail(badString(c.b, end, f))
	}
	c.key = c.b[i+1 : end-1]
	if f&stringEscaped != 0 {
		c.scratch = Unquote(c.key, c.scratch)
		c.key = c.scratch
	}
	c.wide = c.wide || f&stringHigh != 0
	i = skipSpace(c.b, end)
	if i >= len(c.b) || c.b[i] != ':' {
		return c.fail(unexpected(c.b, i, "a colon"))
	}
	c.i = skipSpace(c.b, i+1)
	return true
}

// Key returns the key that NextField came to, without escapes. It is valid
// until NextField is called again.
func (c *Cursor) Key() []byte { return c.key }

// NextItem moves to the next item of the array that was entered, or leaves the
// array and returns false.
func (c *Cursor) NextItem() bool { return c.next(']', "a comma or ]") }

// next moves over the comma that is due, or leaves at the closing bracket.
func (c *Cursor) next(closing byte, want string) bool {
	if c.err != nil {
		return false
	}
	c.i = skipSpace(c.b, c.i)
	if c.i >= len(c.b) {
		return c.fail(unexpected(c.b, c.i, want))
	}
	switch {
	case c.b[c.i] == closing:
		c.i++
		c.first = false
		return false
	case c.first:
		c.first = false
		return true
	case c.b[c.i] != ',':
		return c.fail(unexpected(c.b, c.i, want))
	}
	c.i = skipSpace(c.b, c.i+1)
	if closing == ']' && c.i < len(c.b) && c.b[c.i] == ']' {
		return c.fail(unexpected(c.b, c.i, "a value"))
	}
	return true
}

// Text reads a string and returns what stands between its quotes, escapes and
// all. Any other value is skipped.
func (c *Cursor) Text() (text []byte, ok bool) {
	if c.Kind() != String {
		c.Skip()
		return nil, false
	}
	start := c.i + 1
	if !c.skipString() {
		return nil, false
	}
	return c.b[start : c.i-1], true
}

// Value reads a value and returns its bytes; none in case of an error.
func (c *Cursor) Value() []byte {
	c.i = skipSpace(c.b, c.i)
	start := c.i
	c.Skip()
	if c.err != nil {
		return nil
	}
	return c.b[start:c.i]
}

// Skip moves over a value.
func (c *Cursor) Skip() {
	switch c.Kind() {
	case None:
		c.fail(unexpected(c.b, c.i, "a value"))
	case String:
		c.skipString()
	case Object, Array:
		if c.trusted {
			c.skipTrusted()
		} else {
			c.skipChecked()
		}
	default:
		c.skipScalar()
	}
}

// Wide reports whether a string or key that was walked may have held bytes
// beyond ASCII. It is known of texts that are checked only.
func (c *Cursor) Wide() bool { return c.wide }

// Err returns what is wrong with the text so far, an [*Error], or nil.
func (c *Cursor) Err() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// Close returns what is wrong with the text, an [*Error], or nil. It is called
// after the outermost value has been walked; nothing may follow that.
func (c *Cursor) Close() error {
	if c.err == nil {
		if c.i = skipSpace(c.b, c.i); c.i < len(c.b) {
			c.fail(unexpected(c.b, c.i, "the end"))
		}
	}
	return c.Err()
}

// fail keeps the first error, and moves where nothing is found.
func (c *Cursor) fail(e *Error) bool {
	if c.err == nil {
		c.err = e
	}
	c.i = len(c.b)
	return false
}

// skipString moves over the string ahead.
func (c *Cursor) skipString() bool {
	if c.trusted {
		c.i = closingQuote(c.b, c.i+1) + 1
		return true
	}
	end, f := lexString(c.b, c.i+1)
	if f&stringBad != 0 {
		return c.fail(badString(c.b, end, f))
	}
	c.wide = c.wide || f&stringHigh != 0
	c.i = end
	return true
}

// closingQuote returns the offset of the first quote at or after i, inside a
// string, that is not escaped.
func closingQuote(b []byte, i int) int {
	for {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return len(b) - 1
		}
		end := i + j
		slashes := end
		for slashes > i && b[slashes-1] == '\\' {
			slashes--
		}
		if (end-slashes)&1 == 0 {
			return end
		}
		i = end + 1
	}
}

func (c *Cursor) skipScalar() bool {
	end, ok := lexScalar(c.b, c.i)
	if !ok {
		return c.fail(unexpected(c.b, end, "the rest of a number or literal"))
	}
	c.i = end
	return true
}

// skipTrusted moves over the object or array ahead by counting brackets.
func (c *Cursor) skipTrusted() {
	depth := 0
	for i := c.i; i < len(c.b); i++ {
		switch c.b[i] {
		case '"':
			i = closingQuote(c.b, i+1)
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				c.i = i + 1
				return
			}
		}
	}
	c.fail(unexpected(c.b, len(c.b), "a closing bracket"))
}

// skipChecked moves over the object or array ahead and checks it.
func (c *Cursor) skipChecked() {
	var objects [MaxDepth/64 + 1]uint64 // a bit for each open bracket: set for an object
	depth := 0
	object := false
	for {
		// A value is ahead.
		switch k := c.Kind(); k {
		case Object, Array:
			if depth == MaxDepth {
				c.fail(&Error{Code: CodeDepth, Offset: c.i, What: "nesting too deep"})
				return
			}
			c.i++
			c.first = true
			object = k == Object
			depth++
			bit := uint64(1) << (depth & 63)
			objects[depth>>6] &^= bit
			if object {
				objects[depth>>6] |= bit
			}
		default:
			c.Skip()
		}
		for {
			var more bool
			if object {
				more = c.NextField()
			} else {
				more = c.NextItem()
			}
			if c.err != nil {
				return
			}
			if more {
				break
			}
			if depth--; depth == 0 {
				return
			}
			object = objects[depth>>6]>>(depth&63)&1 != 0
		}
	}
}
