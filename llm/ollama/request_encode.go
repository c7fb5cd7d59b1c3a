package ollama

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendRequest appends a request's body. What the target does not take is left
// out and named in the result; a strict target refuses it.
func (Dialect) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	e := requestEncoder{r: r, t: t, dst: dst}
	e.append()
	if e.err != nil {
		return llm.Encoded{}, e.err
	}
	e.out.Body = e.dst
	return e.out, nil
}

// requestEncoder writes one request. Its methods append to dst.
type requestEncoder struct {
	r   *llm.Request
	t   llm.Target
	dst []byte
	out llm.Encoded
	// names are the names of the tool calls so far by their ids.
	names map[string]string
	// pending is what tools gave back beside text, for the next message.
	pending []pendingResult
	// err is the first reason to refuse. It is an error, not an [*llm.Error],
	// so that nil stays nil.
	err error
}

// drop reports a field that the target does not take.
func (e *requestEncoder) drop(f llm.Field) {
	if e.t.Strict {
		e.refuse(string(f), codeUnsupported, "the target does not support this")
		return
	}
	if !slices.Contains(e.out.Dropped, f) {
		e.out.Dropped = append(e.out.Dropped, f)
	}
}

func (e *requestEncoder) dropIf(f llm.Field, set bool) {
	if set {
		e.drop(f)
	}
}

func (e *requestEncoder) refuse(at, code, message string) {
	if e.err == nil {
		e.err = llm.Invalid(at, code, message)
	}
}

func (e *requestEncoder) raw(s string)            { e.dst = append(e.dst, s...) }
func (e *requestEncoder) value(v json.RawMessage) { e.dst = append(e.dst, v...) }
func (e *requestEncoder) str(s string)            { e.dst = rawjson.AppendQuote(e.dst, s) }

// key begins a member of the object that is open.
func (e *requestEncoder) key(name string) {
	if e.dst[len(e.dst)-1] != '{' {
		e.raw(",")
	}
	e.str(name)
	e.raw(":")
}

// item begins an element of the list that is open.
func (e *requestEncoder) item() {
	if e.dst[len(e.dst)-1] != '[' {
		e.raw(",")
	}
}

func (e *requestEncoder) stringField(name, value string) {
	if value != "" {
		e.key(name)
		e.str(value)
	}
}

func (e *requestEncoder) intField(name string, v *int64) {
	if v != nil {
		e.key(name)
		e.dst = strconv.AppendInt(e.dst, *v, 10)
	}
}

func (e *requestEncoder) floatField(name string, v *float64) {
	if v != nil {
		e.key(name)
		e.dst = strconv.AppendFloat(e.dst, *v, 'g', -1, 64)
	}
}

// append writes the body. The order of the members is fixed.
func (e *requestEncoder) append() {
	e.raw("{")
	e.key("model")
	e.str(e.t.Model)
	e.messages()
	e.tools()
	e.outputFormat()
	e.thinking()
	e.options()
	e.logProbs()
	e.foreign()
	for _, name := range carriedExtra {
		if v, ok := e.r.Extra[name]; ok {
			e.key(name)
			e.value(v)
			e.out.Extra = append(e.out.Extra, name)
		}
	}
	e.key("stream") // which is the default
	e.dst = strconv.AppendBool(e.dst, e.r.Stream)
	e.raw("}")
}

// carriedExtra are the fields without a neutral meaning that belong to this
// dialect, but for the options.
var carriedExtra = []string{"keep_alive", "truncate", "shift"}

// outputFormat writes the form that the answer must take.
func (e *requestEncoder) outputFormat() {
	o := e.r.Output
	switch {
	case o == nil || o.Type == llm.OutputText:
	case o.Type == llm.OutputJSONSchema && rawjson.KindOf(o.Schema) == rawjson.Object:
		e.key("format")
		e.value(o.Schema)
	default:
		e.key("format")
		e.raw(`"json"`)
	}
}

// thinking writes whether to think. Only gpt-oss thinks in levels, and it cannot
// be told not to; for any other model the server refuses a level.
func (e *requestEncoder) thinking() {
	r := e.r.Reasoning
	if r == nil {
		return
	}
	effort := r.Effort
	if r.Budget != nil {
		effort = effortOf(*r.Budget)
	}
	off := effort == "none"
	switch {
	case e.t.Facts.Known && !e.t.Facts.Reasoning:
		e.dropIf(llm.FieldReasoning, !off && effort != "") // a model that cannot think does not think
	case effort == "" && r.Budget == nil:
	case strings.Contains(strings.ToLower(e.t.Model), "gpt-oss"):
		e.dropIf(llm.FieldReasoning, off)
		if level := gptOSSLevels[effort]; level != "" {
			e.key("think")
			e.str(level)
		}
	default:
		e.key("think")
		e.dst = strconv.AppendBool(e.dst, !off)
	}
}

var gptOSSLevels = map[string]string{
	"none": "low", "minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high",
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

// options writes how to generate. Options that the caller gave in this dialect
// and that mean nothing elsewhere come last.
func (e *requestEncoder) options() {
	before := len(e.dst)
	e.key("options")
	e.raw("{")
	empty := len(e.dst)
	r := e.r
	if n := r.MaxTokens; n != nil && *n <= 0 {
		e.drop(llm.FieldMaxTokens) // it would mean that there is no bound
	} else {
		e.intField("num_predict", n)
	}
	e.floatField("temperature", r.Temperature)
	e.floatField("top_p", r.TopP)
	e.intField("top_k", r.TopK)
	e.intField("seed", r.Seed)
	e.floatField("frequency_penalty", r.FrequencyPenalty)
	e.floatField("presence_penalty", r.PresencePenalty)
	stop := slices.DeleteFunc(slices.Clone(r.Stop), func(s string) bool { return s == "" })
	if len(stop) > 0 {
		e.key("stop")
		e.raw("[")
		for _, s := range stop {
			e.item()
			e.str(s)
		}
		e.raw("]")
	}
	if own, ok := r.Extra["options"]; ok && rawjson.KindOf(own) == rawjson.Object {
		e.out.Extra = append(e.out.Extra, "options")
		for name, v := range members(own) {
			if !slices.Contains(neutralOptions, name) {
				e.key(name)
				e.value(v)
			}
		}
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:before]
		return
	}
	e.raw("}")
}

func (e *requestEncoder) logProbs() {
	r := e.r
	if r.LogProbs == nil || !*r.LogProbs {
		e.dropIf(llm.FieldTopLogProbs, r.TopLogProbs != nil && *r.TopLogProbs > 0)
		return
	}
	e.key("logprobs")
	e.raw("true")
	e.intField("top_logprobs", r.TopLogProbs)
}

// foreign reports what the dialect has no place for. More than one alternative
// is refused, for the caller would wait for the others.
func (e *requestEncoder) foreign() {
	r := e.r
	if r.N != nil && *r.N > 1 {
		e.refuse(string(llm.FieldN), codeUnsupported, "the target gives one alternative only")
	}
	e.dropIf(llm.FieldLogitBias, !isNull(r.LogitBias))
	e.dropIf(llm.FieldUser, r.User != "")
	e.dropIf(llm.FieldMetadata, !isNull(r.Metadata))
	e.dropIf(llm.FieldServiceTier, r.ServiceTier != "" && r.ServiceTier != "auto" && r.ServiceTier != "default")
	e.dropIf(llm.FieldModalities, len(r.Modalities) > 1 || len(r.Modalities) == 1 && r.Modalities[0] != "text")
	e.dropIf(llm.FieldVerbosity, r.Verbosity != "")
	e.dropIf(llm.FieldImageDetail, r.ImageDetail())
}
