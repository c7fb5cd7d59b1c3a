package providers

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/openai"
)

// chatDialect is chat completions, for servers that take stream_options or not.
func chatDialect(noStreamOptions bool) llm.Dialect {
	if noStreamOptions {
		return withoutStreamOptions{}
	}
	return openai.Dialect{}
}

// withoutStreamOptions asks for no usage in streams. What passes through is
// edited by those who pass it.
type withoutStreamOptions struct{ openai.Dialect }

// AppendRequest is the dialect's, without stream_options.
func (d withoutStreamOptions) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	if r.IncludeUsage {
		silent := *r
		silent.IncludeUsage = false
		r = &silent
	}
	return d.Dialect.AppendRequest(dst, r, t)
}

// Interface guards.
var (
	_ llm.Dialect     = withoutStreamOptions{}
	_ llm.Passthrough = withoutStreamOptions{}
)
