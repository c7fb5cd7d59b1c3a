package gemini

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// generationConfig writes how to generate. Members that the caller gave in this
// dialect and that mean nothing elsewhere come last.
func (e *requestEncoder) generationConfig() {
	before := len(e.dst)
	e.key("generationConfig")
	e.raw("{")
	empty := len(e.dst)
	e.sampling()
	e.limits()
	e.logProbs()
	e.outputFormat()
	e.modalities()
	e.thinking()
	e.members(e.leftover("generationConfig", configFields...))
	if len(e.dst) == empty {
		e.dst = e.dst[:before]
		return
	}
	e.raw("}")
}

// configFields are the members of generationConfig that have a neutral meaning.
var configFields = []string{
	"temperature", "topP", "topK", "seed", "frequencyPenalty", "presencePenalty", "candidateCount", "maxOutputTokens",
	"stopSequences", "responseLogprobs", "logprobs", "responseMimeType", "responseSchema", "responseJsonSchema",
	"responseModalities", "thinkingConfig",
}

// sampling writes how to choose among tokens.
func (e *requestEncoder) sampling() {
	r := e.r
	if e.t.Facts.NoSampling {
		e.dropIf(llm.FieldTemperature, r.Temperature != nil)
		e.dropIf(llm.FieldTopP, r.TopP != nil)
		e.dropIf(llm.FieldTopK, r.TopK != nil)
	} else {
		e.floatField("temperature", r.Temperature)
		e.floatField("topP", r.TopP)
		e.intField("topK", r.TopK)
	}
	if r.Seed != nil && int64(int32(*r.Seed)) != *r.Seed { // Google's is of 32 bits
		e.drop(llm.FieldSeed)
	} else {
		e.intField("seed", r.Seed)
	}
	e.floatField("presencePenalty", r.PresencePenalty)
	e.floatField("frequencyPenalty", r.FrequencyPenalty)
}

// limits writes what bounds the answer.
func (e *requestEncoder) limits() {
	const mostStops = 5
	r := e.r
	e.intField("candidateCount", r.N)
	if n := r.MaxTokens; n != nil && *n <= 0 {
		e.drop(llm.FieldMaxTokens)
	} else if n != nil {
		// More than the model can say is refused, though it bounds nothing.
		most := *n
		if limit := e.t.Facts.MaxOutput; limit > 0 {
			most = min(most, limit)
		}
		most = min(most, math.MaxInt32)
		e.intField("maxOutputTokens", &most)
	}
	stop := slices.Clone(r.Stop)
	stop = slices.DeleteFunc(stop, func(s string) bool { return strings.TrimSpace(s) == "" })
	stop = stop[:min(len(stop), mostStops)]
	e.dropIf(llm.FieldStop, len(stop) < len(r.Stop))
	e.stringsField("stopSequences", stop)
}

func (e *requestEncoder) logProbs() {
	r := e.r
	if r.LogProbs == nil || !*r.LogProbs {
		e.dropIf(llm.FieldTopLogProbs, r.TopLogProbs != nil && *r.TopLogProbs > 0)
		return
	}
	e.key("responseLogprobs")
	e.raw("true")
	if r.TopLogProbs != nil && *r.TopLogProbs > 0 {
		e.intField("logprobs", r.TopLogProbs)
	}
}

// outputFormat writes the form that the answer must take.
func (e *requestEncoder) outputFormat() {
	o := e.r.Output
	if o == nil || o.Type == llm.OutputText {
		return
	}
	if len(e.r.Tools) > 0 && !e.family.schemaBesideTools() {
		e.drop(llm.FieldOutput)
		return
	}
	e.key("responseMimeType")
	e.raw(`"application/json"`)
	switch {
	case o.Type != llm.OutputJSONSchema || !saysSomething(o.Schema):
	case !bytes.HasPrefix(bytes.TrimSpace(o.Schema), []byte("{")):
		e.refuse("response_format", "invalid_type", "expected a JSON Schema")
	case e.family.jsonSchema():
		e.key("responseJsonSchema")
		e.value(o.Schema)
	default:
		e.key("responseSchema")
		e.dst = openAPISchema(o.Schema).append(e.dst)
	}
}

// modalities writes the kinds of output asked for.
func (e *requestEncoder) modalities() {
	var list []string
	for _, m := range e.r.Modalities {
		switch m {
		case "text", "image", "audio":
			list = append(list, strings.ToUpper(m))
		default:
			e.drop(llm.FieldModalities)
		}
	}
	e.stringsField("responseModalities", list)
}

// thinking writes how much to think.
func (e *requestEncoder) thinking() {
	r := e.r.Reasoning
	if r == nil {
		return
	}
	off := r.Effort == "none" || r.Budget != nil && *r.Budget == 0
	if !e.family.thinks() || e.t.Facts.Known && !e.t.Facts.Reasoning {
		e.dropIf(llm.FieldReasoning, !off) // a model that cannot think does not think
		return
	}
	before := len(e.dst)
	e.key("thinkingConfig")
	e.raw("{")
	empty := len(e.dst)
	show := !off
	if r.Show != nil {
		show = *r.Show
	}
	if show {
		e.key("includeThoughts")
		e.raw("true")
	}
	if e.family.levels() {
		e.stringField("thinkingLevel", e.level(r))
	} else {
		e.intField("thinkingBudget", e.budget(r))
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:before]
		return
	}
	e.raw("}")
}

// levels are the levels of thinking, the least first.
var levels = []string{"minimal", "low", "medium", "high"}

// level is how much a model that thinks in levels is to think; empty leaves it
// to the model. Thinking cannot be turned off, and not every model has every
// level (https://ai.google.dev/gemini-api/docs/thinking#thinking-levels).
func (e *requestEncoder) level(r *llm.Reasoning) string {
	want := r.Effort
	if r.Budget != nil {
		want = effortOf(*r.Budget)
	}
	switch want {
	case "":
		return ""
	case "none":
		e.drop(llm.FieldReasoning)
		want = levels[0]
	case "xhigh", "max":
		want = "high"
	}
	at := slices.Index(levels, want)
	if at < 0 {
		e.drop(llm.FieldReasoning)
		return ""
	}
	if efforts := e.t.Facts.Efforts; len(efforts) > 0 {
		at = nearest(at, func(i int) bool { return slices.Contains(efforts, levels[i]) })
	} else if e.family.pro {
		at = max(at, 1)
	}
	return strings.ToUpper(levels[at])
}

// nearest is the level next above at that the model has, else next below.
func nearest(at int, has func(int) bool) int {
	for i := at; i < len(levels); i++ {
		if has(i) {
			return i
		}
	}
	for i := at - 1; i >= 0; i-- {
		if has(i) {
			return i
		}
	}
	return at
}

// effortOf is what a budget in tokens amounts to; empty for a negative one,
// which leaves it to the model.
func effortOf(budget int64) string {
	switch {
	case budget < 0:
		return ""
	case budget == 0:
		return "none"
	case budget <= 1024:
		return "low"
	case budget <= 8192:
		return "medium"
	}
	return "high"
}

// effortBudgets are Google's own budgets for OpenAI's efforts, in tokens
// (https://ai.google.dev/gemini-api/docs/openai#thinking). More than high is
// as much as the model can.
var effortBudgets = map[string]int64{
	"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": math.MaxInt32, "max": math.MaxInt32,
}

// budget is how many tokens a model may think; nil leaves it to the model.
func (e *requestEncoder) budget(r *llm.Reasoning) *int64 {
	var n int64
	switch {
	case r.Budget != nil && *r.Budget < 0:
		n = -1
		return &n
	case r.Budget != nil:
		n = *r.Budget
	case r.Effort == "":
		return nil
	default:
		own, ok := effortBudgets[r.Effort]
		if !ok {
			e.drop(llm.FieldReasoning)
			return nil
		}
		n = own
	}
	least, most, canStop := e.family.budgets()
	if n == 0 && canStop {
		return &n
	}
	if bounded := min(max(n, least), most); bounded != n {
		// More than the most is as much as there is; less than the least is not.
		e.dropIf(llm.FieldReasoning, n < least || r.Budget != nil)
		n = bounded
	}
	return &n
}

// appendObjectSchema appends a JSON Schema of a function's parameters, which
// must say that it is an object's even where the caller's does not.
func appendObjectSchema(dst []byte, schema json.RawMessage) []byte {
	list, err := membersOf(schema)
	if err != nil || slices.ContainsFunc(list, func(m member) bool {
		return slices.Contains([]string{"type", "$ref", "anyOf", "oneOf", "allOf"}, m.name)
	}) {
		return append(dst, schema...)
	}
	dst = append(dst, `{"type":"object"`...)
	rest := bytes.TrimSpace(bytes.TrimSpace(schema)[1:])
	if rest[0] != '}' {
		dst = append(dst, ',')
	}
	return append(dst, rest...)
}
