package responses

import (
	"bytes"
	"strconv"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Kept is an answer as it is kept for later calls.
type Kept struct {
	// Previous is the answer that it goes on from, or empty.
	Previous string
	// Input is the list of what was said to the model in this turn.
	Input []byte
	// Response is the answer as its caller saw it.
	Response []byte
}

// Append appends the kept form.
func (k *Kept) Append(dst []byte) []byte {
	dst = append(dst, '{')
	if k.Previous != "" {
		dst = append(appendString(append(dst, `"previous":`...), k.Previous), ',')
	}
	dst = append(append(dst, `"input":`...), k.Input...)
	dst = append(append(dst, `,"response":`...), k.Response...)
	return append(dst, '}')
}

// ReadKept undoes Append. What it returns aliases b.
func ReadKept(b []byte) (k Kept) {
	for key, v := range members(b) {
		switch key {
		case "previous":
			k.Previous, _ = str(v, key)
		case "input":
			k.Input = v
		case "response":
			k.Response = v
		}
	}
	return k
}

// Output is the list of the answer's items.
func (k *Kept) Output() []byte { return ReadAnswer(k.Response).Output }

// Answer is what matters of a whole answer to those who keep it.
type Answer struct {
	ID string
	// Output is the list of items.
	Output []byte
	// Stored is set where the provider keeps the answer too.
	Stored bool
	// Whole is set unless the answer failed, or is not there yet.
	Whole bool
}

// ReadAnswer reads a whole answer that was sent to its caller. What it returns
// aliases b.
func ReadAnswer(b []byte) (a Answer) {
	for key, v := range members(b) {
		switch key {
		case "id":
			a.ID, _ = str(v, key)
		case "output":
			a.Output = v
		case "store":
			a.Stored = rawjson.True(v)
		case "status":
			status, _ := str(v, key)
			a.Whole = status == statusCompleted || status == statusIncomplete
		}
	}
	return a
}

// Items yields the items of a list with their ids; those without one are left
// out.
func Items(list []byte) func(yield func(id string, item []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for _, item := range elements(list) {
			if id, _ := str(member(item, "id"), "id"); id != "" && !yield(id, item) {
				return
			}
		}
	}
}

// Listed is a list of items as it is shown to whoever asks for it: each with an
// id and a type, the newest first if so wanted, at most limit of those behind
// the one with the id after.
func Listed(dst, list []byte, response string, newest bool, after string, limit int) []byte {
	var items [][]byte
	var ids []string
	for i, item := range elements(list) {
		id, _ := str(member(item, "id"), "id")
		if id == "" {
			id = inventedID(idMessage, response, i)
			item = withMember(item, "id", id)
		}
		if member(item, "type") == nil {
			item = withMember(item, "type", itemMessage)
		}
		items, ids = append(items, item), append(ids, id)
	}
	if newest {
		for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
			items[i], items[j] = items[j], items[i]
			ids[i], ids[j] = ids[j], ids[i]
		}
	}
	for i, id := range ids {
		if id == after {
			items, ids = items[i+1:], ids[i+1:]
			break
		}
	}
	more := len(items) > limit
	if more {
		items, ids = items[:limit], ids[:limit]
	}
	dst = append(dst, `{"object":"list","data":[`...)
	dst = append(append(dst, bytes.Join(items, []byte{','})...), `],"first_id":`...)
	first, last := "", ""
	if len(ids) > 0 {
		first, last = ids[0], ids[len(ids)-1]
	}
	dst = appendStringOrNull(dst, first)
	dst = appendStringOrNull(append(dst, `,"last_id":`...), last)
	dst = strconv.AppendBool(append(dst, `,"has_more":`...), more)
	return append(dst, '}')
}

// Deleted is the answer to a deletion.
func Deleted(dst []byte, id string) []byte {
	dst = appendString(append(dst, `{"id":`...), id)
	return append(dst, `,"object":"response","deleted":true}`...)
}

// withMember is an object with one more member in front.
func withMember(object []byte, key, value string) []byte {
	out := append(appendString([]byte{'{'}, key), ':')
	out = appendString(out, value)
	rest := rawjson.TrimSpace(object[1:])
	if len(rest) > 0 && rest[0] != '}' {
		out = append(out, ',')
	}
	return append(out, rest...)
}

// Collector gathers the answer from a stream as it goes to the caller.
type Collector struct {
	items  [][]byte
	answer []byte
}

var (
	headItem  = []byte("event: response.output_item.done\n")
	headWhole = [...][]byte{[]byte("event: response.completed\n"), []byte("event: response.incomplete\n")}
)

// Add looks at the events that were appended for one event of the upstream's.
func (k *Collector) Add(events []byte) {
	for len(events) > 0 {
		event, rest, _ := bytes.Cut(events, []byte("\n\n"))
		switch {
		case bytes.HasPrefix(event, headItem):
			if item := member(data(event), "item"); item != nil {
				k.items = append(k.items, bytes.Clone(item))
			}
		case bytes.HasPrefix(event, headWhole[0]), bytes.HasPrefix(event, headWhole[1]):
			k.answer = bytes.Clone(member(data(event), "response"))
		}
		events = rest
	}
}

// data is the JSON of an event on one line.
func data(event []byte) []byte {
	_, data, _ := bytes.Cut(event, []byte("\ndata: "))
	return data
}

// Answer is the whole answer, nil when there was none. Some servers leave out of
// it the items that they have streamed.
func (k *Collector) Answer() []byte {
	output := member(k.answer, "output")
	if k.answer == nil || len(k.items) == 0 || holdsSomething(output) {
		return k.answer
	}
	list := append(append([]byte{'['}, bytes.Join(k.items, []byte{','})...), ']')
	if output == nil {
		out := append(append([]byte(`{"output":`), list...), ',')
		return append(out, k.answer[1:]...)
	}
	c := rawjson.Trust(k.answer, 0)
	for ok := c.Object(); ok && c.NextField(); {
		if string(c.Key()) != "output" {
			c.Skip()
			continue
		}
		c.Kind() // moves to the value
		start := c.Offset()
		c.Skip()
		return rawjson.Splice(nil, k.answer, []rawjson.Edit{{Start: start, End: c.Offset(), New: list}})
	}
	return k.answer
}
