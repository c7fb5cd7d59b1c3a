package anthropic

import (
	"errors"
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation/formtest"
)

// TestCountDecodes holds that what is counted is read as what would be asked,
// though it has no bound.
func TestCountDecodes(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		` {"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"name":"t","input_schema":{"type":"object"}}]}`: "",
		`{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`:                                           "",
		`{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}`:                                             "messages[0].content[0].text",
		`{"model":"m","messages":[]}`: "messages",
	} {
		r, err := CountTokens.DecodeRequest([]byte(body))
		var e *llm.Error
		if errors.As(err, &e) != (param != "") || e != nil && e.Param != param || err == nil && len(r.Messages) != 1 {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func FuzzCountTokens(f *testing.F) {
	formtest.Fuzz(f, CountTokens,
		`{"model":"m","system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"t","input_schema":{"type":"object"}}]}`,
		`{"input_tokens":588}`)
}
