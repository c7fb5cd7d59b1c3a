package cohere

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendRequest appends a request's body. What the target does not take is left
// out and named in the result; a strict target refuses it.
func (Dialect) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	e := requestEncoder{r: r, t: t, dst: dst, model: familyOf(t)}
	e.append()
	if e.err != nil {
		return llm.Encoded{}, e.err
	}
	e.out.Body = e.dst
	return e.out, nil
}

// requestEncoder writes one request. Its methods append to dst.
type requestEncoder struct {
	r     *llm.Request
	t     llm.Target
	model family
	dst   []byte
	out   llm.Encoded
	// calls are the ids of the tool calls so far.
	calls map[string]bool
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

// append writes the body. The order of the members is fixed, for a provider's
// prompt cache goes by bytes.
func (e *requestEncoder) append() {
	e.raw("{")
	e.key("model")
	e.str(e.t.Model)
	e.messages()
	tools := e.tools()
	e.outputFormat(tools)
	e.thinking()
	e.limits()
	e.sampling()
	e.foreign()
	for _, name := range carriedExtra {
		if v, ok := e.r.Extra[name]; ok {
			e.key(name)
			e.value(v)
			e.out.Extra = append(e.out.Extra, name)
		}
	}
	if e.r.Stream {
		e.raw(`,"stream":true`)
	}
	e.raw("}")
}

// carriedExtra are the fields without a neutral meaning that belong to this
// dialect.
var carriedExtra = []string{"documents", "citation_options", "safety_mode", "priority"}

// outputFormat writes the form that the answer must take, which does not go
// together with tools.
func (e *requestEncoder) outputFormat(tools bool) {
	o := e.r.Output
	if o == nil || o.Type == llm.OutputText {
		return
	}
	if tools {
		e.drop(llm.FieldOutput)
		return
	}
	e.raw(`,"response_format":{"type":"json_object"`)
	if o.Type == llm.OutputJSONSchema && rawjson.KindOf(o.Schema) == rawjson.Object {
		e.key("json_schema")
		e.value(o.Schema)
	}
	e.raw("}")
}

// limits writes what bounds the answer.
func (e *requestEncoder) limits() {
	const mostStops = 5
	r := e.r
	if n := r.MaxTokens; n != nil && *n <= 0 {
		e.drop(llm.FieldMaxTokens)
	} else {
		e.intField("max_tokens", n)
	}
	stop := slices.DeleteFunc(slices.Clone(r.Stop), func(s string) bool { return s == "" })
	if len(stop) > mostStops {
		e.drop(llm.FieldStop)
		stop = stop[:mostStops]
	}
	if len(stop) == 0 {
		return
	}
	e.key("stop_sequences")
	e.raw("[")
	for _, s := range stop {
		e.item()
		e.str(s)
	}
	e.raw("]")
}

// sampling writes how to choose among tokens, within Cohere's bounds. To choose
// among all of them, which is what most callers mean by 1, is 0.99 there, while
// leaving it out would choose among fewer.
func (e *requestEncoder) sampling() {
	const leastP, mostP, mostK = 0.01, 0.99, 500
	r := e.r
	e.floatField("temperature", r.Temperature)
	if r.TopP != nil {
		p := min(max(*r.TopP, leastP), mostP)
		e.dropIf(llm.FieldTopP, *r.TopP < 0 || *r.TopP > 1)
		e.floatField("p", &p)
	}
	if r.TopK != nil {
		k := min(max(*r.TopK, 0), mostK)
		e.dropIf(llm.FieldTopK, k != *r.TopK)
		e.intField("k", &k)
	}
	if r.Seed != nil && *r.Seed < 0 {
		e.drop(llm.FieldSeed)
	} else {
		e.intField("seed", r.Seed)
	}
	e.penalty("frequency_penalty", llm.FieldFrequencyPenalty, r.FrequencyPenalty)
	e.penalty("presence_penalty", llm.FieldPresencePenalty, r.PresencePenalty)
	if r.LogProbs != nil && *r.LogProbs {
		e.key("logprobs")
		e.raw("true")
	}
	e.dropIf(llm.FieldTopLogProbs, r.TopLogProbs != nil && *r.TopLogProbs > 0)
}

// penalty writes a penalty, which Cohere has between 0 and 1.
func (e *requestEncoder) penalty(name string, f llm.Field, v *float64) {
	if v == nil {
		return
	}
	p := min(max(*v, 0), 1)
	e.dropIf(f, p != *v)
	e.floatField(name, &p)
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
}
