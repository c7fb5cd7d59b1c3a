package openai

import (
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// answers are how the operations on sound and pictures answer: with an object,
// with events, or with a file.
type answers struct {
	Operation
}

// Carriage tells objects and events from what passes through as it comes: a
// file, or a text where no object was asked for. A page of a proxy is none.
func (a answers) Carriage(contentType string) llm.Carriage {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	kind = strings.TrimSpace(kind)
	main, _, _ := strings.Cut(kind, "/")
	switch {
	case kind == "text/event-stream":
		return llm.CarryEvents
	case kind == "application/json", strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"):
		if a.Of == llm.OpSpeech {
			return llm.CarryNone // it can only be an error
		}
		return llm.CarryWhole
	}
	switch a.Of {
	case llm.OpSpeech:
		if main == "audio" || main == "video" || kind == "application/octet-stream" || kind == "" {
			return llm.CarryBytes
		}
	case llm.OpTranscriptions, llm.OpTranslations:
		switch kind {
		case "text/plain", "text/vtt", "text/srt", "application/x-subrip", "":
			return llm.CarryBytes
		}
	}
	return llm.CarryNone
}

// EditResponse appends an answer with its model renamed, where it has one, and
// reads its usage.
func (a answers) EditResponse(dst, body []byte, model string, facts *llm.AnswerFacts) ([]byte, error) {
	var seconds float64
	dst, err := editAnswer(dst, body, model, facts, func(key, value []byte) {
		switch string(key) {
		case "usage":
			facts.Usage, facts.HasUsage = mediaUsage(a.Of, value)
		case "duration": // of verbose_json, where older models tell no usage
			seconds = decimal(value)
		}
	})
	if err == nil && !facts.HasUsage && seconds > 0 {
		facts.Usage, facts.HasUsage = llm.Usage{AudioSeconds: wholeSeconds(seconds)}, true
	}
	return dst, err
}

// NewRelay begins to pass a stream through.
func (a answers) NewRelay(o llm.RelayOptions) llm.Relay {
	return &mediaRelay{op: a.Of, model: rawjson.AppendQuote(nil, o.Model), n: max(o.N, 1)}
}
