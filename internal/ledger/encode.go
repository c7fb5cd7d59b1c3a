package ledger

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

// AppendJSON appends the record as JSON, on one line. It is what encoding/json
// makes of a Record, with the time in UTC and without escaping for HTML, but
// allocates nothing: it runs once for every call.
func AppendJSON(dst []byte, r *Record) []byte {
	e := encoder{append(dst, '{')}
	e.string("id", r.ID)
	e.key("time")
	e.b = append(e.b, '"')
	e.b = r.Time.UTC().AppendFormat(e.b, time.RFC3339Nano)
	e.b = append(e.b, '"')
	e.optional("tenant", r.Tenant)
	e.optional("application", r.Application)
	e.optional("key", r.Key)
	e.optional("api", r.API)
	e.optional("subscription", r.Subscription)
	e.string("front", r.Front)
	e.string("operation", r.Operation)
	e.string("model", r.Model)
	e.flag("stream", r.Stream)
	e.optional("user", r.User)
	e.optional("session", r.Session)
	e.int("status", int64(r.Status))
	e.optional("class", r.Class)
	e.optional("reason", r.Reason)
	e.optional("finish", r.Finish)
	e.optional("native_finish", r.NativeFinish)
	e.list("dropped", r.Dropped)
	e.usage(&r.Usage)
	e.cost(r.Cost)
	e.int("duration", int64(r.Duration))
	e.count("first_content", int64(r.FirstContent))
	if len(r.Attempts) > 0 {
		e.key("attempts")
		for i := range r.Attempts {
			if i == 0 {
				e.b = append(e.b, '[')
			} else {
				e.b = append(e.b, ',')
			}
			e.attempt(&r.Attempts[i])
		}
		e.b = append(e.b, ']')
	}
	return append(e.b, '}')
}

// encoder appends the fields of objects, each after a comma unless it is the
// first of its object.
type encoder struct{ b []byte }

func (e *encoder) attempt(a *Attempt) {
	e.b = append(e.b, '{')
	e.string("target", a.Target)
	e.optional("model", a.Model)
	e.int("credential", int64(a.Credential))
	e.count("status", int64(a.Status))
	e.optional("class", a.Class)
	e.optional("reason", a.Reason)
	e.optional("request_id", a.RequestID)
	e.int("start", int64(a.Start))
	e.int("duration", int64(a.Duration))
	e.count("first_content", int64(a.FirstContent))
	e.usage(&a.Usage)
	e.cost(a.Cost)
	e.optional("price", a.Price)
	e.b = append(e.b, '}')
}

func (e *encoder) usage(u *llm.Usage) {
	e.key("usage")
	e.b = append(e.b, '{')
	e.count("input", u.Input)
	e.count("cache_read", u.CacheRead)
	e.count("cache_write_5m", u.CacheWrite5m)
	e.count("cache_write_1h", u.CacheWrite1h)
	e.count("audio_input", u.AudioInput)
	e.count("image_input", u.ImageInput)
	e.count("tool_prompt", u.ToolPrompt)
	e.count("output", u.Output)
	e.count("reasoning", u.Reasoning)
	e.count("audio_output", u.AudioOutput)
	e.count("image_output", u.ImageOutput)
	e.count("web_searches", u.WebSearches)
	e.count("audio_seconds", u.AudioSeconds)
	e.flag("estimated", u.Estimated)
	e.flag("suspect", u.Suspect)
	e.flag("unknown", u.Unknown)
	e.b = append(e.b, '}')
}

func (e *encoder) cost(n *Nano) {
	if n == nil {
		return
	}
	e.key("cost")
	e.b = append(e.b, '"')
	e.b = n.Append(e.b)
	e.b = append(e.b, '"')
}

func (e *encoder) key(name string) {
	if e.b[len(e.b)-1] != '{' {
		e.b = append(e.b, ',')
	}
	e.b = append(e.b, '"')
	e.b = append(e.b, name...)
	e.b = append(e.b, '"', ':')
}

func (e *encoder) string(name, v string) {
	e.key(name)
	e.b = appendString(e.b, v)
}

func (e *encoder) optional(name, v string) {
	if v != "" {
		e.string(name, v)
	}
}

func (e *encoder) int(name string, v int64) {
	e.key(name)
	e.b = strconv.AppendInt(e.b, v, 10)
}

func (e *encoder) count(name string, v int64) {
	if v != 0 {
		e.int(name, v)
	}
}

func (e *encoder) flag(name string, v bool) {
	if v {
		e.key(name)
		e.b = append(e.b, "true"...)
	}
}

func (e *encoder) list(name string, v []string) {
	if len(v) == 0 {
		return
	}
	e.key(name)
	e.b = append(e.b, '[')
	for i, s := range v {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = appendString(e.b, s)
	}
	e.b = append(e.b, ']')
}

// appendString appends a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\b':
				dst = append(dst, '\\', 'b')
			case '\f':
				dst = append(dst, '\\', 'f')
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			dst = append(dst, s[start:i]...)
			dst = append(dst, '\\', 'u', '2', '0', '2', hex[r&15])
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
