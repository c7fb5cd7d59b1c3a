package providers

import (
	"net/url"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/openai"
)

// operationPaths are what is appended to a base URL for the operations beside
// chat that servers of OpenAI's dialect have. A server that lacks one says so.
var operationPaths = map[llm.Operation]string{
	llm.OpEmbeddings:  "/embeddings",
	llm.OpModerations: "/moderations",
	llm.OpRerank:      "/rerank",
	llm.OpImages:      "/images/generations",
}

// operationURLs are the addresses of the operations at a base URL.
func operationURLs(base *url.URL) map[llm.Operation]*url.URL {
	urls := make(map[llm.Operation]*url.URL, len(operationPaths))
	for op, path := range operationPaths {
		urls[op] = base.JoinPath(path)
	}
	return urls
}

// Speaks is the dialect of an operation beside chat; nil where there is none.
func (*OpenAICompatible) Speaks(op llm.Operation) llm.Dialect {
	if operationPaths[op] == "" {
		return nil
	}
	return openai.Operation{Of: op}
}

var _ llm.Speaker = (*OpenAICompatible)(nil)
