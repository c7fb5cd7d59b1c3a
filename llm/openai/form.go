package openai

import (
	"bytes"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/formdata"
)

// Form is one of OpenAI's operations whose requests are forms that hold files:
// transcriptions and translations of sound, edits and variations of pictures
// (https://platform.openai.com/docs/api-reference/audio/createTranscription).
// The form is passed through with the model renamed; its files are not touched.
type Form struct {
	answers
}

// NewForm is the form of an operation.
func NewForm(op llm.Operation) Form { return Form{answers{Operation{Of: op}}} }

// formState is what Inspect keeps of a form for EditRequest.
type formState struct {
	parts []formdata.Part
	model formdata.Part
}

const codeForm = "invalid_form"

// once are fields that a form may have only once, in this spelling only, and as
// plain text.
var once = map[string]bool{"model": true, "stream": true, "response_format": true, "user": true, "n": true}

// steering are fields that could only mean to steer where a call goes and with
// which key.
var steering = map[string]bool{"api_key": true, "base_url": true, "api_base": true, "extra_headers": true, "extra_body": true, "extra_query": true}

// Inspect checks that no other reader could find another form in the body, and
// reads the model and what the answer is to be.
func (f Form) Inspect(body []byte, in *llm.Inspection) error {
	if err := f.inspect(body, in); err != nil {
		return err
	}
	return nil
}

func (f Form) inspect(body []byte, in *llm.Inspection) *llm.Error {
	boundary, canonical, err := formdata.Boundary(in.ContentType)
	if err != nil {
		return llm.Invalid("", codeForm, err.Error())
	}
	st, ok := in.State.(*formState)
	if !ok {
		st = new(formState)
		in.State = st
	}
	if st.parts, err = formdata.Read(st.parts[:0], body, boundary); err != nil {
		return llm.Invalid("", codeForm, err.Error())
	}
	in.ContentType, in.N = canonical, 1
	seen := map[string]bool{}
	for i := range st.parts {
		p := &st.parts[i]
		name := strings.ToLower(p.Name)
		if steering[name] {
			return llm.Invalid(p.Name, codeUnsupported, "this cannot be set here")
		}
		if !once[name] {
			continue
		}
		switch {
		case name != p.Name:
			return llm.Invalid(p.Name, codeUnsupported, "unknown field; the name of the known one is "+name)
		case seen[name]:
			return llm.Invalid(name, codeDuplicateKey, "this is there twice")
		case p.File:
			return llm.Invalid(name, codeType, "expected a text, not a file")
		}
		seen[name] = true
		if err := st.note(p, p.Value(body), in); err != nil {
			return err
		}
	}
	if !seen["model"] {
		return llm.Invalid("model", codeModel, "this is required")
	}
	return nil
}

// note takes over the value of a field.
func (st *formState) note(p *formdata.Part, value []byte, in *llm.Inspection) *llm.Error {
	switch p.Name {
	case "model":
		if why := badModel(value); why != "" {
			return llm.Invalid("model", codeModel, why)
		}
		st.model, in.Model = *p, string(value)
	case "stream":
		switch string(bytes.ToLower(value)) {
		case "true", "1":
			in.Stream = true
		case "false", "0", "":
		default:
			return wrongType("stream", "true or false")
		}
	case "user":
		in.User = string(value)
	case "n":
		n := int64(0)
		for _, c := range value {
			if c < '0' || c > '9' || n > maxAlternatives {
				return wrongType("n", "a number")
			}
			n = n*10 + int64(c-'0')
		}
		in.N = max(n, 1)
	}
	return nil
}

// maxAlternatives is more than any vendor makes of one request.
const maxAlternatives = 1000

// EditRequest returns the form with the model renamed.
func (Form) EditRequest(dst, body []byte, in *llm.Inspection, e llm.RequestEdit) []byte {
	st, ok := in.State.(*formState)
	if !ok || e.Model == "" || e.Model == in.Model {
		return body
	}
	// Files make up the most of it, and are copied this once.
	if need := len(body) + len(e.Model); cap(dst) < need {
		dst = make([]byte, 0, need)
	}
	dst = append(dst, body[:st.model.Start]...)
	dst = append(dst, e.Model...)
	return append(dst, body[st.model.End:]...)
}

// Interface guards.
var (
	_ llm.Dialect     = Form{}
	_ llm.Passthrough = Form{}
	_ llm.Carrier     = Form{}
)
