package openai

import (
	"encoding/json"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Completions is the API that chat has replaced, /v1/completions
// (https://platform.openai.com/docs/api-reference/completions). Between equals
// it passes; elsewhere the prompt becomes what a user says in a chat. As a
// provider's it is not made of other dialects.
type Completions struct{ Dialect }

// Name is "openai-completions".
func (Completions) Name() string { return "openai-completions" }

// FieldName is that of chat, but for what chat calls messages.
func (Completions) FieldName(f llm.Field) string { return string(f) }

// Inspect checks a request.
func (Completions) Inspect(body []byte, in *llm.Inspection) error {
	st, ok := in.State.(*inspection)
	if !ok {
		st = new(inspection)
		in.State = st
	}
	st.strange = st.strange[:0]
	none := rawjson.Span{}
	st.model, st.messages, st.stream, st.streamOptions, st.includeUsage = none, none, none, none, none
	if err := rawjson.Scan(body, &scanOptions, &st.index); err != nil {
		return scanError(err)
	}
	if st.index.Kind != rawjson.Object {
		return llm.Invalid("", codeInvalidJSON, "the body must be a JSON object")
	}
	in.N = 1
	st.body, st.in = body, in
	err := checkCompletion(st)
	st.body, st.in = nil, nil
	if err != nil {
		return err
	}
	return nil
}

func checkCompletion(st *inspection) *llm.Error {
	prompted := false
	for _, f := range st.index.Fields {
		if f.ID < 0 {
			if f.Alike >= 0 {
				return llm.Invalid(string(f.Key.Of(st.body)), codeUnsupported, "unknown field; the name of the known one is "+fields[f.Alike].name)
			}
			if string(f.Key.Of(st.body)) == "prompt" {
				if k := st.kind(f.Value); k != rawjson.String && k != rawjson.Array {
					return wrongType("prompt", "a string or a list")
				}
				prompted = true
			}
			continue
		}
		known := &fields[f.ID]
		if known.check == nil {
			continue
		}
		if known.name == "messages" {
			return llm.Invalid("messages", codeUnsupported, "completions have a prompt; messages belong to /v1/chat/completions")
		}
		if err := known.check(st, known.name, f.Value); err != nil {
			return err
		}
	}
	switch {
	case st.model.End == 0:
		return llm.Invalid("model", codeModel, "this is required")
	case !prompted:
		return missing("prompt")
	}
	return nil
}

// DecodeRequest makes a chat of a request. What a chat cannot give is refused,
// not left out: the caller would get something else than it asked for.
func (Completions) DecodeRequest(body []byte) (*llm.Request, error) {
	chat := []byte{'{'}
	var prompt []byte
	var bestOf, n int64 = 1, 1
	for key, v := range members(rawjson.TrimSpace(body)) {
		null := rawjson.KindOf(v) == rawjson.Null
		switch {
		case key == "prompt":
			prompt = v
			continue
		case null:
			continue
		case key == "echo":
			if rawjson.True(v) {
				return nil, llm.Invalid(key, codeUnsupported, "this model's provider does not repeat the prompt")
			}
			continue
		case key == "suffix":
			if string(v) != `""` {
				return nil, llm.Invalid(key, codeUnsupported, "this model's provider does not insert text before a suffix")
			}
			continue
		case key == "logprobs":
			return nil, llm.Invalid(key, codeUnsupported, "this model's provider does not give log probabilities for completions")
		case key == "best_of":
			bestOf, _ = rawjson.Int(v)
			continue
		case key == "n":
			n, _ = rawjson.Int(v)
		}
		chat = append(rawjson.AppendQuote(chat, key), ':')
		chat = append(append(chat, v...), ',')
	}
	if bestOf > n {
		return nil, llm.Invalid("best_of", codeUnsupported, "this model's provider does not choose the best of several answers")
	}
	text, err := onePrompt(prompt)
	if err != nil {
		return nil, err
	}
	chat = append(append(chat, `"messages":[{"role":"user","content":`...), text...)
	return Dialect{}.DecodeRequest(append(chat, "}]}"...))
}

// onePrompt is the text of the one prompt, in JSON.
func onePrompt(v []byte) ([]byte, error) {
	if rawjson.KindOf(v) == rawjson.String {
		return v, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(v, &list); err != nil || len(list) == 0 {
		return nil, llm.Invalid("prompt", codeValue, "the list is empty")
	}
	switch {
	case rawjson.KindOf(list[0]) != rawjson.String:
		return nil, llm.Invalid("prompt", codeUnsupported, "tokens mean something to the vendor of their tokenizer alone; send text to this model")
	case len(list) > 1:
		return nil, llm.Invalid("prompt", codeUnsupported, "this model's provider takes one prompt a request, not "+strconv.Itoa(len(list)))
	}
	return list[0], nil
}

// AppendRequest fails: nothing is made into completions.
func (c Completions) AppendRequest(dst []byte, _ *llm.Request, _ llm.Target) (llm.Encoded, error) {
	return llm.Encoded{Body: dst}, untranslated(Operation{llm.OpCompletions})
}

// AppendResponse appends a whole answer. Its text is all that there is room for.
func (Completions) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	dst = appendHead(dst, "text_completion", completionID(r.ID, &v), r.Created, &v)
	for i := range r.Choices {
		c := &r.Choices[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		var m answerParts
		for j := range c.Message.Parts {
			m.add(&c.Message.Parts[j])
		}
		dst = append(dst, `{"text":`...)
		if len(m.text) > 0 {
			dst = appendTexts(dst, m.text)
		} else {
			dst = append(dst, `""`...)
		}
		dst = appendCompletionEnd(dst, c.Index, completionFinish(c.Finish))
	}
	dst = append(dst, ']')
	if r.Usage != nil {
		dst = appendUsage(append(dst, `,"usage":`...), r.Usage)
	}
	return append(dst, '}'), nil
}

func completionID(id string, v *llm.View) string {
	if id == "" {
		return "cmpl-" + v.ID
	}
	return id
}

// completionFinish is why a text ended; nothing is called by it.
func completionFinish(f llm.Finish) llm.Finish {
	if f == "" || f == llm.FinishToolCalls {
		return llm.FinishStop
	}
	return f
}

func appendCompletionEnd(dst []byte, index int, f llm.Finish) []byte {
	dst = strconv.AppendInt(append(dst, `,"index":`...), int64(index), 10)
	return append(appendStringOrNull(append(dst, `,"logprobs":null,"finish_reason":`...), string(f)), '}')
}

// NewStreamEncoder begins a streamed answer.
func (Completions) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &completionEncoder{view: v}
}

type completionEncoder struct {
	view  llm.View
	head  []byte
	usage *llm.Usage
	ended bool
}

// ContentType is that of server-sent events.
func (*completionEncoder) ContentType() string { return "text/event-stream" }

// Append appends the chunk for one event, if it has one.
func (s *completionEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended {
		return dst
	}
	if s.head == nil && e.Kind != llm.EventPing && e.Kind != llm.EventError {
		s.head = appendHead([]byte("data: "), "text_completion", completionID(e.ID, &s.view), e.Created, &s.view)
	}
	switch e.Kind {
	case llm.EventPing:
		return append(dst, ": ping\n\n"...)
	case llm.EventText:
		if e.Text != "" {
			dst = s.chunk(dst, e.Choice, e.Text, "")
		}
	case llm.EventFinish:
		dst = s.chunk(dst, e.Choice, "", completionFinish(e.Finish))
	case llm.EventUsage:
		if e.Usage != nil {
			u := *e.Usage
			s.usage = &u
		}
	case llm.EventError:
		s.ended = true
		err := e.Err
		if err == nil {
			err = &llm.Error{}
		}
		return append(Dialect{}.AppendError(append(dst, "data: "...), err), "\n\n"...)
	case llm.EventEnd:
		s.ended = true
		if s.view.IncludeUsage && s.usage != nil {
			dst = append(append(dst, s.head...), `],"usage":`...)
			dst = append(appendUsage(dst, s.usage), "}\n\n"...)
		}
		return append(dst, "data: [DONE]\n\n"...)
	}
	return dst
}

func (s *completionEncoder) chunk(dst []byte, choice int, text string, f llm.Finish) []byte {
	dst = append(append(dst, s.head...), `{"text":`...)
	dst = appendCompletionEnd(appendString(dst, text), choice, f)
	if s.view.IncludeUsage {
		return append(dst, "],\"usage\":null}\n\n"...)
	}
	return append(dst, "]}\n\n"...)
}

// Interface guards.
var (
	_ llm.Dialect       = Completions{}
	_ llm.Passthrough   = Completions{}
	_ llm.StreamEncoder = (*completionEncoder)(nil)
)
