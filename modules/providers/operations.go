package providers

import (
	"net/url"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/anthropic"
	"github.com/fairwaygw/fairway/llm/cohere"
	"github.com/fairwaygw/fairway/llm/gemini"
	"github.com/fairwaygw/fairway/llm/ollama"
	"github.com/fairwaygw/fairway/llm/openai"
	"github.com/fairwaygw/fairway/llm/responses"
)

// Where the operations beside chat are, after the base URL. A server that lacks
// one says so.
var (
	openAIOperations = map[llm.Operation]string{
		llm.OpCompletions: "/completions",
		llm.OpEmbeddings:  "/embeddings",
		llm.OpModerations: "/moderations",
		llm.OpRerank:      "/rerank",
		llm.OpImages:      "/images/generations",

		llm.OpImageEdits:      "/images/edits",
		llm.OpImageVariations: "/images/variations",
		llm.OpSpeech:          "/audio/speech",
		llm.OpTranscriptions:  "/audio/transcriptions",
		llm.OpTranslations:    "/audio/translations",
	}
	anthropicOperations = map[llm.Operation]string{llm.OpCountTokens: "/v1/messages/count_tokens"}
	cohereOperations    = map[llm.Operation]string{llm.OpEmbeddings: "/v2/embed", llm.OpRerank: "/v2/rerank", opEmbedFirst: "/v1/embed"}
	ollamaOperations    = map[llm.Operation]string{llm.OpEmbeddings: "/api/embed", opEmbedFirst: "/api/embeddings"}
)

// opEmbedFirst stands for embeddings at the path that a vendor had for them
// first.
const opEmbedFirst llm.Operation = "embeddings, first"

// first sends embeddings to the first path if they are in its dialect.
func first(o *llm.Outgoing, dialect llm.Dialect) *llm.Outgoing {
	if o.Operation != llm.OpEmbeddings || o.Dialect != dialect.Name() {
		return o
	}
	other := *o
	other.Operation = opEmbedFirst
	return &other
}

// operationURLs are the addresses of the operations at a base URL.
func operationURLs(base *url.URL, paths map[llm.Operation]string) map[llm.Operation]*url.URL {
	rooted := *base
	if rooted.Path == "" {
		rooted.Path = "/" // JoinPath would leave the result without a slash
	}
	urls := make(map[llm.Operation]*url.URL, len(paths))
	for op, path := range paths {
		urls[op] = rooted.JoinPath(path)
	}
	return urls
}

// Speaks is the dialect of an operation beside chat; nil where there is none.
func (*OpenAICompatible) Speaks(op llm.Operation) llm.Dialect {
	switch op {
	case llm.OpCompletions:
		return openai.Completions{}
	case llm.OpEmbeddings:
		return openai.Embeddings
	case llm.OpRerank:
		return openai.Rerank
	}
	if d := openAIMedia(op); d != nil {
		return d
	}
	if openAIOperations[op] == "" {
		return nil
	}
	return openai.Operation{Of: op}
}

// openAIMedia is OpenAI's dialect of an operation on sound or pictures; nil for
// any other.
func openAIMedia(op llm.Operation) llm.Dialect {
	switch op {
	case llm.OpImages, llm.OpSpeech:
		return openai.NewMedia(op)
	case llm.OpImageEdits, llm.OpImageVariations, llm.OpTranscriptions, llm.OpTranslations:
		return openai.NewForm(op)
	}
	return nil
}

// SpeaksTo is Speaks, but for completions, which not all vendors and models of
// the dialect still have, and for callers of Responses, which OpenAI has itself.
func (p *OpenAICompatible) SpeaksTo(op llm.Operation, model, front string) llm.Dialect {
	if op == llm.OpChat {
		if front == dialectResponses && p.VendorName == vendorOpenAI {
			return responses.Dialect{}
		}
		return nil
	}
	if op == llm.OpCompletions && !completes(p.VendorName, model) {
		return nil
	}
	return p.Speaks(op)
}

const vendorOpenAI = "openai"

// dialectResponses is the name of the other dialect that chat has at OpenAI.
var dialectResponses = responses.Dialect{}.Name()

// completing are the vendors that have completions beside chat, for all models.
// A plain server is most likely one of open models, and has them too.
var completing = map[string]bool{
	"": true, "vllm": true, "llamacpp": true, "sglang": true, "lmstudio": true, "localai": true, "ollama": true,
	"togetherai": true, "fireworks-ai": true, "deepinfra": true, "openrouter": true,
}

func completes(vendor, model string) bool {
	if vendor == vendorOpenAI {
		// Chat models are refused there
		// (https://platform.openai.com/docs/models/gpt-3.5-turbo-instruct).
		return strings.Contains(model, "instruct") || strings.HasPrefix(model, "davinci") || strings.HasPrefix(model, "babbage")
	}
	return completing[vendor]
}

// Speaks is the counting of tokens.
func (*Anthropic) Speaks(op llm.Operation) llm.Dialect {
	if op == llm.OpCountTokens {
		return anthropic.CountTokens
	}
	return nil
}

// SpeaksTo is embeddings, in two versions, and reranking.
func (*Cohere) SpeaksTo(op llm.Operation, _, front string) llm.Dialect {
	switch op {
	case llm.OpEmbeddings:
		if front == cohere.EmbedV1.Name() {
			return cohere.EmbedV1
		}
		return cohere.Embed
	case llm.OpRerank:
		return cohere.Rerank
	}
	return nil
}

// SpeaksTo is embeddings, in two versions.
func (*Ollama) SpeaksTo(op llm.Operation, _, front string) llm.Dialect {
	switch {
	case op != llm.OpEmbeddings:
		return nil
	case front == ollama.Embeddings.Name():
		return ollama.Embeddings
	}
	return ollama.Embed
}

// SpeaksTo is the counting of tokens, and embeddings in two forms: one input,
// for those who ask so, or many.
func (*Gemini) SpeaksTo(op llm.Operation, _, front string) llm.Dialect {
	switch {
	case op == llm.OpCountTokens:
		return gemini.CountTokens
	case op != llm.OpEmbeddings:
		return nil
	case front == gemini.EmbedContent.Name():
		return gemini.EmbedContent
	}
	return gemini.BatchEmbedContents
}

// Speaks is the counting of tokens, and embeddings in a form of its own.
func (*Vertex) Speaks(op llm.Operation) llm.Dialect {
	switch op {
	case llm.OpCountTokens:
		return gemini.CountTokens
	case llm.OpEmbeddings:
		return gemini.Predict
	}
	return nil
}

// geminiMethod is what follows a model's name in the path.
func geminiMethod(o *llm.Outgoing) (method, query string) {
	switch {
	case o.Operation == llm.OpCountTokens:
		return ":countTokens", ""
	case o.Operation == llm.OpEmbeddings && o.Dialect == gemini.EmbedContent.Name():
		return ":embedContent", ""
	case o.Operation == llm.OpEmbeddings:
		return ":batchEmbedContents", ""
	case o.Stream:
		return ":streamGenerateContent", "alt=sse"
	}
	return ":generateContent", ""
}

// Speaks is embeddings, sound and pictures.
func (*AzureOpenAI) Speaks(op llm.Operation) llm.Dialect {
	switch op {
	case llm.OpEmbeddings:
		return openai.Embeddings
	case llm.OpImageVariations: // of dall-e-2 alone, which Azure no longer has
		return nil
	}
	return openAIMedia(op)
}

// Interface guards.
var (
	_ llm.Speaker = (*OpenAICompatible)(nil)
	_ llm.Versed  = (*OpenAICompatible)(nil)
	_ llm.Speaker = (*AzureOpenAI)(nil)
	_ llm.Speaker = (*Anthropic)(nil)
	_ llm.Versed  = (*Cohere)(nil)
	_ llm.Versed  = (*Ollama)(nil)
	_ llm.Versed  = (*Gemini)(nil)
	_ llm.Speaker = (*Vertex)(nil)
)
