package openai

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// A caller gets what proves another vendor's thoughts in the fields that the
// vendor's friends use. There it begins with the issuer's name and a colon, which
// no base64 has, so that it finds its way back to its issuer, and is taken away
// where the request goes to a server of this dialect, which cannot have made it.
const mark = ":"

// issuers are those that are marked.
var issuers = [...]string{llm.IssuerAnthropic + mark, llm.IssuerGoogle + mark}

func marked(issuer, proof string) string {
	if proof == "" {
		return ""
	}
	return issuer + mark + proof
}

// markedData is marked for a JSON string.
func markedData(data json.RawMessage) json.RawMessage {
	if rawjson.KindOf(data) != rawjson.String || len(inside(data)) == 0 {
		return data
	}
	return append([]byte(`"`+llm.IssuerAnthropic+mark), data[1:]...)
}

// unmarked is what stands behind the mark.
func unmarked(proof string) string {
	for _, issuer := range issuers {
		if own, ok := strings.CutPrefix(proof, issuer); ok {
			return own
		}
	}
	return proof
}

// isMarked reports whether the text of a JSON string carries a mark.
func isMarked(text []byte) bool {
	for _, issuer := range issuers {
		if bytes.HasPrefix(text, []byte(issuer)) {
			return true
		}
	}
	return false
}

// foreignIn reads the value ahead, thinking_blocks or extra_content, and reports
// whether something in it is marked.
func foreignIn(c *rawjson.Cursor) (found bool) {
	if c.Kind() != rawjson.Array {
		return foreignMember(c)
	}
	for c.Array(); c.NextItem(); {
		found = foreignMember(c) || found
	}
	return found
}

func foreignMember(c *rawjson.Cursor) (found bool) {
	for ok := c.Object(); ok && c.NextField(); {
		switch string(c.Key()) {
		case "signature", "data", "thought_signature":
			text, _ := c.Text()
			found = isMarked(text) || found
		case "google":
			found = foreignMember(c) || found
		default:
			c.Skip()
		}
	}
	return found
}

// place is where the next member of an object begins that is being walked.
type place struct {
	// before is the end of what stands before it.
	before int
	// kept is set once a member stays, so that those behind it go with the comma
	// before them.
	kept bool
}

// keep goes past a member that stays and ends at end.
func (p *place) keep(end int) { p.before, p.kept = end, true }

// strip notes that the member that ends at end is to be taken away, together
// with one comma.
func (st *inspection) strip(p *place, end int) {
	if !p.kept {
		rest := rawjson.TrimSpace(st.body[end:])
		if len(rest) > 0 && rest[0] == ',' {
			end += bytes.IndexByte(st.body[end:], ',') + 1
		}
	}
	st.strange = append(st.strange, rawjson.Span{Start: p.before, End: end})
	p.before = end
}

// checkCalls looks through the list of calls ahead for what another vendor
// issued.
func (st *inspection) checkCalls(c *rawjson.Cursor) {
	for ok := c.Array(); ok && c.NextItem(); {
		if c.Kind() != rawjson.Object {
			c.Skip()
			continue
		}
		at := place{before: c.Offset() + 1}
		for c.Object(); c.NextField(); {
			if string(c.Key()) != "extra_content" {
				c.Skip()
			} else if foreignMember(c) {
				st.strip(&at, c.Offset())
				continue
			}
			at.keep(c.Offset())
		}
	}
}
