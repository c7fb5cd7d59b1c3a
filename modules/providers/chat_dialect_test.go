package providers

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// A server that refuses stream_options gets none, whatever the caller speaks.
func TestStreamOptionsAreLeftOut(t *testing.T) {
	for _, kind := range []string{"openai_compatible", "azure_openai"} {
		for option, want := range map[string]bool{`false`: true, `true`: false} {
			p := mustLoad(t, kind, `{"base_url":"http://127.0.0.1:1","api_keys":["k"],"no_stream_options":`+option+`}`)
			r := &llm.Request{
				Stream: true, IncludeUsage: true,
				Messages: []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{{Kind: llm.PartText, Text: "x"}}}},
			}
			encoded, err := p.Dialect().AppendRequest(nil, r, llm.Target{Model: "m"})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(encoded.Body), "stream_options"); got != want || !r.IncludeUsage {
				t.Errorf("%s, %s: got %s", kind, option, encoded.Body)
			}
			if _, ok := p.Dialect().(llm.Passthrough); !ok || p.Dialect().Name() != "openai" {
				t.Errorf("%s, %s: got %T", kind, option, p.Dialect())
			}
		}
	}
}
