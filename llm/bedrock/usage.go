package bedrock

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// wireUsage is what a call used. Input has none of the cached tokens in it
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html).
type wireUsage struct {
	input, output         int64
	cacheRead, cacheWrite int64
	// write1h is the part of cacheWrite that is kept for an hour.
	write1h int64
	told    bool
}

func (u *wireUsage) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "inputTokens":
			u.input, u.told = r.integer(), true
		case "outputTokens":
			u.output, u.told = r.integer(), true
		case "cacheReadInputTokens", "cacheReadInputTokenCount": // which are the same
			u.cacheRead = r.integer()
		case "cacheWriteInputTokens", "cacheWriteInputTokenCount":
			u.cacheWrite = r.integer()
		case "cacheDetails":
			for range r.items {
				u.detail(r)
			}
		default:
			r.skip()
		}
	}
}

func (u *wireUsage) detail(r *reader) {
	var n int64
	hour := false
	for name := range r.fields {
		switch string(name) {
		case "inputTokens":
			n = r.integer()
		case "ttl":
			hour = string(r.bytes()) == "1h"
		default:
			r.skip()
		}
	}
	if hour {
		u.write1h += n
	}
}

// neutral is nil when there are no figures.
func (u *wireUsage) neutral() *llm.Usage {
	if !u.told {
		return nil
	}
	n := &llm.Usage{Input: u.input, CacheRead: u.cacheRead, CacheWrite5m: u.cacheWrite, Output: u.output}
	n.CacheWrite1h = max(min(u.write1h, u.cacheWrite), 0)
	n.CacheWrite5m -= n.CacheWrite1h
	n.Sanitize()
	return n
}

// appendUsage appends usage as Bedrock counts.
func appendUsage(dst []byte, u *llm.Usage) []byte {
	count := func(key string, n int64) {
		dst = strconv.AppendInt(append(dst, key...), n, 10)
	}
	count(`{"inputTokens":`, u.InputTotal()-u.CacheRead-u.CacheWrite())
	count(`,"outputTokens":`, u.OutputTotal())
	count(`,"totalTokens":`, u.Total())
	if u.CacheRead > 0 || u.CacheWrite() > 0 {
		count(`,"cacheReadInputTokens":`, u.CacheRead)
		count(`,"cacheWriteInputTokens":`, u.CacheWrite())
	}
	if u.CacheWrite1h > 0 {
		dst = append(dst, `,"cacheDetails":[`...)
		if u.CacheWrite5m > 0 {
			count(`{"ttl":"5m","inputTokens":`, u.CacheWrite5m)
			dst = append(dst, "},"...)
		}
		count(`{"ttl":"1h","inputTokens":`, u.CacheWrite1h)
		dst = append(dst, "}]"...)
	}
	return append(dst, '}')
}

// readUsage reads usage where a cursor stands.
func readUsage(c *rawjson.Cursor) (u wireUsage) {
	r := reader{c: *c}
	u.read(&r)
	*c = r.c
	return u
}
