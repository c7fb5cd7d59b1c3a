// Package rawjson guards and edits JSON without decoding it, so that what the
// gateway does not know passes through byte for byte.
//
// [Scan] checks a caller's body once: that it is strictly JSON (RFC 8259), in
// UTF-8, not too deep, and that no two parsers can read it differently because
// of keys that repeat or differ only in case. A [Cursor] then walks it, at
// close to the speed of memory, and [Splice] applies edits. A Cursor can also
// check as it walks, for text that needs to be read only once, like the events
// of a stream.
//
// Nothing here recurses or allocates, but for the buffers of an [Index], which
// are used again, and the text of errors.
package rawjson
