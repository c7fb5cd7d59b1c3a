package openai

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// AppendRequest appends a request's body. What the target does not take is left
// out and named in the result; a strict target refuses it.
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
	// err is the first reason to refuse.
	err error
	// pending are images and files of tool results, which only a user may send.
	pending []llm.Part
}

// drop reports a field that the target does not take.
func (e *requestEncoder) drop(f llm.Field) {
	if e.t.Strict {
		if e.err == nil {
			e.err = llm.Invalid(string(f), "unsupported_parameter", "the target does not support this")
		}
		return
	}
	if !slices.Contains(e.out.Dropped, f) {
		e.out.Dropped = append(e.out.Dropped, f)
	}
}

func (e *requestEncoder) raw(s string)            { e.dst = append(e.dst, s...) }
func (e *requestEncoder) value(v json.RawMessage) { e.dst = append(e.dst, v...) }
func (e *requestEncoder) str(s string)            { e.dst = appendString(e.dst, s) }

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
	e.key("messages")
	e.messages()
	e.tools()
	e.outputFormat()
	effort := e.reasoning()
	e.limits()
	e.sampling(effort)
	e.identity()
	e.extras()
	if e.r.Stream {
		e.raw(`,"stream":true`)
		if e.r.IncludeUsage && !e.vendor.noStreamOptions {
			e.raw(`,"stream_options":{"include_usage":true}`)
		}
	}
	e.raw("}")
}

// reasons reports whether the target thinks before it answers, as OpenAI's
// newer models do.
func (e *requestEncoder) reasons() bool {
	return familyOf(e.t.Model).reasons || e.vendor.own && e.t.Facts.Known && e.t.Facts.Reasoning
}

// reasoning writes how much to think and returns the effort, if any.
func (e *requestEncoder) reasoning() string {
	r := e.r.Reasoning
	if r == nil {
		return ""
	}
	effort := r.Effort
	if r.Budget != nil && effort == "" && *r.Budget >= 0 {
		effort = budgetEffort(*r.Budget)
	}
	if effort == "" {
		return ""
	}
	if e.t.Facts.Known && !e.t.Facts.Reasoning {
		if effort != "none" { // a model that cannot think does not think
			e.drop(llm.FieldReasoning)
		}
		return ""
	}
	near := nearestEffort(effort, e.t.Facts.Efforts)
	if near != effort {
		e.drop(llm.FieldReasoning)
	}
	e.stringField("reasoning_effort", near)
	return near
}

// limits writes what bounds the answer.
func (e *requestEncoder) limits() {
	name := "max_tokens"
	if e.reasons() {
		name = "max_completion_tokens"
	}
	e.intField(name, e.r.MaxTokens)
	if e.r.N != nil && *e.r.N != 1 {
		e.intField("n", e.r.N)
	}
	e.stop()
}

// stop writes the stop sequences; the dialect takes four.
func (e *requestEncoder) stop() {
	const most = 4
	stop := slices.DeleteFunc(slices.Clone(e.r.Stop), func(s string) bool { return s == "" })
	if len(stop) == 0 {
		return
	}
	if e.vendor.own && e.reasons() {
		e.drop(llm.FieldStop)
		return
	}
	if len(stop) > most {
		e.drop(llm.FieldStop)
		stop = stop[:most]
	}
	e.key("stop")
	e.strings(stop)
}

func (e *requestEncoder) strings(list []string) {
	for i, s := range list {
		e.raw([]string{"[", ","}[min(i, 1)])
		e.str(s)
	}
	e.raw("]")
}

// sampling writes how to choose among tokens. Models that think refuse all of
// it, except where thinking is off.
func (e *requestEncoder) sampling(effort string) {
	r := e.r
	refused := e.t.Facts.NoSampling || !e.t.Facts.Known && familyOf(e.t.Model).reasons
	if refused && effort != "none" {
		// The defaults may be left out without a word.
		e.dropIf(llm.FieldTemperature, r.Temperature != nil && *r.Temperature != 1)
		e.dropIf(llm.FieldTopP, r.TopP != nil && *r.TopP != 1)
		e.dropIf(llm.FieldTopK, r.TopK != nil)
		e.dropIf(llm.FieldFrequencyPenalty, r.FrequencyPenalty != nil && *r.FrequencyPenalty != 0)
		e.dropIf(llm.FieldPresencePenalty, r.PresencePenalty != nil && *r.PresencePenalty != 0)
		e.dropIf(llm.FieldLogProbs, r.LogProbs != nil && *r.LogProbs)
		e.dropIf(llm.FieldTopLogProbs, r.TopLogProbs != nil)
		e.dropIf(llm.FieldLogitBias, len(r.LogitBias) > 0)
		e.seed()
		return
	}
	e.floatField("temperature", r.Temperature)
	e.floatField("top_p", r.TopP)
	if e.vendor.topK {
		e.intField("top_k", r.TopK)
	} else {
		e.dropIf(llm.FieldTopK, r.TopK != nil)
	}
	e.floatField("frequency_penalty", r.FrequencyPenalty)
	e.floatField("presence_penalty", r.PresencePenalty)
	e.seed()
	if e.vendor.mistral {
		e.dropIf(llm.FieldLogProbs, r.LogProbs != nil && *r.LogProbs)
		e.dropIf(llm.FieldTopLogProbs, r.TopLogProbs != nil)
		e.dropIf(llm.FieldLogitBias, len(r.LogitBias) > 0)
		return
	}
	e.boolField("logprobs", r.LogProbs)
	e.intField("top_logprobs", r.TopLogProbs)
	if len(r.LogitBias) > 0 {
		e.key("logit_bias")
		e.value(r.LogitBias)
	}
}

func (e *requestEncoder) dropIf(f llm.Field, set bool) {
	if set {
		e.drop(f)
	}
}

func (e *requestEncoder) seed() {
	if e.vendor.mistral {
		e.intField("random_seed", e.r.Seed)
		return
	}
	e.intField("seed", e.r.Seed)
}

// identity writes who calls and how the call is to be served.
func (e *requestEncoder) identity() {
	r := e.r
	if e.vendor.mistral {
		e.dropIf(llm.FieldUser, r.User != "")
	} else {
		e.stringField("user", r.User)
	}
	if e.vendor.own && len(r.Metadata) > 0 {
		e.key("metadata")
		e.value(r.Metadata)
	} else {
		e.dropIf(llm.FieldMetadata, len(r.Metadata) > 0)
	}
	tiered := e.vendor.own || e.t.Vendor == "groq" || e.t.Vendor == "openrouter"
	if tiered && slices.Contains(serviceTiers, r.ServiceTier) {
		e.stringField("service_tier", r.ServiceTier)
	} else {
		e.dropIf(llm.FieldServiceTier, r.ServiceTier != "")
	}
	onlyText := len(r.Modalities) == 1 && r.Modalities[0] == "text"
	switch {
	case len(r.Modalities) == 0 || onlyText && !e.vendor.own:
	case e.vendor.mistral:
		e.drop(llm.FieldModalities)
	default:
		e.key("modalities")
		e.strings(r.Modalities)
	}
	if e.vendor.own || e.t.Vendor == "openrouter" {
		e.stringField("verbosity", r.Verbosity)
	} else {
		e.dropIf(llm.FieldVerbosity, r.Verbosity != "")
	}
}

// extras writes the fields of this dialect that have no neutral meaning. Those
// of other dialects are not known to mean the same here.
func (e *requestEncoder) extras() {
	if e.vendor.mistral {
		return
	}
	for _, name := range carriedExtra {
		if v, ok := e.r.Extra[name]; ok {
			e.key(name)
			e.value(v)
			e.out.Extra = append(e.out.Extra, name)
		}
	}
}

// outputFormat writes the form that the answer must take.
func (e *requestEncoder) outputFormat() {
	o := e.r.Output
	if o == nil {
		return
	}
	switch o.Type {
	case llm.OutputText:
		e.raw(`,"response_format":{"type":"text"}`)
	case llm.OutputJSON:
		e.raw(`,"response_format":{"type":"json_object"}`)
	case llm.OutputJSONSchema:
		name := o.Name
		if name == "" {
			name = "response"
		}
		e.raw(`,"response_format":{"type":"json_schema","json_schema":{"name":`)
		e.str(toolName(name))
		e.stringField("description", o.Description)
		if len(o.Schema) > 0 {
			e.key("schema")
			e.value(o.Schema)
		}
		e.boolField("strict", o.Strict)
		e.raw("}}")
	}
}
