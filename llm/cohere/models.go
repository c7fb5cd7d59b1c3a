package cohere

import (
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// family is what is known of what a model takes.
type family struct {
	// thinks: it writes thoughts as blocks of their own, and takes them back.
	thinks bool
	// plain: it is known not to.
	plain bool
}

// familyOf goes by what the catalog knows, else by the model's name.
func familyOf(t llm.Target) family {
	if t.Facts.Known {
		return family{thinks: t.Facts.Reasoning, plain: !t.Facts.Reasoning}
	}
	name := strings.ToLower(t.Model[strings.LastIndexByte(t.Model, '/')+1:])
	return family{
		thinks: strings.Contains(name, "reasoning") || strings.HasPrefix(name, "command-a-plus"),
		plain:  strings.HasPrefix(name, "command-r"),
	}
}

// thinking writes whether to think, and how much.
func (e *requestEncoder) thinking() {
	r := e.r.Reasoning
	if r == nil {
		return
	}
	budget, set := effortBudgets[r.Effort]
	if r.Budget != nil {
		budget, set = *r.Budget, true
	}
	switch off := set && budget == 0; {
	case !set:
		e.dropIf(llm.FieldReasoning, r.Effort != "")
	case off && !e.model.thinks: // a model that cannot think does not think
	case off:
		e.raw(`,"thinking":{"type":"disabled"}`)
	case e.model.plain:
		e.drop(llm.FieldReasoning)
	default:
		e.raw(`,"thinking":{"type":"enabled"`)
		if budget > 0 {
			e.intField("token_budget", &budget)
		}
		e.raw("}")
	}
}

// effortBudgets are how many tokens an effort is worth; a negative number leaves
// it to the model.
var effortBudgets = map[string]int64{
	"none": 0, "minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": -1,
}
