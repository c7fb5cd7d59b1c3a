package openai

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Media is one of OpenAI's operations whose requests are JSON and whose answers
// are sound or pictures
// (https://platform.openai.com/docs/api-reference/audio/createSpeech,
// https://platform.openai.com/docs/api-reference/images/create).
type Media struct {
	answers
}

// NewMedia is the form of an operation.
func NewMedia(op llm.Operation) Media { return Media{answers{Operation{Of: op}}} }

// Inspect checks what the gateway itself relies on, and reads whether the answer
// is to be a stream of events.
func (m Media) Inspect(body []byte, in *llm.Inspection) error {
	if err := m.scan(body, in, m.check); err != nil {
		return err
	}
	return nil
}

func (m Media) check(st *inspection) *llm.Error {
	for _, f := range st.index.Fields {
		if f.ID < 0 {
			continue
		}
		switch known := &fields[f.ID]; known.name {
		case "stream", "model", "user", "n", "api_key", "base_url", "api_base", "extra_headers", "extra_body", "extra_query":
			if err := known.check(st, known.name, f.Value); err != nil {
				return err
			}
		case "stream_format":
			if st.kind(f.Value) == rawjson.String && string(st.text(f.Value)) == "sse" {
				st.in.Stream = true
			}
		}
	}
	if st.model.End == 0 {
		return llm.Invalid("model", codeModel, "this is required")
	}
	return nil
}

// Interface guards.
var (
	_ llm.Dialect     = Media{}
	_ llm.Passthrough = Media{}
	_ llm.Carrier     = Media{}
)
