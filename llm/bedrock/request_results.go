package bedrock

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// pendingResult is a result that waits for the others of its step.
type pendingResult struct {
	*llm.Part
	order int
}

// tool gathers the results of a step.
func (t *turns) tool(m *llm.Message, at int) {
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind != llm.PartToolResult {
			t.drop(fieldOf(p.Kind))
			continue
		}
		order, ok := t.calls[p.Result.CallID]
		if !ok {
			t.refuse("messages["+strconv.Itoa(at)+"]", codeValue, "the tool result answers no tool call before it")
			return
		}
		t.results = append(t.results, pendingResult{p, order})
	}
}

// flushResults writes the results of a step in the order of the calls. What the
// user says next follows in the same turn.
func (t *turns) flushResults() {
	if len(t.results) == 0 {
		return
	}
	slices.SortStableFunc(t.results, func(a, b pendingResult) int { return cmp.Compare(a.order, b.order) })
	t.open(roleUser)
	for _, r := range t.results {
		hint := t.result(r.Result)
		if r.Cache != nil {
			hint = r.Cache
		}
		t.cachePoint(hint, t.family.caches())
	}
	t.results = t.results[:0]
}

// result writes a result, and returns the cache hint inside of it, for which only
// behind it there is a place.
func (t *turns) result(r *llm.ToolResult) (hint *llm.CacheHint) {
	t.item()
	t.raw(`{"toolResult":{"toolUseId":`)
	t.str(callID(r.CallID))
	t.raw(`,"content":[`)
	empty := len(t.dst)
	for i := range r.Parts {
		p := &r.Parts[i]
		switch {
		case p.Kind == llm.PartText:
			if !blank(p.Text) {
				t.textBlock(p.Text)
			}
		case p.Media == nil, p.Kind == llm.PartAudio: // a result can hold no sound
			t.drop(fieldOf(p.Kind))
		default:
			t.resultMedia(p)
		}
		if p.Cache != nil {
			hint = p.Cache
		}
	}
	if len(t.dst) == empty {
		t.textBlock(filler)
	}
	t.raw("]")
	if r.IsError {
		t.raw(`,"status":"error"`)
	}
	t.raw("}}")
	return hint
}

// resultMedia writes media of a result; a document that is plain text as such,
// for that is what more models take.
func (t *turns) resultMedia(p *llm.Part) {
	if p.Kind == llm.PartDocument {
		if said, ok := plainText(p.Media); ok && !blank(said) {
			t.textBlock(said)
			return
		}
	}
	t.media(p)
}
