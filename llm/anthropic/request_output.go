package anthropic

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// outputConfig writes the form of the answer and the effort to make.
func (e *requestEncoder) outputConfig() {
	if !e.format.native && e.thinking.effort == "" {
		return
	}
	e.raw(`,"output_config":{`)
	if e.thinking.effort != "" {
		e.raw(`"effort":"` + e.thinking.effort + `"`)
	}
	if e.format.native {
		if e.thinking.effort != "" {
			e.raw(",")
		}
		e.raw(`"format":{"type":"json_schema","schema":`)
		var lost bool
		e.dst, lost = appendOutputSchema(e.dst, e.r.Output.Schema)
		e.dropIf(llm.FieldOutput, lost)
		e.raw("}")
	}
	e.raw("}")
}

// writeThinking writes how to think.
func (e *requestEncoder) writeThinking() {
	t := &e.thinking
	if t.kind == "" {
		return
	}
	e.raw(`,"thinking":{"type":"` + t.kind + `"`)
	if t.kind == "enabled" {
		e.key("budget_tokens")
		e.dst = strconv.AppendInt(e.dst, t.budget, 10)
	}
	e.stringField("display", t.display)
	e.raw("}")
}
