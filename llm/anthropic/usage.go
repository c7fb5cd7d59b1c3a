package anthropic

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// usage is a call's consumption as Anthropic counts: cached tokens stand beside
// the input, thoughts within the output. A stream tells it in pieces, each of
// which may repeat some figures and leave out others.
type usage struct {
	set                bool
	input, output      int64
	cacheRead          int64
	written, written1h int64
	written5m          int64
	thinking, searches int64
	tier               string
}

// read takes over the figures that an object has. Anything else says nothing.
func (u *usage) read(r *reader) {
	for name := range r.fields {
		u.set = true
		switch string(name) {
		case "input_tokens":
			u.figure(r, &u.input)
		case "output_tokens":
			u.figure(r, &u.output)
		case "cache_read_input_tokens":
			u.figure(r, &u.cacheRead)
		case "cache_creation_input_tokens":
			u.figure(r, &u.written)
		case "cache_creation":
			for name := range r.fields {
				switch string(name) {
				case "ephemeral_5m_input_tokens":
					u.figure(r, &u.written5m)
				case "ephemeral_1h_input_tokens":
					u.figure(r, &u.written1h)
				default:
					r.skip()
				}
			}
		case "output_tokens_details":
			for name := range r.fields {
				if string(name) == "thinking_tokens" {
					u.figure(r, &u.thinking)
				} else {
					r.skip()
				}
			}
		case "server_tool_use":
			for name := range r.fields {
				if string(name) == "web_search_requests" {
					u.figure(r, &u.searches)
				} else {
					r.skip()
				}
			}
		case "service_tier":
			if tier := r.str(); tier != "" {
				u.tier = tier
			}
		default:
			r.skip()
		}
	}
}

// figure takes over one figure; null says nothing.
func (u *usage) figure(r *reader, to *int64) {
	if r.c.Kind() == rawjson.Null {
		r.skip()
		return
	}
	*to = r.figure()
}

// split gives the usage in neutral form, in disjoint parts.
func (u *usage) split() llm.Usage {
	n := llm.Usage{Input: u.input, CacheRead: u.cacheRead, WebSearches: u.searches}
	written := u.written
	if written == 0 {
		written = u.written5m + u.written1h
	}
	// The split may be older than the sum.
	n.CacheWrite1h = u.written1h
	if u.written1h > written {
		n.CacheWrite1h = max(written, 0)
	}
	n.CacheWrite5m = written - n.CacheWrite1h
	n.Reasoning = u.thinking
	if u.thinking > 0 {
		n.Reasoning = min(u.thinking, max(u.output, 0))
	}
	n.Output = u.output - max(n.Reasoning, 0)
	n.Sanitize()
	return n
}

// neutral is the usage in neutral form, or nil where there was none.
func (u *usage) neutral() *llm.Usage {
	if !u.set {
		return nil
	}
	n := u.split()
	return &n
}

// tiers are Anthropic's words for how a call was served, and the neutral ones.
var tiers = []struct{ own, neutral string }{{"standard", "default"}, {"priority", "priority"}, {"batch", "batch"}}

func neutralTier(own string) string {
	for _, t := range tiers {
		if t.own == own {
			return t.neutral
		}
	}
	return own
}

func ownTier(neutral string) string {
	for _, t := range tiers {
		if t.neutral == neutral {
			return t.own
		}
	}
	return ""
}

// appendUsage appends the figures as this dialect counts. Nil is nothing used,
// for callers expect figures in every answer.
func appendUsage(dst []byte, u *llm.Usage, tier string) []byte {
	if u == nil {
		u = &llm.Usage{}
	}
	n := func(key string, v int64) {
		dst = strconv.AppendInt(append(dst, key...), v, 10)
	}
	n(`{"input_tokens":`, u.InputTotal()-u.CacheRead-u.CacheWrite())
	n(`,"cache_creation_input_tokens":`, u.CacheWrite())
	n(`,"cache_read_input_tokens":`, u.CacheRead)
	n(`,"cache_creation":{"ephemeral_5m_input_tokens":`, u.CacheWrite5m)
	n(`,"ephemeral_1h_input_tokens":`, u.CacheWrite1h)
	n(`},"output_tokens":`, u.OutputTotal())
	if u.Reasoning > 0 {
		n(`,"output_tokens_details":{"thinking_tokens":`, u.Reasoning)
		dst = append(dst, '}')
	}
	if u.WebSearches > 0 {
		n(`,"server_tool_use":{"web_search_requests":`, u.WebSearches)
		dst = append(dst, '}')
	}
	if tier = ownTier(tier); tier != "" {
		dst = appendString(append(dst, `,"service_tier":`...), tier)
	}
	return append(dst, '}')
}
