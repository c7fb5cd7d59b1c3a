package responses

import (
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// answer is a whole answer, or what an event of a stream has of it. Its slices
// alias the text.
type answer struct {
	id, model, status, reason, tier string
	created                         int64
	items                           []item
	// listed is set when there is a list of items.
	listed bool
	usage  usage
	// searches is what OpenAI tells of the use of its search, and searched
	// counts what can be seen of it.
	searches, searched int64
	// failure is the error that stands in the answer; complaint is set when
	// there is a message or a detail, as in errors without that key.
	failure   []byte
	complaint bool
}

// read reads the object ahead.
func (a *answer) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "id":
			a.id = r.str()
		case "model":
			a.model = r.str()
		case "status":
			a.status = r.str()
		case "service_tier":
			a.tier = r.str()
		case "created_at":
			a.created = r.figure()
		case "incomplete_details":
			for name := range r.fields {
				if string(name) == "reason" {
					a.reason = r.str()
				} else {
					r.skip()
				}
			}
		case "output":
			a.listed = a.listed || r.c.Kind() == rawjson.Array
			for range r.items {
				var it item
				it.read(r)
				if it.searched {
					a.searched++
				}
				a.items = append(a.items, it)
			}
		case "usage":
			a.usage.read(r)
		case "tool_usage":
			a.readToolUsage(r)
		case "error":
			if v := r.raw(); saysSomething(v) {
				a.failure = v
			}
		case "message", "detail":
			a.complaint = saysSomething(r.raw()) || a.complaint
		default:
			r.skip()
		}
	}
}

func (a *answer) readToolUsage(r *reader) {
	for name := range r.fields {
		if string(name) != "web_search" {
			r.skip()
			continue
		}
		for name := range r.fields {
			if string(name) == "num_requests" {
				a.searches = r.figure()
			} else {
				r.skip()
			}
		}
	}
}

// used are the figures in neutral form, or nil.
func (a *answer) used() *llm.Usage { return a.usage.neutral(max(a.searches, a.searched)) }

// createdAt is the answer's time.
func (a *answer) createdAt() time.Time {
	if a.created <= 0 {
		return time.Time{}
	}
	return time.Unix(a.created, 0).UTC()
}

// calls reports whether there are calls for the caller to run.
func (a *answer) calls() bool {
	for i := range a.items {
		if a.items[i].calls() {
			return true
		}
	}
	return false
}
