package gateway

import (
	"container/list"
	"encoding/json"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// Thoughts are what a model thought before it called a tool, with what proves
// it. Its vendor wants them back with the tool's result, and many clients do not
// keep them.
type Thoughts struct {
	// Provider and Account are who gets them back, and nobody else.
	Provider, Account string
	// Parts are the thoughts before the call.
	Parts []llm.Part
	// Signature is the call's own, and Issuer who made it.
	Signature, Issuer string

	key thoughtKey
	// arguments are the call's.
	arguments string
	expires   time.Time
	size      int
}

// thoughtKey is a call of a tool.
type thoughtKey struct {
	tenant, application, id, name string
}

const (
	// thoughtShards keep calls from waiting for one another.
	thoughtShards = 16
	// mostThoughts bounds a shard, in bytes.
	mostThoughts = 2 << 20
	// thoughtTime is longer than tools usually run.
	thoughtTime = time.Hour
)

// thoughtMemory holds the thoughts of the last calls of tools. It is in the
// engine, so that it outlives reloads; a restart costs a client its thoughts,
// and vendors take a turn without them, or get a stand-in.
type thoughtMemory [thoughtShards]thoughtShard

type thoughtShard struct {
	mu    sync.Mutex
	size  int
	order list.List // of *Thoughts, the newest in front
	byKey map[thoughtKey]*list.Element
}

var thoughtSeed = maphash.MakeSeed()

func (m *thoughtMemory) shard(k *thoughtKey) *thoughtShard {
	return &m[maphash.Comparable(thoughtSeed, *k)%thoughtShards]
}

func (m *thoughtMemory) put(t *Thoughts) {
	t.size = len(t.Signature) + len(t.key.id) + len(t.key.name) + len(t.arguments) + 256
	for i := range t.Parts {
		t.size += len(t.Parts[i].Text) + len(t.Parts[i].Signature) + len(t.Parts[i].Data) + 256
	}
	if t.size > mostThoughts/4 {
		return
	}
	s := m.shard(&t.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.byKey[t.key]; old != nil {
		s.drop(old)
	}
	if s.byKey == nil {
		s.byKey = map[thoughtKey]*list.Element{}
	}
	s.byKey[t.key] = s.order.PushFront(t)
	s.size += t.size
	for s.size > mostThoughts {
		s.drop(s.order.Back())
	}
}

func (m *thoughtMemory) get(k thoughtKey, now time.Time) *Thoughts {
	s := m.shard(&k)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byKey[k]
	if e == nil {
		return nil
	}
	t := e.Value.(*Thoughts)
	if now.After(t.expires) {
		s.drop(e)
		return nil
	}
	return t
}

// drop needs mu.
func (s *thoughtShard) drop(e *list.Element) {
	t := e.Value.(*Thoughts)
	s.order.Remove(e)
	s.size -= t.size
	delete(s.byKey, t.key)
}

// thoughtKey is the key of a call of the caller's, false where there is no
// caller to keep thoughts for.
func (c *Call) thoughtKey(t *llm.ToolCall) (thoughtKey, bool) {
	ok := c.Known && c.Caller.Tenant != "" && c.engine != nil && t.ID != ""
	return thoughtKey{c.Caller.Tenant, c.Caller.Application, t.ID, t.Name}, ok
}

// KeepThoughts remembers what was thought before a call of a tool.
func (c *Call) KeepThoughts(call *llm.ToolCall, t *Thoughts) {
	if key, ok := c.thoughtKey(call); ok {
		t.key, t.arguments, t.expires = key, call.Arguments, c.Start.Add(thoughtTime)
		c.engine.thoughts.put(t)
	}
}

// Thoughts are what was thought before a call of a tool, or nil. They are not to
// be changed. Some servers number their calls anew in every answer, so that only
// one with the same arguments is the same call.
func (c *Call) Thoughts(call *llm.ToolCall) *Thoughts {
	key, ok := c.thoughtKey(call)
	if !ok {
		return nil
	}
	t := c.engine.thoughts.get(key, c.Start)
	if t == nil || t.arguments != call.Arguments && plainJSON(t.arguments) != plainJSON(call.Arguments) {
		return nil
	}
	return t
}

// plainJSON is JSON in one form: keys sorted and without white space, for clients
// write anew what they have read. What is no JSON stays as it is.
func plainJSON(text string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return text
	}
	b, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(b)
}
