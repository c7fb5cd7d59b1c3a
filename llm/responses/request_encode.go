package responses

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendRequest appends a request's body. What the target does not take is left
// out and named in the result; a strict target refuses it.
//
// Nothing is stored at the provider unless the caller asked for that, and a
// model that thinks is asked for its reasoning in encrypted form, so that it can
// be sent back.
func (Dialect) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	e := requestEncoder{r: r, t: t, vendor: vendors[t.Vendor], dst: dst}
	e.append()
	if e.err != nil {
		return llm.Encoded{}, e.err
	}
	e.out.Body = e.dst
	return e.out, nil
}

// requestEncoder writes one request. Its methods append to dst.
type requestEncoder struct {
	r      *llm.Request
	t      llm.Target
	vendor vendor
	dst    []byte
	out    llm.Encoded
	// effort is how much the target is asked to think, if it was said.
	effort string
	// err is the first reason to refuse.
	err error
}

// drop reports a field that the target does not take.
func (e *requestEncoder) drop(f llm.Field) {
	if e.t.Strict {
		e.refuse(f, "the target does not support this")
		return
	}
	if !slices.Contains(e.out.Dropped, f) {
		e.out.Dropped = append(e.out.Dropped, f)
	}
}

func (e *requestEncoder) refuse(f llm.Field, why string) {
	if e.err == nil {
		e.err = llm.Invalid(string(f), codeUnsupported, why)
	}
}

func (e *requestEncoder) dropIf(f llm.Field, set bool) {
	if set {
		e.drop(f)
	}
}

func (e *requestEncoder) raw(s string)            { e.dst = append(e.dst, s...) }
func (e *requestEncoder) value(v json.RawMessage) { e.dst = append(e.dst, v...) }
func (e *requestEncoder) str(s string)            { e.dst = appendString(e.dst, s) }

// comma separates what follows from what stands since the offset empty.
func (e *requestEncoder) comma(empty int) {
	if len(e.dst) > empty {
		e.raw(",")
	}
}

// key begins a member that is not the object's first.
func (e *requestEncoder) key(name string) {
	e.dst = append(append(append(e.dst, `,"`...), name...), `":`...)
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
		e.dst = appendFloat(e.dst, *v)
	}
}

func (e *requestEncoder) boolField(name string, v *bool) {
	if v != nil {
		e.key(name)
		e.dst = strconv.AppendBool(e.dst, *v)
	}
}

// append writes the body. The order of the members is fixed, for a provider's
// prompt cache goes by bytes.
func (e *requestEncoder) append() {
	e.raw(`{"model":`)
	e.str(e.t.Model)
	e.input()
	e.tools()
	e.text()
	e.reasoning()
	e.limits()
	e.sampling()
	e.include()
	e.identity()
	e.extras()
	if e.r.Stream {
		e.raw(`,"stream":true`)
	}
	e.raw("}")
}

// reasons reports whether the target thinks before it answers.
func (e *requestEncoder) reasons() bool {
	if e.t.Facts.Known {
		return e.t.Facts.Reasoning
	}
	return reasons(e.t.Model)
}

// text writes the form that the answer's text must take.
func (e *requestEncoder) text() {
	verbosity := e.r.Verbosity
	if verbosity != "" && !e.vendor.verbosity {
		e.drop(llm.FieldVerbosity)
		verbosity = ""
	}
	o := e.r.Output
	if o == nil && verbosity == "" {
		return
	}
	e.raw(`,"text":{`)
	if o != nil {
		e.outputFormat(o)
	}
	if verbosity != "" {
		if o != nil {
			e.raw(",")
		}
		e.raw(`"verbosity":`)
		e.str(verbosity)
	}
	e.raw("}")
}

func (e *requestEncoder) outputFormat(o *llm.OutputFormat) {
	switch o.Type {
	case llm.OutputJSON:
		e.raw(`"format":{"type":"json_object"}`)
	case llm.OutputJSONSchema:
		name := o.Name
		if name == "" {
			name = "response"
		}
		e.raw(`"format":{"type":"json_schema","name":`)
		e.str(toolName(name))
		e.stringField("description", o.Description)
		e.key("schema")
		if len(o.Schema) > 0 {
			e.value(o.Schema)
		} else {
			e.raw("{}")
		}
		e.boolField("strict", o.Strict)
		e.raw("}")
	default:
		e.raw(`"format":{"type":"text"}`)
	}
}

// reasoning writes how much to think and whether to show it.
func (e *requestEncoder) reasoning() {
	r := e.r.Reasoning
	if r == nil {
		return
	}
	effort := r.Effort
	if r.Budget != nil && effort == "" && *r.Budget >= 0 {
		effort = budgetEffort(*r.Budget)
	}
	show := r.Show != nil && *r.Show
	if effort == "" && !show {
		return
	}
	if e.t.Facts.Known && !e.t.Facts.Reasoning {
		if effort != "none" { // a model that cannot think does not think
			e.drop(llm.FieldReasoning)
		}
		return
	}
	near := nearestEffort(effort, e.t.Facts.Efforts)
	if near != effort {
		e.drop(llm.FieldReasoning)
	}
	e.raw(`,"reasoning":{`)
	if near != "" {
		e.raw(`"effort":`)
		e.str(near)
	}
	if show {
		if near != "" {
			e.raw(",")
		}
		e.raw(`"summary":"auto"`)
	}
	e.raw("}")
	e.effort = near
}

// leastOutput is the least that OpenAI lets an answer be bounded to.
const leastOutput = 16

// limits writes what bounds the answer. There is one alternative and no stop
// sequence in this dialect.
func (e *requestEncoder) limits() {
	if m := e.r.MaxTokens; m != nil && e.vendor.own && *m < leastOutput {
		e.drop(llm.FieldMaxTokens)
		least := int64(leastOutput)
		e.intField("max_output_tokens", &least)
	} else {
		e.intField("max_output_tokens", m)
	}
	if e.r.N != nil && *e.r.N != 1 {
		e.refuse(llm.FieldN, "the target gives one answer only")
	}
	e.dropIf(llm.FieldStop, slices.ContainsFunc(e.r.Stop, func(s string) bool { return s != "" }))
}

// sampling writes how to choose among tokens. Models that think refuse all of
// it, except where thinking is off. Defaults may be left out without a word.
func (e *requestEncoder) sampling() {
	r := e.r
	e.dropIf(llm.FieldTopK, r.TopK != nil)
	e.dropIf(llm.FieldFrequencyPenalty, r.FrequencyPenalty != nil && *r.FrequencyPenalty != 0)
	e.dropIf(llm.FieldPresencePenalty, r.PresencePenalty != nil && *r.PresencePenalty != 0)
	e.dropIf(llm.FieldSeed, r.Seed != nil)
	e.dropIf(llm.FieldLogitBias, len(r.LogitBias) > 0)
	if e.refusesSampling() {
		e.dropIf(llm.FieldTemperature, r.Temperature != nil && *r.Temperature != 1)
		e.dropIf(llm.FieldTopP, r.TopP != nil && *r.TopP != 1)
		e.dropIf(llm.FieldLogProbs, r.LogProbs != nil && *r.LogProbs)
		e.dropIf(llm.FieldTopLogProbs, r.TopLogProbs != nil && *r.TopLogProbs != 0)
		return
	}
	e.floatField("temperature", r.Temperature)
	e.floatField("top_p", r.TopP)
	e.intField("top_logprobs", r.TopLogProbs)
}

func (e *requestEncoder) refusesSampling() bool {
	refused := e.t.Facts.NoSampling || !e.t.Facts.Known && reasons(e.t.Model)
	return refused && e.effort != "none"
}

// include writes what the answer is to hold beside its text. A model that does
// not think refuses to encrypt its reasoning.
func (e *requestEncoder) include() {
	var names []string
	if e.vendor.encrypts && e.reasons() && !e.stored() {
		names = append(names, includeEncrypted)
	}
	if p := e.r.LogProbs; p != nil && *p && !e.refusesSampling() {
		names = append(names, includeLogProbs)
	}
	if v, ok := e.r.Extra["include"]; ok {
		e.out.Extra = append(e.out.Extra, "include")
		for _, name := range elements(v) {
			if rawjson.KindOf(name) == rawjson.String {
				names = append(names, text(name))
			}
		}
	}
	if len(names) == 0 {
		return
	}
	e.key("include")
	e.raw("[")
	empty := len(e.dst)
	for _, name := range names {
		e.comma(empty)
		e.str(name)
	}
	e.raw("]")
}

// stored reports whether the caller wants the answer to be stored.
func (e *requestEncoder) stored() bool { return rawjson.True(e.r.Extra["store"]) }

// identity writes who calls and how the call is to be served.
func (e *requestEncoder) identity() {
	r := e.r
	e.stringField("user", r.User)
	if e.vendor.own && len(r.Metadata) > 0 {
		e.key("metadata")
		e.value(r.Metadata)
	} else {
		e.dropIf(llm.FieldMetadata, len(r.Metadata) > 0)
	}
	if e.vendor.tiers && slices.Contains(serviceTiers, r.ServiceTier) {
		e.stringField("service_tier", r.ServiceTier)
	} else {
		e.dropIf(llm.FieldServiceTier, r.ServiceTier != "")
	}
	e.dropIf(llm.FieldModalities, slices.ContainsFunc(r.Modalities, func(m string) bool { return m != "text" }))
}

// extras writes the fields of this dialect that have no neutral meaning. Those
// of other dialects are not known to mean the same here.
func (e *requestEncoder) extras() {
	e.key("store")
	e.dst = strconv.AppendBool(e.dst, e.stored())
	if _, ok := e.r.Extra["store"]; ok {
		e.out.Extra = append(e.out.Extra, "store")
	}
	for _, name := range carriedExtra {
		if v, ok := e.r.Extra[name]; ok {
			e.key(name)
			e.value(v)
			e.out.Extra = append(e.out.Extra, name)
		}
	}
}
