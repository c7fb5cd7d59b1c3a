package anthropic

import (
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// tools writes the tools and what restricts them.
func (e *requestEncoder) tools() {
	n := 0
	item := func() {
		if n == 0 {
			e.key("tools")
			e.raw("[")
		}
		n++
		e.item()
	}
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch {
		case t.Hosted != nil && t.Issuer != llm.IssuerAnthropic:
			e.drop(llm.FieldHostedTool)
		case t.Hosted != nil:
			item()
			e.value(t.Hosted)
		case e.choice.allowed == nil || slices.Contains(e.choice.allowed, t.Name):
			item()
			e.function(t)
		}
	}
	if name := e.format.tool; name != "" {
		item()
		e.outputFunction(name)
	}
	if n == 0 {
		e.pastTools(item)
	}
	if n > 0 {
		e.raw("]")
		e.toolChoice()
	}
}

// pastTools writes the tools that the conversation speaks of where the caller
// names none any more: several of Anthropic's servers refuse calls of tools that
// they are not told of.
func (e *requestEncoder) pastTools(item func()) {
	var names []string
	for i := range e.turns {
		for _, s := range e.turns[i].blocks {
			if s.p != nil && s.p.Kind == llm.PartToolCall && !slices.Contains(names, s.p.Call.Name) {
				names = append(names, s.p.Call.Name)
			}
		}
	}
	for _, name := range names {
		item()
		e.function(&llm.Tool{Name: name})
	}
	e.choice = choice{mode: "none"}
}

func (e *requestEncoder) function(t *llm.Tool) {
	e.raw(`{"name":`)
	e.str(e.toolName(t.Name))
	e.stringField("description", t.Description)
	e.key("input_schema")
	e.dst = appendInputSchema(e.dst, t.Parameters)
	if t.Strict != nil {
		if e.t.Facts.StructuredOutput || e.family.structured() && !e.hosted() {
			e.key("strict")
			e.dst = strconv.AppendBool(e.dst, *t.Strict)
		} else {
			e.dropIf(llm.FieldToolStrict, *t.Strict)
		}
	}
	e.cache(t.Cache)
	e.raw("}")
}

// outputFunction writes the tool that stands in for structured output.
func (e *requestEncoder) outputFunction(name string) {
	o := e.r.Output
	description := o.Description
	if description == "" {
		description = "Gives the final answer to the user."
	}
	e.raw(`{"name":`)
	e.str(name)
	e.stringField("description", description)
	e.key("input_schema")
	if o.Type == llm.OutputJSON {
		// Of a schema without properties a model makes an object without any.
		e.raw(`{"type":"object","additionalProperties":true}`)
	} else {
		e.dst = appendInputSchema(e.dst, o.Schema)
	}
	e.raw("}")
}

// toolName is a name as Anthropic takes it, and remembers how to undo that.
func (e *requestEncoder) toolName(name string) string {
	own := tamed(name)
	if own != name {
		if e.out.ToolNames == nil {
			e.out.ToolNames = map[string]string{}
		}
		e.out.ToolNames[own] = name
	}
	return own
}

// toolChoice writes which tools are to be called. That there be one call at most
// can only be said beside a choice; where a call is the answer there must not be
// two.
func (e *requestEncoder) toolChoice() {
	single := (e.format.tool != "" || e.r.ParallelTools != nil && !*e.r.ParallelTools) && e.choice.mode != "none"
	mode := e.choice.mode
	if mode == "" {
		if !single {
			return
		}
		mode = "auto"
	}
	e.raw(`,"tool_choice":{"type":"` + mode + `"`)
	if e.choice.name != "" {
		e.key("name")
		e.str(e.toolName(e.choice.name))
	}
	if single {
		e.raw(`,"disable_parallel_tool_use":true`)
	}
	e.raw("}")
}
