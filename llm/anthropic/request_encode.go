package anthropic

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

// AppendRequest appends a request's body. What the target does not take is left
// out and named in the result; a strict target refuses it. Media is never
// fetched: addresses go to Anthropic as they are.
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
	// system and turns are the conversation as it is to be written.
	system []said
	turns  []turn
	// calls are the ids of the tool calls of the last turn of the model.
	calls []string
	// maxTokens bounds the answer.
	maxTokens int64
	// thinking, format and choice are how the model is to think, in which form
	// to answer, and what tools to call. They depend on one another.
	thinking thinking
	format   format
	choice   choice
	// files is set once a file of Anthropic's own is referred to.
	files bool
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
func (e *requestEncoder) str(s string)            { e.dst = appendString(e.dst, s) }

// key begins a member that is not the object's first.
func (e *requestEncoder) key(name string) {
	e.dst = append(append(append(e.dst, `,"`...), name...), `":`...)
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

// append writes the body. The order of the members is fixed, for equal requests
// give equal bytes.
func (e *requestEncoder) append() {
	if n := e.r.N; n != nil && *n != 1 {
		e.refuse(string(llm.FieldN), "unsupported_parameter", "the target gives one answer to a call")
		return
	}
	e.limit()
	e.plan()
	e.converse()
	if e.err != nil {
		return
	}
	e.raw(`{"model":`)
	e.str(e.t.Model)
	e.key("max_tokens")
	e.dst = strconv.AppendInt(e.dst, e.maxTokens, 10)
	if len(e.system) > 0 {
		e.key("system")
		e.blocks(e.system)
	}
	e.tools()
	e.messages()
	e.outputConfig()
	e.writeThinking()
	e.sampling()
	e.stop()
	e.identity()
	e.extras()
	if e.r.Stream {
		e.raw(`,"stream":true`)
	}
	e.raw("}")
	e.betas()
}

// limit finds the bound on the answer, which Anthropic always wants.
func (e *requestEncoder) limit() {
	most := e.t.Facts.MaxOutput
	if n := e.r.MaxTokens; n != nil && *n > 0 {
		e.maxTokens = *n
		if most > 0 && *n > most {
			e.drop(llm.FieldMaxTokens)
			e.maxTokens = most
		}
		return
	}
	if e.maxTokens = most; most <= 0 {
		e.maxTokens = e.family.defaultMaxTokens()
	}
}

// sampling writes how to choose among tokens. The defaults may be left out
// without a word.
func (e *requestEncoder) sampling() {
	r := e.r
	temperature, topP, topK := r.Temperature, r.TopP, r.TopK
	if temperature != nil && (*temperature > 1 || *temperature < 0) {
		e.drop(llm.FieldTemperature)
		t := min(max(*temperature, 0), 1)
		temperature = &t
	}
	if topK != nil && *topK < 1 { // not restricted at all
		topK = nil
	}
	const leastTopP = 0.95 // beside thinking
	none, thinks := noSampling(&e.t, e.family), e.thinking.on()
	if temperature != nil && (none || thinks) {
		e.dropIf(llm.FieldTemperature, *temperature != 1)
		temperature = nil
	}
	if topP != nil && (none || thinks && *topP < leastTopP || temperature != nil && e.family.oneSampling()) {
		e.dropIf(llm.FieldTopP, *topP != 1)
		topP = nil
	}
	if topK != nil && (none || thinks) {
		e.drop(llm.FieldTopK)
		topK = nil
	}
	e.floatField("temperature", temperature)
	e.floatField("top_p", topP)
	if topK != nil {
		e.key("top_k")
		e.dst = strconv.AppendInt(e.dst, *topK, 10)
	}
	e.dropIf(llm.FieldFrequencyPenalty, r.FrequencyPenalty != nil && *r.FrequencyPenalty != 0)
	e.dropIf(llm.FieldPresencePenalty, r.PresencePenalty != nil && *r.PresencePenalty != 0)
	e.dropIf(llm.FieldSeed, r.Seed != nil)
	e.dropIf(llm.FieldLogProbs, r.LogProbs != nil && *r.LogProbs)
	e.dropIf(llm.FieldTopLogProbs, r.TopLogProbs != nil && *r.TopLogProbs > 0)
	e.dropIf(llm.FieldLogitBias, saysSomething(r.LogitBias))
}

func (e *requestEncoder) floatField(name string, v *float64) {
	if v != nil {
		e.key(name)
		e.dst = appendFloat(e.dst, *v)
	}
}

// stop writes the stop sequences, of which each must have something to see.
func (e *requestEncoder) stop() {
	n := 0
	for _, s := range e.r.Stop {
		if strings.TrimSpace(s) == "" {
			e.drop(llm.FieldStop)
			continue
		}
		if n == 0 {
			e.key("stop_sequences")
			e.raw("[")
		}
		n++
		e.item()
		e.str(s)
	}
	if n > 0 {
		e.raw("]")
	}
}

// maxUserID is the length of the longest user id that Anthropic takes, in
// characters.
const maxUserID = 256

// identity writes who calls and how the call is to be served.
func (e *requestEncoder) identity() {
	r := e.r
	if utf8.RuneCountInString(r.User) > maxUserID {
		e.drop(llm.FieldUser)
	} else if r.User != "" {
		e.raw(`,"metadata":{"user_id":`)
		e.str(r.User)
		e.raw("}")
	}
	switch r.ServiceTier {
	case "":
	case "auto":
		e.raw(`,"service_tier":"auto"`)
	case "default", "standard_only":
		e.raw(`,"service_tier":"standard_only"`)
	default:
		e.drop(llm.FieldServiceTier)
	}
	e.dropIf(llm.FieldMetadata, saysSomething(r.Metadata))
	e.dropIf(llm.FieldVerbosity, r.Verbosity != "")
	e.dropIf(llm.FieldImageDetail, r.ImageDetail())
	e.dropIf(llm.FieldModalities, slices.ContainsFunc(r.Modalities, func(m string) bool { return m != "text" }))
}

// carriedExtra are the fields without a neutral meaning that belong to this
// dialect, in the order in which they are written, with the flag that Anthropic
// wants beside some (https://platform.claude.com/docs/en/api/beta-headers).
var carriedExtra = []struct{ name, beta string }{
	{"cache_control", ""},
	{"container", ""},
	{"context_management", "context-management-2025-06-27"},
	{"inference_geo", ""},
	{"mcp_servers", "mcp-client-2025-04-04"},
}

const betaFiles = "files-api-2025-04-14"

func (e *requestEncoder) extras() {
	for _, x := range carriedExtra {
		if v, ok := e.r.Extra[x.name]; ok && saysSomething(v) {
			e.key(x.name)
			e.value(v)
			e.out.Extra = append(e.out.Extra, x.name)
		}
	}
}

// betas names what the body needs of Anthropic's betas.
func (e *requestEncoder) betas() {
	var flags []string
	if e.files {
		flags = append(flags, betaFiles)
	}
	for _, x := range carriedExtra {
		if x.beta != "" && slices.Contains(e.out.Extra, x.name) {
			flags = append(flags, x.beta)
		}
	}
	if len(flags) > 0 {
		e.out.Header = []string{"anthropic-beta", strings.Join(flags, ",")}
	}
}
