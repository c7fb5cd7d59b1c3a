package anthropic

import (
	"slices"

	"github.com/fairwaygw/fairway/llm"
)

// thinking is how the model is to think.
type thinking struct {
	// kind is the type of thinking, empty to say nothing.
	kind    string
	budget  int64
	effort  string
	display string
}

// on reports whether the model was told to think.
func (t *thinking) on() bool { return t.kind == "adaptive" || t.kind == "enabled" }

// format is the form of the answer: by schema, or by a tool that stands in.
type format struct {
	native bool
	tool   string
}

// choice is what tools the model may call.
type choice struct {
	// mode is Anthropic's word, empty for none said; name is the forced tool.
	mode, name string
	// allowed are the only tools to tell the model of; nil is all.
	allowed []string
}

func (c *choice) forced() bool { return c.mode == "any" || c.mode == "tool" }

// plan settles what depends on one another: a model that thinks cannot be forced
// to call a tool, and a tool that stands in for structured output is forced.
func (e *requestEncoder) plan() {
	e.planChoice()
	e.planFormat()
	if e.choice.forced() && e.family.refusesForced() {
		e.drop(llm.FieldToolChoice)
		e.choice.mode, e.choice.name = "auto", ""
	}
	e.planThinking()
}

// planChoice finds what tools the caller wants to be called.
func (e *requestEncoder) planChoice() {
	c := e.r.ToolChoice
	if c == nil || len(e.r.Tools) == 0 {
		return
	}
	switch {
	case c.Mode == llm.ToolNone:
		e.choice.mode = "none"
		return
	case c.Mode == llm.ToolRequired && len(c.Names) == 1:
		e.choice.mode, e.choice.name = "tool", c.Names[0]
		return
	case c.Mode == llm.ToolRequired:
		e.choice.mode = "any"
	default:
		e.choice.mode = "auto"
	}
	if len(c.Names) > 0 {
		e.choice.allowed = c.Names
	}
}

// outputTool is the name of the tool that stands in for structured output.
const outputTool = "structured_output"

// planFormat finds how the answer gets its form.
func (e *requestEncoder) planFormat() {
	o := e.r.Output
	if o == nil || o.Type == llm.OutputText {
		return
	}
	schema := o.Type == llm.OutputJSONSchema && saysSomething(o.Schema)
	if schema && (e.t.Facts.StructuredOutput || e.family.structured() && !e.hosted()) {
		e.format.native = true
		return
	}
	if e.choice.forced() {
		return // a call is wanted, and no text
	}
	if e.family.refusesForced() || schema && !objectSchema(o.Schema) {
		e.drop(llm.FieldOutput)
		return
	}
	name := outputTool
	for slices.ContainsFunc(e.r.Tools, func(t llm.Tool) bool { return t.Name == name }) {
		name += "_"
	}
	e.format.tool, e.out.OutputTool = name, name
	if e.choice.mode == "none" || len(e.r.Tools) == 0 {
		e.choice.mode, e.choice.name = "tool", name
	} else {
		e.choice.mode = "any" // one of the caller's, or the answer
	}
}

// hosted reports whether a cloud serves the model, which learns of Anthropic's
// newer ways later.
func (e *requestEncoder) hosted() bool {
	switch e.t.Vendor {
	case "vertex", "google-vertex", "google-vertex-anthropic", "bedrock", "amazon-bedrock":
		return true
	}
	return false
}

// planThinking finds how the model is to think. A forced tool and thinking
// exclude one another; the tool is what the caller's program relies on.
func (e *requestEncoder) planThinking() {
	r := e.r.Reasoning
	forced := e.choice.forced()
	switch {
	case r == nil:
		if forced && e.family.thinksUnasked() {
			e.thinking.kind, _ = e.family.thinkingOff()
		}
	case r.Effort == "none", r.Budget != nil && *r.Budget == 0:
		if e.t.Facts.Known && !e.t.Facts.Reasoning {
			return // a model that cannot think does not think
		}
		kind, ok := e.family.thinkingOff()
		if !ok {
			e.drop(llm.FieldReasoning)
			e.thinking.effort = "low"
		}
		e.thinking.kind = kind
	case r.Effort == "" && r.Budget == nil:
		if e.family.thinksUnasked() {
			e.show(r)
		}
	case !e.family.thinks(), e.t.Facts.Known && !e.t.Facts.Reasoning:
		e.drop(llm.FieldReasoning)
	case forced:
		e.drop(llm.FieldReasoning)
		if e.family.thinksUnasked() {
			e.thinking.kind, _ = e.family.thinkingOff()
		}
	case e.adaptive() && (r.Budget == nil || *r.Budget < 0 || !e.family.budgets()):
		e.planEffort(r)
	default:
		e.planBudget(r)
	}
}

// adaptive reports whether the model decides itself how much to think.
func (e *requestEncoder) adaptive() bool { return e.family.adaptive() || e.t.Facts.NoSampling }

// show says whether thoughts are to be seen; older models always show them.
func (e *requestEncoder) show(r *llm.Reasoning) {
	if r.Show == nil || !e.adaptive() {
		return
	}
	e.thinking.kind, e.thinking.display = "adaptive", "omitted"
	if *r.Show {
		e.thinking.display = "summarized"
	}
}

func (e *requestEncoder) planEffort(r *llm.Reasoning) {
	e.thinking.kind = "adaptive"
	e.show(r)
	effort := r.Effort
	if r.Budget != nil && *r.Budget > 0 {
		effort = budgetEffort(*r.Budget)
	}
	if effort == "" {
		return
	}
	takes := e.t.Facts.Efforts
	if len(takes) == 0 {
		takes = e.family.efforts()
	}
	e.thinking.effort = nearestEffort(effort, takes)
	e.dropIf(llm.FieldReasoning, e.thinking.effort != effort && effort != "minimal")
}

// planBudget finds a number of tokens to think, which leaves some for the
// answer.
func (e *requestEncoder) planBudget(r *llm.Reasoning) {
	n, told := effortBudgets[r.Effort], false
	if r.Budget != nil {
		n, told = *r.Budget, true
		if n < 0 {
			n, told = effortBudgets["high"], false
		}
	}
	if e.maxTokens <= minBudget || e.lostThoughts() {
		e.drop(llm.FieldReasoning)
		return
	}
	fits := max(n, minBudget)
	if fits >= e.maxTokens {
		fits = max(e.maxTokens/2, minBudget)
	}
	e.dropIf(llm.FieldReasoning, told && fits != n)
	e.thinking.kind, e.thinking.budget = "enabled", fits
}

// lostThoughts reports whether the conversation stands after a tool call whose
// thoughts are gone. Models with a budget refuse to think on from there.
func (e *requestEncoder) lostThoughts() bool {
	for i := len(e.r.Messages) - 1; i >= 0; i-- {
		m := &e.r.Messages[i]
		switch m.Role {
		case llm.RoleTool:
			continue
		case llm.RoleAssistant:
		default:
			return false
		}
		if !slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return p.Kind == llm.PartToolCall }) {
			return false
		}
		return !slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return ownThought(&p) })
	}
	return false
}

// ownThought reports whether a part is reasoning that Anthropic issued.
func ownThought(p *llm.Part) bool {
	if p.Issuer != llm.IssuerAnthropic {
		return false
	}
	return p.Kind == llm.PartReasoning && p.Signature != "" || p.Kind == llm.PartRedacted && len(p.Data) > 0
}
