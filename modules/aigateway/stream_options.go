package aigateway

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/openai"
)

// refusesStreamOptions reports whether a server of OpenAI's dialect failed a
// stream because of stream_options, which older ones do not know. The call did
// not ask for them, or can do without, so it is sent once more without; and
// those that come after begin that way.
func (x *exchange) refusesStreamOptions(a *attempt, body []byte, e *llm.Error) bool {
	if e == nil || x.committed || !x.in.Stream || a.dialect.Name() != openaiName {
		return false
	}
	if e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity {
		return false
	}
	if !strings.Contains(e.Message, "stream_options") && !strings.HasPrefix(e.Param, "stream_options") {
		return false
	}
	if !bytes.Contains(body, streamOptions) {
		return false
	}
	a.target.RefusesStreamOptions.Store(true)
	return true
}

var (
	openaiName    = openai.Dialect{}.Name()
	streamOptions = []byte(`"stream_options"`)
)

// withoutStreamOptions takes stream_options out of a request.
func withoutStreamOptions(body []byte) []byte {
	var d openai.Dialect
	var in llm.Inspection
	if d.Inspect(body, &in) != nil {
		return body
	}
	return d.EditRequest(nil, body, &in, llm.RequestEdit{NoStreamOptions: true})
}
