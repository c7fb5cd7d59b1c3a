package bedrock

import "github.com/fairwaygw/fairway/llm"

// ending is what a reason to stop means.
type ending struct {
	finish llm.Finish
	// spoiled is set when the model wrote something that cannot be used. Such an
	// answer is a failure, unless it has content beside that.
	spoiled bool
}

// endings are Bedrock's reasons to stop. One that is not listed counts as a plain
// stop.
var endings = map[string]ending{
	"end_turn":                      {finish: llm.FinishStop},
	"stop_sequence":                 {finish: llm.FinishStop},
	"max_tokens":                    {finish: llm.FinishLength},
	"model_context_window_exceeded": {finish: llm.FinishLength},
	"tool_use":                      {finish: llm.FinishToolCalls},
	"content_filtered":              {finish: llm.FinishContentFilter},
	"guardrail_intervened":          {finish: llm.FinishContentFilter},
	"malformed_model_output":        {finish: llm.FinishStop, spoiled: true},
	"malformed_tool_use":            {finish: llm.FinishStop, spoiled: true},
}

// finishOf tells why an answer ended; calls says whether it has tool calls for
// the caller to run.
func finishOf(native string, calls bool) llm.Finish {
	e, ok := endings[native]
	if !ok {
		e.finish = llm.FinishStop
	}
	switch {
	case e.finish == llm.FinishStop && calls && !e.spoiled:
		return llm.FinishToolCalls
	case e.finish == llm.FinishToolCalls && !calls:
		return llm.FinishStop
	}
	return e.finish
}

// unsaid judges an answer without content by its reason to stop: a model that
// was filtered or cut off may have said nothing, and one whose call could not be
// read has failed.
func unsaid(native string) *llm.Error {
	if endings[native].spoiled {
		return badOutput("malformed", "the model's answer could not be used ("+native+")", nil)
	}
	return nil
}

// nativeFinish is the reason to stop that a caller of this dialect sees:
// Bedrock's own, where it was Bedrock that gave it and it means the same.
func nativeFinish(finish llm.Finish, native, sequence string) string {
	if e, ok := endings[native]; ok && e.finish == finish {
		return native
	}
	switch finish {
	case llm.FinishLength:
		return "max_tokens"
	case llm.FinishToolCalls:
		return "tool_use"
	case llm.FinishContentFilter:
		return "content_filtered"
	case llm.FinishError:
		return "malformed_model_output"
	}
	if sequence != "" {
		return "stop_sequence"
	}
	return "end_turn"
}
