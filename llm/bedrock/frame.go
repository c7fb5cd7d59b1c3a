package bedrock

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A frame is a total length, the length of its headers, a checksum of these two,
// headers, a payload, and a checksum of all that
// (https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html).
const (
	preludeSize  = 12
	checksumSize = 4
	minFrame     = preludeSize + checksumSize
)

var errFrame = errors.New("reading frame: malformed")

// frame is one message of a stream. It aliases what it was read from.
type frame struct {
	headers, payload []byte
	// kind is event, exception or error.
	kind string
	// name is the type of the event or exception, or the code of the error.
	name []byte
	// message is an error's.
	message []byte
}

// The kinds of frames.
const (
	kindEvent     = "event"
	kindException = "exception"
	kindError     = "error"
)

// frameLength is the length of the frame that begins with a prelude.
func frameLength(prelude []byte) (int, error) {
	total := binary.BigEndian.Uint32(prelude)
	headers := binary.BigEndian.Uint32(prelude[4:])
	if crc32.ChecksumIEEE(prelude[:8]) != binary.BigEndian.Uint32(prelude[8:]) ||
		total < minFrame || headers > total-minFrame || total > 1<<31-1 {
		return 0, errFrame
	}
	return int(total), nil
}

// parse reads a whole frame.
func (f *frame) parse(raw []byte) error {
	if len(raw) < minFrame {
		return errFrame
	}
	n, err := frameLength(raw)
	if err != nil || n != len(raw) || crc32.ChecksumIEEE(raw[:n-checksumSize]) != binary.BigEndian.Uint32(raw[n-checksumSize:]) {
		return errFrame
	}
	body := preludeSize + int(binary.BigEndian.Uint32(raw[4:]))
	*f = frame{headers: raw[preludeSize:body], payload: raw[body : n-checksumSize]}
	return f.readHeaders()
}

func (f *frame) readHeaders() error {
	for b := f.headers; len(b) > 0; {
		size := int(b[0])
		if len(b) < size+2 {
			return errFrame
		}
		name, kind := b[1:1+size], b[1+size]
		value, rest, ok := headerValue(kind, b[2+size:])
		if !ok {
			return errFrame
		}
		b = rest
		switch string(name) {
		case ":message-type":
			f.kind = messageType(value)
		case ":event-type", ":exception-type", ":error-code":
			f.name = value
		case ":error-message":
			f.message = value
		}
	}
	return nil
}

func messageType(v []byte) string {
	switch string(v) {
	case kindException:
		return kindException
	case kindError:
		return kindError
	}
	return kindEvent
}

// headerSizes are the lengths of the values of each type; those of bytes and
// strings stand before them.
var headerSizes = [...]int{0, 0, 1, 2, 4, 8, -1, -1, 8, 16}

// headerString is the type of a string's value.
const headerString = 7

// headerValue cuts the value of a header off.
func headerValue(kind byte, b []byte) (value, rest []byte, ok bool) {
	if int(kind) >= len(headerSizes) {
		return nil, nil, false
	}
	size := headerSizes[kind]
	if size < 0 {
		if len(b) < 2 {
			return nil, nil, false
		}
		size = int(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) < size {
		return nil, nil, false
	}
	return b[:size], b[size:], true
}

// beginFrame appends what comes before the payload of a frame, in the order in
// which Bedrock sends headers. endFrame, given the length of dst before, fills in
// what the payload decides.
func beginFrame(dst []byte, kind, name string) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, preludeSize)...)
	nameOf := ":event-type"
	if kind == kindException {
		nameOf = ":exception-type"
	}
	dst = appendHeader(dst, nameOf, name)
	dst = appendHeader(dst, ":content-type", "application/json")
	dst = appendHeader(dst, ":message-type", kind)
	binary.BigEndian.PutUint32(dst[start+4:], uint32(len(dst)-start-preludeSize))
	return dst
}

func appendHeader(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, byte(len(name))), name...), headerString)
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(value))), value...)
}

func endFrame(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start+checksumSize))
	binary.BigEndian.PutUint32(dst[start+8:], crc32.ChecksumIEEE(dst[start:start+8]))
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
}

// reframe appends a frame with the headers of another.
func reframe(dst, headers, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, preludeSize)...)
	binary.BigEndian.PutUint32(dst[start+4:], uint32(len(headers)))
	return endFrame(append(append(dst, headers...), payload...), start)
}

// cutOff reports whether raw is the start of a frame that goes on.
func cutOff(raw []byte) bool {
	if len(raw) < preludeSize {
		return len(raw) == 0 || raw[0] < ' '
	}
	n, err := frameLength(raw)
	return err == nil && n > len(raw)
}
