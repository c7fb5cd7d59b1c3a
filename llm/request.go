package llm

import (
	"encoding/json"
	"slices"
)

// Request is one call in neutral form. A nil pointer, empty slice or empty
// string means that the caller did not say; it is never a default.
type Request struct {
	// Model is the name that the caller used.
	Model string
	// Messages are in the caller's order; system messages stand where the
	// caller put them.
	Messages []Message

	Tools      []Tool
	ToolChoice *ToolChoice
	// ParallelTools is false when the caller wants at most one tool call a turn.
	ParallelTools *bool

	Output    *OutputFormat
	Reasoning *Reasoning

	MaxTokens        *int64
	Temperature      *float64
	TopP             *float64
	TopK             *int64
	FrequencyPenalty *float64
	PresencePenalty  *float64
	Seed             *int64
	N                *int64
	Stop             []string
	LogProbs         *bool
	TopLogProbs      *int64
	LogitBias        json.RawMessage
	// User identifies the end user to the provider.
	User        string
	Metadata    json.RawMessage
	ServiceTier string
	// Modalities are the kinds of output asked for: text, image, audio.
	Modalities []string
	Verbosity  string

	Stream bool
	// IncludeUsage is true when the caller asked for usage in the stream.
	IncludeUsage bool

	// Embed and Rerank are what other operations than chat ask for; a request
	// that has one of them has no messages.
	Embed  *EmbedRequest
	Rerank *RerankRequest

	// Extra holds the caller's top-level fields that have no neutral meaning,
	// by their names in the caller's dialect. A dialect that encodes them
	// removes nothing from the map; it names what it used in
	// [Encoded.Extra].
	Extra map[string]json.RawMessage
}

// ImageDetail reports whether the caller asked for a resolution at which to look
// at an image, other than what the provider would choose.
func (r *Request) ImageDetail() bool {
	asked := func(p Part) bool {
		return p.Kind == PartImage && p.Media != nil && p.Media.Detail != "" && p.Media.Detail != "auto"
	}
	for i := range r.Messages {
		for j := range r.Messages[i].Parts {
			p := &r.Messages[i].Parts[j]
			if asked(*p) || p.Result != nil && slices.ContainsFunc(p.Result.Parts, asked) {
				return true
			}
		}
	}
	return false
}

// Role says who speaks.
type Role string

// The roles of a conversation. A vendor's "developer" is RoleSystem and
// "model" is RoleAssistant.
const (
	RoleSystem    Role = "system"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// Message is one turn.
type Message struct {
	Role Role
	// Name tells participants of one role apart.
	Name  string
	Parts []Part
}

// PartKind says which fields of a Part are set.
type PartKind uint8

// The kinds of parts.
const (
	// PartText has Text.
	PartText PartKind = iota + 1
	// PartImage, PartDocument, PartAudio and PartVideo have Media.
	PartImage
	PartDocument
	PartAudio
	PartVideo
	// PartToolCall has Call; assistant only.
	PartToolCall
	// PartToolResult has Result; RoleTool only.
	PartToolResult
	// PartReasoning has Text, which may be empty, and may have Signature.
	PartReasoning
	// PartRedacted has Data: reasoning that only its issuer can read.
	PartRedacted
	// PartRefusal has Text.
	PartRefusal
	// PartOpaque has Data: a vendor's own block, as it came.
	PartOpaque
)

// Part is one piece of a message.
type Part struct {
	Kind   PartKind
	Text   string
	Media  *Media
	Call   *ToolCall
	Result *ToolResult
	// Signature proves reasoning to the vendor that issued it. It stands on
	// reasoning, and on text or tool calls where the vendor puts it there.
	Signature string
	// Issuer is the vendor that made Signature or Data ([IssuerAnthropic], …).
	// What one vendor issued is never sent to another.
	Issuer string
	Data   json.RawMessage
	// Cache is a hint that the prompt up to this part is worth caching.
	Cache     *CacheHint
	Citations []Citation
}

// The vendors that issue signatures and opaque blocks.
const (
	IssuerAnthropic = "anthropic"
	IssuerGoogle    = "google"
	IssuerOpenAI    = "openai"
)

// Media is an image, a document, a sound or a film. One of Data, URL and
// FileID is set.
type Media struct {
	// MIMEType is empty when the caller gave only a URL.
	MIMEType string
	// Data is standard base64, as the caller sent it.
	Data   string
	URL    string
	FileID string
	Name   string
	// Detail is the resolution to look at an image with: low, high, auto.
	Detail string
}

// ToolCall is a model's wish to have a tool called.
type ToolCall struct {
	ID   string
	Name string
	// Arguments is JSON text as the model wrote it; it may be empty or invalid.
	Arguments string
}

// ToolResult is what a tool gave back.
type ToolResult struct {
	CallID string
	// Name is empty where the dialect does not repeat the tool's name.
	Name    string
	Parts   []Part
	IsError bool
}

// CacheHint asks the vendor to cache the prompt up to here.
type CacheHint struct {
	// TTL is "5m", "1h" or empty for the vendor's default.
	TTL string
}

// Citation ties a piece of an answer to a source.
type Citation struct {
	URL   string
	Title string
	// Start and End are offsets into the text, in characters; both 0 when unknown.
	Start, End int
}

// Tool is a function that the model may ask for, or a tool that runs at the
// vendor.
type Tool struct {
	Name        string
	Description string
	// Parameters is a JSON Schema, or nil when the tool takes none.
	Parameters json.RawMessage
	Strict     *bool
	Cache      *CacheHint
	// Hosted is a vendor's own tool as it came (web search, code execution);
	// then only Issuer is set beside it.
	Hosted json.RawMessage
	Issuer string
}

// ToolMode says how free the model is to call tools.
type ToolMode string

// The modes of a tool choice.
const (
	ToolAuto     ToolMode = "auto"
	ToolNone     ToolMode = "none"
	ToolRequired ToolMode = "required"
)

// ToolChoice restricts the use of tools. Names, when set, are the only tools
// allowed: one name with ToolRequired is a forced tool.
type ToolChoice struct {
	Mode  ToolMode
	Names []string
}

// OutputType is the form an answer must take.
type OutputType string

// The output types.
const (
	OutputText       OutputType = "text"
	OutputJSON       OutputType = "json"
	OutputJSONSchema OutputType = "json_schema"
)

// OutputFormat asks for structured output.
type OutputFormat struct {
	Type        OutputType
	Name        string
	Description string
	Schema      json.RawMessage
	Strict      *bool
}

// Reasoning says how much a model may think before it answers. At most one of
// Effort and Budget is set.
type Reasoning struct {
	// Effort is none, minimal, low, medium, high, xhigh or max.
	Effort string
	// Budget is a number of tokens; 0 is off and -1 lets the model decide.
	Budget *int64
	// Show asks for the thoughts, or a summary of them, in the answer.
	Show *bool
}
