package responses

import (
	"errors"
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation/formtest"
)

func TestCountDecodes(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		`{"model":"m","input":"hi","instructions":"be brief","tools":[]}`:                         "",
		`{"model":"m","input":"hi","previous_response_id":"resp_1"}`:                              "previous_response_id",
		`{"model":"m","input":[{"type":"message","role":"user","content":[{"type":"nothing"}]}]}`: "input[0].content[0].type",
	} {
		r, err := CountTokens.DecodeRequest([]byte(body))
		var e *llm.Error
		if errors.As(err, &e) != (param != "") || e != nil && e.Param != param || err == nil && len(r.Messages) == 0 {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func FuzzCountTokens(f *testing.F) {
	formtest.Fuzz(f, CountTokens, `{"model":"m","input":"hi","instructions":"s","tools":[]}`, `{"object":"response.input_tokens","input_tokens":51}`)
}
