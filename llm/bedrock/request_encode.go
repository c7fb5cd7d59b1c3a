package bedrock

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendRequest appends a request's body. What the target does not take is left
// out and named in the result; a strict target refuses it. Media is never
// fetched: what lies elsewhere than in Amazon's store is left out.
func (Dialect) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	e := requestEncoder{r: r, t: t, dst: dst, family: familyOf(t.Model)}
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
	family family
	dst    []byte
	out    llm.Encoded
	// documents are the names of documents so far.
	documents map[string]int
	// called is set once a message has a tool call or a tool's result.
	called bool
	// schemaTool is the stand-in for a form of the answer, if one is needed.
	schemaTool bool
	// forced is set when some tool must be called.
	forced bool
	// own are the fields of the model's maker, in order.
	own []ownField
	// effort is the effort that stands beside them.
	effort string
	// err is the first reason to refuse. It is an error, not an [*llm.Error],
	// so that nil stays nil.
	err error
}

// ownField is a field of the model's maker.
type ownField struct{ name, value string }

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
	e.prepare()
	e.raw("{")
	system := e.system()
	e.messages(system)
	e.toolConfig()
	thinking := e.thinking()
	e.inference(thinking)
	e.outputConfig()
	e.additional()
	e.identity()
	for _, name := range carriedExtra {
		if v, ok := e.r.Extra[name]; ok {
			e.key(name)
			e.value(v)
			e.out.Extra = append(e.out.Extra, name)
		}
	}
	e.raw("}")
}

// carriedExtra are the fields without a neutral meaning that belong to this
// dialect, but for those of makers.
var carriedExtra = []string{"guardrailConfig", "performanceConfig", "promptVariables", "additionalModelResponseFieldPaths"}

// prepare decides what several places depend on: whether a tool must stand in
// for the form of the answer, and whether some tool must be called.
func (e *requestEncoder) prepare() {
	o := e.r.Output
	if o != nil && o.Type != llm.OutputText && !e.nativeSchema() {
		e.schemaTool = o.Type == llm.OutputJSONSchema && rawjson.KindOf(o.Schema) == rawjson.Object && e.family.names()
		e.dropIf(llm.FieldOutput, !e.schemaTool)
	}
	c := e.r.ToolChoice
	e.forced = e.schemaTool || c != nil && c.Mode == llm.ToolRequired && len(e.r.Tools) > 0 && e.family.chooses()
}

// nativeSchema reports whether the model is held to a schema by itself.
func (e *requestEncoder) nativeSchema() bool {
	o := e.r.Output
	return o != nil && o.Type == llm.OutputJSONSchema && rawjson.KindOf(o.Schema) == rawjson.Object && e.family.schemas(&e.t.Facts)
}

// inference writes what bounds the answer, and how to choose among tokens.
func (e *requestEncoder) inference(thinking thought) {
	before := len(e.dst)
	e.key("inferenceConfig")
	e.raw("{")
	empty := len(e.dst)
	r := e.r
	switch n := r.MaxTokens; {
	case n == nil:
	case *n <= 0 || thinking.bare:
		e.drop(llm.FieldMaxTokens)
	default:
		most := min(*n, math.MaxInt32)
		if limit := e.t.Facts.MaxOutput; limit > 0 {
			most = min(most, limit) // more is refused, though it bounds nothing
		}
		e.intField("maxTokens", &most)
	}
	e.sampling(thinking)
	stop := slices.DeleteFunc(slices.Clone(r.Stop), func(s string) bool { return strings.TrimSpace(s) == "" })
	e.dropIf(llm.FieldStop, len(stop) < len(r.Stop))
	if len(stop) > 0 {
		e.key("stopSequences")
		e.raw("[")
		for _, s := range stop {
			e.item()
			e.str(s)
		}
		e.raw("]")
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:before]
		return
	}
	e.raw("}")
}

// sampling writes how to choose among tokens. Claude takes none of it but topP
// while it thinks, and in its newer versions one of the two.
func (e *requestEncoder) sampling(thinking thought) {
	r := e.r
	fixed := e.t.Facts.NoSampling || thinking.on && e.family.claude() || thinking.bare
	if fixed {
		e.dropIf(llm.FieldTemperature, r.Temperature != nil && *r.Temperature != 1)
		e.dropIf(llm.FieldTopP, r.TopP != nil && *r.TopP != 1)
		e.dropIf(llm.FieldTopK, r.TopK != nil)
		return
	}
	if r.Temperature != nil {
		t := *r.Temperature
		if e.family.claude() || e.family.nova() {
			t = min(max(t, 0), 1)
			e.dropIf(llm.FieldTemperature, t != *r.Temperature)
		}
		e.floatField("temperature", &t)
	}
	if r.TopP != nil && r.Temperature != nil && e.family.oneSampling() {
		e.dropIf(llm.FieldTopP, *r.TopP != 1)
	} else {
		e.floatField("topP", r.TopP)
	}
	switch {
	case r.TopK == nil:
	case e.family.claude() || e.family.maker == makerMistral:
		e.ownField("top_k", strconv.FormatInt(*r.TopK, 10))
	case e.family.nova():
		e.ownField("inferenceConfig", `{"topK":`+strconv.FormatInt(*r.TopK, 10)+`}`)
	default:
		e.drop(llm.FieldTopK)
	}
}

func (e *requestEncoder) ownField(name, value string) {
	e.own = append(e.own, ownField{name, value})
}

// additional writes the fields of the model's maker. Those that the caller gave
// in this dialect come last; what is written already is not written again.
func (e *requestEncoder) additional() {
	own := e.r.Extra["additionalModelRequestFields"]
	carried := rawjson.KindOf(own) == rawjson.Object
	if carried {
		e.out.Extra = append(e.out.Extra, "additionalModelRequestFields")
	}
	if len(e.own) == 0 && !carried {
		return
	}
	e.key("additionalModelRequestFields")
	e.raw("{")
	for _, f := range e.own {
		value := f.value
		if more := member(own, f.name); f.name == "inferenceConfig" && rawjson.KindOf(more) == rawjson.Object {
			// Nova's, which holds more than the one option.
			merged := []byte(value[:len(value)-1])
			for name, v := range members(more) {
				merged = appendMember(merged, name, v)
			}
			value = string(append(merged, '}'))
		}
		e.key(f.name)
		e.raw(value)
	}
	for name, v := range members(own) {
		if !slices.ContainsFunc(e.own, func(f ownField) bool { return f.name == name }) {
			e.key(name)
			e.value(v)
		}
	}
	e.raw("}")
}

// outputConfig writes the form of the answer and the effort to make.
func (e *requestEncoder) outputConfig() {
	native := e.nativeSchema()
	if !native && e.effort == "" {
		return
	}
	e.key("outputConfig")
	e.raw("{")
	if native {
		o := e.r.Output
		e.raw(`"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":`)
		e.str(string(o.Schema))
		if o.Name != "" {
			e.stringField("name", toolName(o.Name))
		}
		e.stringField("description", o.Description)
		e.raw("}}}")
	}
	e.stringField("effort", e.effort)
	e.raw("}")
}

// identity writes how the call is to be served, and reports what the dialect has
// no place for. More than one alternative is refused, for the caller would wait
// for the others.
func (e *requestEncoder) identity() {
	r := e.r
	switch r.ServiceTier {
	case "", "auto":
	case "default", "priority", "flex", "reserved":
		e.raw(`,"serviceTier":{"type":"` + r.ServiceTier + `"}`)
	default:
		e.drop(llm.FieldServiceTier)
	}
	switch {
	case isNull(r.Metadata) || string(r.Metadata) == "{}":
	case textsOnly(r.Metadata):
		e.key("requestMetadata")
		e.value(r.Metadata)
	default:
		e.drop(llm.FieldMetadata)
	}
	if r.N != nil && *r.N > 1 {
		e.refuse(string(llm.FieldN), codeUnsupported, "the target gives one alternative only")
	}
	e.dropIf(llm.FieldFrequencyPenalty, r.FrequencyPenalty != nil && *r.FrequencyPenalty != 0)
	e.dropIf(llm.FieldPresencePenalty, r.PresencePenalty != nil && *r.PresencePenalty != 0)
	e.dropIf(llm.FieldSeed, r.Seed != nil)
	e.dropIf(llm.FieldLogProbs, r.LogProbs != nil && *r.LogProbs)
	e.dropIf(llm.FieldTopLogProbs, r.TopLogProbs != nil && *r.TopLogProbs > 0)
	e.dropIf(llm.FieldLogitBias, !isNull(r.LogitBias))
	e.dropIf(llm.FieldUser, r.User != "")
	e.dropIf(llm.FieldModalities, len(r.Modalities) > 1 || len(r.Modalities) == 1 && r.Modalities[0] != "text")
	e.dropIf(llm.FieldVerbosity, r.Verbosity != "")
	e.dropIf(llm.FieldImageDetail, r.ImageDetail())
}

// textsOnly reports whether all members of an object are texts, as the metadata
// of a request must be.
func textsOnly(v json.RawMessage) bool {
	if rawjson.KindOf(v) != rawjson.Object {
		return false
	}
	for _, m := range members(v) {
		if rawjson.KindOf(m) != rawjson.String {
			return false
		}
	}
	return true
}
