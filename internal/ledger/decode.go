package ledger

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

// DecodeJSON reads a record, as encoding/json does. What [AppendJSON] writes is
// read several times faster, as it is of one shape; all else, such as the
// records of another version, goes to encoding/json.
func DecodeJSON(data []byte, r *Record) error {
	*r = Record{}
	// One copy of the text, which all strings of the record share.
	d := decoder{s: string(data)}
	if d.record(r, false) {
		return nil
	}
	*r = Record{}
	if err := json.Unmarshal(data, r); err != nil {
		return fmt.Errorf("reading record: %w", err)
	}
	return nil
}

// skimJSON reads the fields in front of the usage, among them all that a record
// is searched by, and keeps the rest as text. The text must be what [AppendJSON]
// wrote; all else is read whole.
func skimJSON(data []byte, r *Record) error {
	*r = Record{}
	d := decoder{s: string(data)}
	if !d.record(r, true) {
		if err := DecodeJSON(data, r); err != nil {
			return err
		}
	}
	r.JSON = d.s
	return nil
}

// decoder reads JSON without blanks, escapes, nulls and fractions. At the
// first surprise it sets bad, and every method does nothing from then on.
type decoder struct {
	s   string
	i   int
	bad bool
}

// record reads a record, or only what is in front of its usage.
func (d *decoder) record(r *Record, skim bool) bool {
	if !utf8.ValidString(d.s) {
		return false
	}
	enough := false
	for more := d.open('{'); more; more = d.more('}') {
		switch d.key() {
		case "id":
			r.ID = d.string()
		case "time":
			r.Time = d.time()
		case "tenant":
			r.Tenant = d.string()
		case "application":
			r.Application = d.string()
		case "key":
			r.Key = d.string()
		case "api":
			r.API = d.string()
		case "subscription":
			r.Subscription = d.string()
		case "front":
			r.Front = d.string()
		case "operation":
			r.Operation = d.string()
		case "model":
			r.Model = d.string()
		case "stream":
			r.Stream = d.true()
		case "user":
			r.User = d.string()
		case "session":
			r.Session = d.string()
		case "status":
			r.Status = int(d.int())
			enough = skim
		case "class":
			r.Class = d.string()
		case "reason":
			r.Reason = d.string()
		case "finish":
			r.Finish = d.string()
		case "native_finish":
			r.NativeFinish = d.string()
		case "dropped":
			d.bad = d.bad || r.Dropped != nil
			for more := d.open('['); more; more = d.more(']') {
				r.Dropped = append(r.Dropped, d.string())
			}
			d.bad = d.bad || r.Dropped == nil
		case "usage":
			if enough {
				return !d.bad
			}
			d.usage(&r.Usage)
		case "cost":
			r.Cost = d.nano()
		case "duration":
			r.Duration = time.Duration(d.int())
		case "first_content":
			r.FirstContent = time.Duration(d.int())
		case "attempts":
			d.bad = d.bad || r.Attempts != nil
			for more := d.open('['); more; more = d.more(']') {
				r.Attempts = append(r.Attempts, Attempt{})
				d.attempt(&r.Attempts[len(r.Attempts)-1])
			}
			d.bad = d.bad || r.Attempts == nil
		default:
			d.bad = true
		}
	}
	return !d.bad && d.i == len(d.s)
}

func (d *decoder) attempt(a *Attempt) {
	for more := d.open('{'); more; more = d.more('}') {
		switch d.key() {
		case "target":
			a.Target = d.string()
		case "model":
			a.Model = d.string()
		case "credential":
			a.Credential = int(d.int())
		case "status":
			a.Status = int(d.int())
		case "class":
			a.Class = d.string()
		case "reason":
			a.Reason = d.string()
		case "request_id":
			a.RequestID = d.string()
		case "start":
			a.Start = time.Duration(d.int())
		case "duration":
			a.Duration = time.Duration(d.int())
		case "first_content":
			a.FirstContent = time.Duration(d.int())
		case "usage":
			d.usage(&a.Usage)
		case "cost":
			a.Cost = d.nano()
		case "price":
			a.Price = d.string()
		default:
			d.bad = true
		}
	}
}

func (d *decoder) usage(u *llm.Usage) {
	for more := d.open('{'); more; more = d.more('}') {
		switch d.key() {
		case "input":
			u.Input = d.int()
		case "cache_read":
			u.CacheRead = d.int()
		case "cache_write_5m":
			u.CacheWrite5m = d.int()
		case "cache_write_1h":
			u.CacheWrite1h = d.int()
		case "audio_input":
			u.AudioInput = d.int()
		case "image_input":
			u.ImageInput = d.int()
		case "tool_prompt":
			u.ToolPrompt = d.int()
		case "output":
			u.Output = d.int()
		case "reasoning":
			u.Reasoning = d.int()
		case "audio_output":
			u.AudioOutput = d.int()
		case "image_output":
			u.ImageOutput = d.int()
		case "web_searches":
			u.WebSearches = d.int()
		case "audio_seconds":
			u.AudioSeconds = d.int()
		case "estimated":
			u.Estimated = d.true()
		case "suspect":
			u.Suspect = d.true()
		case "unknown":
			u.Unknown = d.true()
		default:
			d.bad = true
		}
	}
}

// take consumes a byte.
func (d *decoder) take(c byte) {
	if d.i < len(d.s) && d.s[d.i] == c {
		d.i++
		return
	}
	d.bad = true
}

// open begins an object or a list; it is false when that is empty or bad.
// The closing byte of both stands two places after the opening one in ASCII.
func (d *decoder) open(c byte) bool {
	d.take(c)
	if !d.bad && d.i < len(d.s) && d.s[d.i] == c+2 {
		d.i++
		return false
	}
	return !d.bad
}

// more is true when another element follows, false at the end or when bad.
func (d *decoder) more(end byte) bool {
	if d.bad || d.i >= len(d.s) {
		d.bad = true
		return false
	}
	c := d.s[d.i]
	d.i++
	d.bad = c != ',' && c != end
	return c == ','
}

func (d *decoder) key() string {
	k := d.string()
	d.take(':')
	return k
}

func (d *decoder) string() string {
	d.take('"')
	if d.bad {
		return ""
	}
	start := d.i
	for ; d.i < len(d.s); d.i++ {
		switch c := d.s[d.i]; {
		case c == '"':
			d.i++
			return d.s[start : d.i-1]
		case c < ' ' || c == '\\':
			d.bad = true
			return ""
		}
	}
	d.bad = true
	return ""
}

func (d *decoder) int() int64 {
	negative := d.i < len(d.s) && d.s[d.i] == '-'
	if negative {
		d.i++
	}
	start := d.i
	var n int64
	for ; d.i < len(d.s); d.i++ {
		c := int64(d.s[d.i]) - '0'
		if c < 0 || c > 9 {
			break
		}
		if n > (math.MaxInt64-c)/10 {
			d.bad = true
			return 0
		}
		n = n*10 + c
	}
	if d.i == start || d.s[start] == '0' && d.i > start+1 {
		d.bad = true
	}
	if negative {
		return -n
	}
	return n
}

func (d *decoder) true() bool {
	if !strings.HasPrefix(d.s[d.i:], "true") {
		d.bad = true
		return false
	}
	d.i += len("true")
	return true
}

func (d *decoder) time() time.Time {
	t, err := time.Parse(time.RFC3339Nano, d.string())
	// A time in another zone is read by encoding/json, which knows it best.
	if err != nil || t.Location() != time.UTC {
		d.bad = true
	}
	return t
}

func (d *decoder) nano() *Nano {
	n, err := ParseNano(d.string())
	if err != nil {
		d.bad = true
	}
	return &n
}
