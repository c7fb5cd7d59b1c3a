package gemini

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendRequest appends a request's body. What the target does not take is left
// out and named in the result; a strict target refuses it. Media is never
// fetched: addresses go to Google as they are.
func (Dialect) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	e := requestEncoder{r: r, t: t, family: familyOf(t.Model), dst: dst}
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
	// listing is set while the list of tools is open.
	listing bool
	// err is the first reason to refuse. It is an error, not an [*llm.Error],
	// so that nil stays nil.
	err error
}

// drop reports a field that the target does not take.
func (e *requestEncoder) drop(f llm.Field) {
	if e.t.Strict {
		e.refuse(string(f), "unsupported_parameter", "the target does not support this")
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

func (e *requestEncoder) stringsField(name string, list []string) {
	if len(list) == 0 {
		return
	}
	e.key(name)
	e.raw("[")
	for _, s := range list {
		e.item()
		e.str(s)
	}
	e.raw("]")
}

// append writes the body. The order of the members is fixed, for a provider's
// prompt cache goes by bytes.
func (e *requestEncoder) append() {
	e.raw("{")
	cached := e.extra("cachedContent", "cached_content")
	if cached {
		// The cache holds these already, and Google refuses them beside it.
		e.dropIf(llm.FieldTools, len(e.r.Tools) > 0)
		e.dropIf(llm.FieldToolChoice, e.r.ToolChoice != nil)
	} else {
		e.system()
	}
	e.contents()
	if !cached {
		e.tools()
	}
	e.extra("safetySettings", "safety_settings")
	e.generationConfig()
	e.identity()
	e.raw("}")
}

// vertex reports whether the target is Vertex AI, which knows fields that AI
// Studio refuses and the other way round.
func (e *requestEncoder) vertex() bool { return e.t.Vendor == "vertex" }

// extra writes a field that has no neutral meaning, under its first name, and
// reports whether the caller set it.
func (e *requestEncoder) extra(names ...string) bool {
	for _, name := range names {
		v, ok := e.r.Extra[name]
		if !ok || !saysSomething(v) {
			continue
		}
		e.key(names[0])
		e.value(v)
		e.out.Extra = append(e.out.Extra, name)
		return true
	}
	return false
}

func saysSomething(v json.RawMessage) bool { return len(v) > 0 && string(v) != "null" }

// serviceTiers are Google's words for OpenAI's tiers.
var serviceTiers = map[string]string{
	"default": "standard", "standard": "standard", "flex": "flex", "priority": "priority",
}

// identity writes who calls and how the call is to be served.
func (e *requestEncoder) identity() {
	r := e.r
	if e.vertex() {
		e.extra("labels")
		e.extra("modelArmorConfig", "model_armor_config")
	}
	if tier, ok := serviceTiers[r.ServiceTier]; ok {
		e.stringField("serviceTier", tier)
	} else {
		e.dropIf(llm.FieldServiceTier, r.ServiceTier != "" && r.ServiceTier != "auto")
	}
	e.dropIf(llm.FieldLogitBias, saysSomething(r.LogitBias))
	e.dropIf(llm.FieldUser, r.User != "")
	e.dropIf(llm.FieldMetadata, saysSomething(r.Metadata))
	e.dropIf(llm.FieldVerbosity, r.Verbosity != "")
	e.dropIf(llm.FieldImageDetail, r.ImageDetail())
}

// system gathers what the system says, wherever it says it.
func (e *requestEncoder) system() {
	open := false
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if m.Role != llm.RoleSystem {
			continue
		}
		e.dropIf(llm.FieldName, m.Name != "")
		for j := range m.Parts {
			p := &m.Parts[j]
			if p.Kind != llm.PartText {
				e.drop(fieldOf(p.Kind))
				continue
			}
			if p.Text == "" {
				continue
			}
			if !open {
				e.key("systemInstruction")
				e.raw(`{"parts":[`)
				open = true
			}
			e.dropIf(llm.FieldCacheControl, p.Cache != nil)
			e.item()
			e.raw(`{"text":`)
			e.str(p.Text)
			e.raw("}")
		}
	}
	if open {
		e.raw("]}")
	}
}

// fieldOf is the field that is lost with a part of a kind.
func fieldOf(k llm.PartKind) llm.Field {
	switch k {
	case llm.PartImage:
		return llm.FieldImage
	case llm.PartDocument:
		return llm.FieldDocument
	case llm.PartAudio:
		return llm.FieldAudio
	case llm.PartVideo:
		return llm.FieldVideo
	case llm.PartReasoning, llm.PartRedacted:
		return llm.FieldReasoningHistory
	}
	return llm.FieldOpaque
}
