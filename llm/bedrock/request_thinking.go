package bedrock

import (
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// thought is what was decided about thinking.
type thought struct {
	// on is set when the model is told to think. bare is set when it then takes
	// no other bounds.
	on, bare bool
}

// thinking decides how much to think; each maker has words of its own for it.
func (e *requestEncoder) thinking() (t thought) {
	r := e.r.Reasoning
	if r == nil {
		return t
	}
	off := r.Effort == "none" || r.Budget != nil && *r.Budget == 0
	auto := r.Budget != nil && *r.Budget < 0
	switch {
	case r.Effort == "" && r.Budget == nil:
		return t
	case r.Effort != "" && !slices.Contains(efforts, r.Effort), e.t.Facts.Known && !e.t.Facts.Reasoning:
		e.dropIf(llm.FieldReasoning, !off) // a model that cannot think does not think
		return t
	case e.family.claude():
		return e.claudeThinking(off, auto)
	case e.family.nova() && e.family.since(20):
		return e.novaThinking(off, auto)
	case e.family.maker == makerGPT:
		e.dropIf(llm.FieldReasoning, off) // it always thinks
		if !auto {
			e.ownField("reasoning_effort", `"`+e.ofThree()+`"`)
		}
		return t
	}
	e.dropIf(llm.FieldReasoning, !off)
	return t
}

// claudeThinking tells Claude how much to think: by a budget, or in its newer
// versions by effort. It refuses to be forced to call a tool while it thinks.
func (e *requestEncoder) claudeThinking(off, auto bool) (t thought) {
	const first = 37
	switch {
	case off && e.family.since(first):
		e.ownField("thinking", `{"type":"disabled"}`)
		return t
	case off:
		return t
	case e.forced || e.family.version > 0 && !e.family.since(first):
		e.drop(llm.FieldReasoning)
		return t
	case e.family.adaptive():
		e.ownField("thinking", `{"type":"adaptive"}`)
		if !auto {
			e.effort = e.claudeEffort()
		}
		return thought{on: true}
	}
	const least, usual = 1024, 4096
	budget := int64(usual)
	switch {
	case auto:
	case e.r.Reasoning.Budget != nil:
		budget = max(*e.r.Reasoning.Budget, least)
		e.dropIf(llm.FieldReasoning, budget != *e.r.Reasoning.Budget)
	default:
		budget = claudeBudgets[e.r.Reasoning.Effort]
	}
	limit := e.t.Facts.MaxOutput
	if n := e.r.MaxTokens; n != nil && (limit == 0 || *n < limit) {
		limit = *n
	}
	if limit > 0 && budget >= limit {
		if limit <= least {
			e.drop(llm.FieldReasoning)
			return t
		}
		budget = limit - 1
	}
	e.ownField("thinking", `{"type":"enabled","budget_tokens":`+strconv.FormatInt(budget, 10)+`}`)
	return thought{on: true}
}

// claudeBudgets are how many tokens an effort is worth.
var claudeBudgets = map[string]int64{
	"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384,
}

// claudeEffort is the effort as Claude has it; less rather than more.
func (e *requestEncoder) claudeEffort() string {
	if e.r.Reasoning.Budget != nil {
		return e.ofThree()
	}
	how := e.r.Reasoning.Effort
	takes := func(s string) bool {
		if known := e.t.Facts.Efforts; len(known) > 0 {
			return slices.Contains(known, s)
		}
		return s != "minimal" && (s != "xhigh" || e.family.since(47))
	}
	if takes(how) {
		return how
	}
	at := slices.Index(efforts, how)
	for i := at - 1; i > 0; i-- {
		if takes(efforts[i]) {
			return efforts[i]
		}
	}
	for i := at + 1; i < len(efforts); i++ {
		if takes(efforts[i]) {
			return efforts[i]
		}
	}
	return ""
}

// novaThinking tells Nova how much to think. At its most it takes no bounds.
func (e *requestEncoder) novaThinking(off, auto bool) (t thought) {
	if off {
		e.ownField("reasoningConfig", `{"type":"disabled"}`)
		return t
	}
	how := "medium"
	if !auto {
		how = e.ofThree()
	}
	e.ownField("reasoningConfig", `{"type":"enabled","maxReasoningEffort":"`+how+`"}`)
	return thought{on: true, bare: how == "high"}
}

// ofThree is the effort in three levels.
func (e *requestEncoder) ofThree() string {
	if b := e.r.Reasoning.Budget; b != nil {
		switch {
		case *b <= 1024:
			return "low"
		case *b <= 4096:
			return "medium"
		}
		return "high"
	}
	switch e.r.Reasoning.Effort {
	case "none", "minimal", "low":
		return "low"
	case "medium":
		return "medium"
	}
	return "high"
}
