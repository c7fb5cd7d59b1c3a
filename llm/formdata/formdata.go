// Package formdata reads multipart/form-data (RFC 7578) that another program
// will read once more. What two readers could take for different forms is
// refused: a boundary that shows up within a part, bare line feeds, headers that
// are folded or given twice, names in an unusual spelling.
package formdata

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"strings"
)

// Part is one field of a form. Its value stands in the body from Start to End.
type Part struct {
	Name string
	// File is set for a part that has a file's name.
	File bool
	// Type is the part's own Content-Type, or empty.
	Type string

	Start, End int
}

// Value is the part's value.
func (p *Part) Value(body []byte) []byte { return body[p.Start:p.End] }

// The bounds of a form.
const (
	// MaxParts is how many fields a form may have.
	MaxParts = 256
	// maxHead bounds the headers of one part, in bytes.
	maxHead = 8 << 10
	// maxBoundary is that of RFC 2046, 5.1.1.
	maxBoundary = 70
)

// boundaryMarks may stand in a boundary beside letters and digits (RFC 2046,
// 5.1.1). The space is left out: readers differ on it.
const boundaryMarks = "'()+_,-./:=?"

// Boundary reads the boundary out of a Content-Type. canonical is the same
// content type as every reader understands it.
func Boundary(contentType string) (boundary, canonical string, err error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != "multipart/form-data" {
		return "", "", errors.New("the content type is not multipart/form-data with a boundary")
	}
	boundary = params["boundary"]
	odd := func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune(boundaryMarks, r) }
	if boundary == "" || len(boundary) > maxBoundary || strings.ContainsFunc(boundary, odd) {
		return "", "", errors.New("the boundary is missing, too long, or has characters that no boundary has")
	}
	if strings.Contains(strings.ToLower(contentType), "boundary*") {
		return "", "", errors.New("the boundary is spelled as no reader of forms expects it")
	}
	return boundary, mime.FormatMediaType(media, map[string]string{"boundary": boundary}), nil
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// Read appends the parts of a form to dst. Nothing of the body is copied.
func Read(dst []Part, body []byte, boundary string) ([]Part, error) {
	delimiter := []byte("--" + boundary)
	rest, ok := bytes.CutPrefix(body, delimiter)
	if !ok {
		return dst, errors.New("the body does not begin with its boundary")
	}
	at := len(body) - len(rest)
	for n := 0; ; n++ {
		switch {
		case bytes.HasPrefix(body[at:], []byte("\r\n")):
			at += len("\r\n")
		case bytes.HasPrefix(body[at:], []byte("--")):
			if end := string(body[at+2:]); end != "" && end != "\r\n" {
				return dst, errors.New("something follows the end of the form")
			}
			if n == 0 {
				return dst, errors.New("the form is empty")
			}
			return dst, nil
		default:
			return dst, errors.New("a boundary is not at the end of its line, or stands within a part")
		}
		if n == MaxParts {
			return dst, fmt.Errorf("the form has more than %d parts", MaxParts)
		}
		head := bytes.Index(body[at:min(len(body), at+maxHead)], []byte("\r\n\r\n"))
		if head < 0 {
			return dst, fmt.Errorf("part %d has no end of its headers, or too many", n+1)
		}
		var p Part
		if err := p.readHead(body[at : at+head]); err != nil {
			return dst, fmt.Errorf("part %d: %w", n+1, err)
		}
		p.Start = at + head + len("\r\n\r\n")
		next := bytes.Index(body[p.Start:], delimiter)
		if next < 0 {
			return dst, errors.New("the form has no end")
		}
		// The line break belongs to the boundary (RFC 2046, 5.1.1).
		p.End = p.Start + next - len("\r\n")
		if p.End < p.Start || !bytes.Equal(body[p.End:p.End+2], []byte("\r\n")) {
			return dst, errors.New("a boundary is not at the beginning of its line, or stands within a part")
		}
		dst = append(dst, p)
		at = p.Start + next + len(delimiter)
	}
}

// readHead reads the headers of a part.
func (p *Part) readHead(head []byte) error {
	named := false
	for line := range strings.SplitSeq(string(head), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isAlphanumeric(r) && r != '-' && r != '_' }) {
			return errors.New("a header cannot be read")
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return errors.New("a header has a control character")
		}
		value = strings.Trim(value, " \t")
		switch strings.ToLower(name) {
		case "content-disposition":
			if named {
				return errors.New("Content-Disposition is there twice")
			}
			named = true
			if err := p.readName(value); err != nil {
				return err
			}
		case "content-type":
			if p.Type != "" {
				return errors.New("Content-Type is there twice")
			}
			p.Type = value
		case "content-transfer-encoding":
			// It is deprecated in forms (RFC 7578, 4.7), and some readers decode
			// what others leave as it is.
			switch strings.ToLower(value) {
			case "binary", "8bit", "7bit":
			default:
				return errors.New("Content-Transfer-Encoding is not supported")
			}
		}
	}
	if !named {
		return errors.New("Content-Disposition is missing")
	}
	return nil
}

// readName reads a Content-Disposition.
func (p *Part) readName(value string) error {
	kind, params, err := mime.ParseMediaType(value)
	if err != nil || kind != "form-data" {
		return errors.New("Content-Disposition cannot be read")
	}
	lower := strings.ToLower(value)
	if strings.Count(lower, "name*") > strings.Count(lower, "filename*") {
		return errors.New("the name is encoded, which forms do not have (RFC 7578, 4.2)")
	}
	p.Name = params["name"]
	odd := func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("_-.[]", r) }
	if p.Name == "" || strings.ContainsFunc(p.Name, odd) {
		return errors.New("the name is missing or has characters that no field's name has")
	}
	_, p.File = params["filename"]
	return nil
}
