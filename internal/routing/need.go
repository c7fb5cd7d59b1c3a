package routing

import (
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// Abilities are what a model can do.
type Abilities uint8

// The abilities that requests may need.
const (
	Tools Abilities = 1 << iota
	Images
	Documents
	Audio
	Structured
	Reasoning
)

var abilityNames = [...]string{"tools", "images", "documents", "audio", "structured output", "reasoning"}

func (a Abilities) String() string {
	var names []string
	for i, name := range abilityNames {
		if a>>i&1 == 1 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Need is what is known of a call before it finds a target.
type Need struct {
	// Abilities are what the model must have.
	Abilities Abilities
	// Input and Output are the estimated tokens of the prompt and the caller's
	// bound on the answer, 0 where there is none.
	Input, Output int64
	Stream        bool
	// Session is a hash of what the call belongs to; 0 for nothing. Under
	// [Config.Sticky], calls of a session find the same target.
	Session uint64
	// Explain is told, if it is set, what became of each target, in order.
	Explain func(target int, what Step, why string)
}

// Step is what became of a target in a call.
type Step uint8

// The steps.
const (
	// Skipped: not tried, for a reason that the call or the target has.
	Skipped Step = iota
	// Taken: tried.
	Taken
	// Left: tried, and failed.
	Left
)

func (s Step) String() string { return [...]string{"skipped", "taken", "left"}[min(s, Left)] }

// fit finds the targets that cannot do what the call needs, and those whose
// context is too small for it. What is not known of a target is not held
// against it.
func (p *Plan) fit(n *Need) (lacking, small set) {
	if n.Abilities == 0 && n.Input+n.Output <= p.smallest {
		return 0, 0
	}
	for i := range p.targets {
		t := &p.targets[i]
		if t.Known && n.Abilities&^t.Abilities != 0 {
			lacking.add(i)
		}
		if t.Context > 0 && n.Input+n.Output > t.Context {
			small.add(i)
		}
	}
	return lacking, small
}

// filter leaves out the targets that do not fit. An estimate refuses nobody:
// when all are too small, the call goes to the list that is there for that, or
// is tried all the same.
func (r *Run) filter(n *Need) *llm.Error {
	lacking, small := r.plan.fit(n)
	if lacking|small == 0 {
		return nil
	}
	usual := span{0, r.plan.lists[listFallbacks].to}.set()
	switch {
	case usual&^lacking == 0:
		return r.plan.lacks(n, lacking)
	case usual&^(lacking|small) != 0:
		r.left = lacking | small
	case r.plan.lists[listContext].set()&^(lacking|small) != 0:
		r.left, r.overflow = lacking|small, true
	default:
		r.left, small = lacking, 0
	}
	if n.Explain != nil {
		for i := range r.plan.targets {
			switch {
			case lacking.has(i):
				r.explain(i, Skipped, "lacks "+(n.Abilities&^r.plan.targets[i].Abilities).String())
			case small.has(i):
				r.explain(i, Skipped, "context too small")
			}
		}
	}
	return nil
}

// lacks is the answer when no target can do what the call needs.
func (p *Plan) lacks(n *Need, lacking set) *llm.Error {
	missing := n.Abilities
	for i := range p.lists[listFallbacks].to {
		if lacking.has(i) {
			missing &^= p.targets[i].Abilities
		}
	}
	if missing == 0 {
		missing = n.Abilities // each lacks another one
	}
	return &llm.Error{
		Status: http.StatusBadRequest, Class: llm.ClassCallerFault, Type: "invalid_request_error", Code: "unsupported_by_model", Param: "model",
		Message: "no target of the model has " + missing.String() + ", which the request needs",
	}
}

func (r *Run) explain(i int, what Step, why string) {
	if r.need.Explain != nil {
		r.need.Explain(r.plan.targets[i].Index, what, why)
	}
}

// set is the span as a set.
func (s span) set() set { return set(1)<<s.to - set(1)<<s.from }
