package policy

import (
	"encoding/json"

	"github.com/fairwaygw/fairway/llm"
)

func ptr[T any](v T) *T { return &v }

// part puts one more part into the user's message.
func part(p llm.Part) func(*llm.Request) {
	return func(r *llm.Request) { r.Messages[0].Parts = append(r.Messages[0].Parts, p) }
}

// turn puts an answer with parts, and a further question, behind the user's
// message.
func turn(parts ...llm.Part) func(*llm.Request) {
	return func(r *llm.Request) {
		r.Messages = append(r.Messages,
			llm.Message{Role: llm.RoleAssistant, Parts: append(parts, llm.Part{Kind: llm.PartText, Text: "yes"})},
			llm.Message{Role: llm.RoleUser, Parts: []llm.Part{{Kind: llm.PartText, Text: "and?"}}})
	}
}

var function = llm.Tool{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`)}

func withTool(r *llm.Request) { r.Tools = []llm.Tool{function} }

// answered puts a tool's call and its result, which may have failed, behind the
// user's message.
func answered(failed bool) func(*llm.Request) {
	return func(r *llm.Request) {
		withTool(r)
		r.Messages = append(r.Messages[:1:1],
			llm.Message{Role: llm.RoleAssistant, Parts: []llm.Part{{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "call_1", Name: "f", Arguments: `{"a":"b"}`}}}},
			llm.Message{Role: llm.RoleTool, Parts: []llm.Part{{Kind: llm.PartToolResult, Result: &llm.ToolResult{
				CallID: "call_1", Parts: []llm.Part{{Kind: llm.PartText, Text: "c"}}, IsError: failed,
			}}}})
	}
}

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// Neutrals are all parts of the neutral request that a dialect may lack.
var Neutrals = []Neutral{
	{Field: llm.FieldName, Set: func(r *llm.Request) { r.Messages[0].Name = "ada" }, Fates: "vdddddd"},
	{Field: llm.FieldImage, Set: part(llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: png}}), Fates: "ccccccc"},
	{Field: llm.FieldImageDetail, With: part(llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: png}}), Set: func(r *llm.Request) {
		m := *r.Messages[0].Parts[1].Media
		m.Detail = "low"
		r.Messages[0].Parts = append(r.Messages[0].Parts[:1:1], llm.Part{Kind: llm.PartImage, Media: &m})
	}, Fates: "ccdddcd"},
	{Field: llm.FieldDocument, Set: part(llm.Part{Kind: llm.PartDocument, Media: &llm.Media{MIMEType: "application/pdf", Data: "JVBERi0xLjQK", Name: "a.pdf"}}), Fates: "cccccdd"},
	{Field: llm.FieldAudio, Set: part(llm.Part{Kind: llm.PartAudio, Media: &llm.Media{MIMEType: "audio/wav", Data: "UklGRg=="}}), Fates: "cddccdd"},
	{Field: llm.FieldVideo, Set: part(llm.Part{Kind: llm.PartVideo, Media: &llm.Media{MIMEType: "video/mp4", Data: "AAAAIGZ0eXA="}}), Fates: "vddccdd"},
	{Field: llm.FieldReasoningHistory, With: turn(), Set: func(r *llm.Request) {
		m := &r.Messages[1]
		m.Parts = append([]llm.Part{{Kind: llm.PartReasoning, Text: "hm", Signature: "sig", Issuer: llm.IssuerAnthropic}}, m.Parts...)
	}, Fates: "vdcdvvc"},
	{Field: llm.FieldOpaque, With: turn(), Set: func(r *llm.Request) {
		m := &r.Messages[1]
		m.Parts = append([]llm.Part{{Kind: llm.PartOpaque, Data: json.RawMessage(`{"type":"web_search_tool_result"}`), Issuer: "nobody"}}, m.Parts...)
	}, Fates: "ddddddd"},
	{Field: llm.FieldToolError, With: answered(false), Set: answered(true), Fates: "ddcccdd"},
	{Field: llm.FieldCacheControl, Set: func(r *llm.Request) { r.Messages[0].Parts[0].Cache = &llm.CacheHint{} }, Fates: "vdcdvdd"},
	{Field: llm.FieldTools, Set: withTool, Fates: "ccccccc"},
	{Field: llm.FieldHostedTool, With: withTool, Set: func(r *llm.Request) {
		r.Tools = append(r.Tools, llm.Tool{Hosted: json.RawMessage(`{"type":"web_search"}`), Issuer: "nobody"})
	}, Fates: "ddddddd"},
	{Field: llm.FieldToolStrict, With: withTool, Set: func(r *llm.Request) { t := function; t.Strict = ptr(true); r.Tools = []llm.Tool{t} }, Fates: "ccvdvcd"},
	{Field: llm.FieldToolChoice, With: withTool, Set: func(r *llm.Request) { r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired} }, Fates: "ccccvcd"},
	{Field: llm.FieldParallelTools, With: withTool, Set: func(r *llm.Request) { r.ParallelTools = ptr(false) }, Fates: "cccdddd"},
	{Field: llm.FieldOutput, Set: func(r *llm.Request) {
		r.Output = &llm.OutputFormat{Type: llm.OutputJSONSchema, Name: "o", Schema: function.Parameters, Strict: ptr(true)}
	}, Fates: "ccccvcc"},
	{Field: llm.FieldReasoning, Set: func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "high"} }, Fates: "vvvvvvv"},
	{Field: llm.FieldMaxTokens, Set: func(r *llm.Request) { r.MaxTokens = ptr(int64(100)) }, Fates: "ccccccc"},
	{Field: llm.FieldTemperature, Set: func(r *llm.Request) { r.Temperature = ptr(0.5) }, Fates: "vvvcvcc"},
	{Field: llm.FieldTopP, Set: func(r *llm.Request) { r.TopP = ptr(0.5) }, Fates: "vvvcvcc"},
	{Field: llm.FieldTopK, Set: func(r *llm.Request) { r.TopK = ptr(int64(5)) }, Fates: "vdvcvcc"},
	{Field: llm.FieldFrequencyPenalty, Set: func(r *llm.Request) { r.FrequencyPenalty = ptr(0.5) }, Fates: "vddcdcc"},
	{Field: llm.FieldPresencePenalty, Set: func(r *llm.Request) { r.PresencePenalty = ptr(0.5) }, Fates: "vddcdcc"},
	{Field: llm.FieldSeed, Set: func(r *llm.Request) { r.Seed = ptr(int64(7)) }, Fates: "cddcdcc"},
	{Field: llm.FieldN, Set: func(r *llm.Request) { r.N = ptr(int64(2)) }, Fates: "crrcrrr"},
	{Field: llm.FieldStop, Set: func(r *llm.Request) { r.Stop = []string{"END"} }, Fates: "vdccccc"},
	{Field: llm.FieldLogProbs, Set: func(r *llm.Request) { r.LogProbs = ptr(true) }, Fates: "vvdcdcc"},
	{Field: llm.FieldTopLogProbs, With: func(r *llm.Request) { r.LogProbs = ptr(true) }, Set: func(r *llm.Request) { r.TopLogProbs = ptr(int64(2)) }, Fates: "vvdcddc"},
	{Field: llm.FieldLogitBias, Set: func(r *llm.Request) { r.LogitBias = json.RawMessage(`{"50256":-100}`) }, Fates: "vdddddd"},
	{Field: llm.FieldUser, Set: func(r *llm.Request) { r.User = "ada" }, Fates: "vccdddd"},
	{Field: llm.FieldMetadata, Set: func(r *llm.Request) { r.Metadata = json.RawMessage(`{"k":"v"}`) }, Fates: "vvddcdd"},
	{Field: llm.FieldServiceTier, Set: func(r *llm.Request) { r.ServiceTier = "priority" }, Fates: "vvdccdd"},
	{Field: llm.FieldModalities, Set: func(r *llm.Request) { r.Modalities = []string{"text", "audio"} }, Fates: "vddcddd"},
	{Field: llm.FieldVerbosity, Set: func(r *llm.Request) { r.Verbosity = "low" }, Fates: "vvddddd"},
}
