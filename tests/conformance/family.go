package conformance

import (
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// What is asked and answered, as said.mjs has it.
const (
	question  = "What is the weather in Zürich?"
	again     = "And the day after?"
	said      = "Grüße aus Zürich 🌤 – fine."
	arguments = `{"city":"Zürich","days":3}`
	result    = "sunny"
	final     = "It is sunny in Zürich."
)

var (
	pieces      = []string{"Grüße aus", " Zürich 🌤", " – fine."}
	finalPieces = []string{"It is ", "sunny in ", "Zürich."}
)

// family is a kind of upstream, and how it says things.
type family struct {
	name string
	// newest is a model of the vendor.
	newest string
	// kind is the provider's type in the configuration, and base what its base
	// URL ends in.
	kind, base     string
	keyHeader, key string
	read           func(a *ask, r *fairwaytest.Received, body object)
	text           func(text string) string
	// events and toolEvents are streams, as their text.
	events     func(pieces ...string) string
	tool       func(name, arguments string) string
	toolEvents func(name, arguments string) string
	failure    string
	// input is what it counts for the prompt.
	input int64
}

var families = []*family{
	{
		name: "openai", newest: "gpt-5-mini", kind: "openai_compatible", base: "/v1", keyHeader: "Authorization", key: "Bearer sk-openai",
		read: readOpenAI, text: fairwaytest.Completion,
		events: func(pieces ...string) string { return lines(fairwaytest.Completed(pieces...)) },
		tool: func(name, arguments string) string {
			return `{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"` + fairwaytest.UpstreamModel +
				`","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"` + name +
				`","arguments":` + fairwaytest.Quote(arguments) + `}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}`
		},
		toolEvents: func(name, arguments string) string {
			events := []string{fairwaytest.Chunk(`{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"`+name+`","arguments":""}}]}`, "")}
			for _, piece := range split(arguments) {
				events = append(events, fairwaytest.Chunk(`{"tool_calls":[{"index":0,"function":{"arguments":`+fairwaytest.Quote(piece)+`}}]}`, ""))
			}
			return lines(append(events, fairwaytest.Chunk(`{}`, "tool_calls"), fairwaytest.UsageChunk(), "[DONE]"))
		},
		failure: `{"error":{"message":"it failed","type":"server_error","param":null,"code":null}}`,
		input:   11,
	},
	{
		name: "anthropic", newest: "claude-sonnet-5", kind: "anthropic", keyHeader: "X-Api-Key", key: "sk-anthropic",
		read: readAnthropic, text: fairwaytest.AnthropicMessage, events: fairwaytest.AnthropicEvents, tool: fairwaytest.AnthropicTool,
		toolEvents: func(name, arguments string) string {
			return fairwaytest.AnthropicToolEvents(name, append([]string{""}, split(arguments)...)...)
		},
		failure: `{"type":"error","error":{"type":"api_error","message":"it failed"},"request_id":"req_1"}`,
		input:   12,
	},
	{
		name: "gemini", newest: "gemini-3-flash", kind: "gemini", keyHeader: "X-Goog-Api-Key", key: "sk-gemini",
		read: readGemini,
		text: func(text string) string {
			return fairwaytest.GeminiContent(`{"text":` + fairwaytest.Quote(text) + `}`)
		},
		events: fairwaytest.GeminiEvents,
		tool: func(name, arguments string) string {
			return fairwaytest.GeminiContent(`{"functionCall":{"name":"` + name + `","args":` + arguments + `},"thoughtSignature":"c2lnbmVk"}`)
		},
		toolEvents: func(name, arguments string) string {
			return "data: " + fairwaytest.GeminiContent(`{"functionCall":{"name":"`+name+`","args":`+arguments+`},"thoughtSignature":"c2lnbmVk"}`) + "\r\n\r\n"
		},
		failure: `{"error":{"code":500,"message":"it failed","status":"INTERNAL"}}`,
		input:   9,
	},
}

func familyOf(name string) *family {
	for _, f := range families {
		if f.name == name {
			return f
		}
	}
	return nil
}

// model is what the upstream calls the model of a case.
func (f *family) model(name string) string { return f.newest + "-" + name }

// split cuts arguments in the middle of their tokens.
func split(text string) []string {
	var pieces []string
	const size = 7
	runes := []rune(text)
	for len(runes) > size {
		pieces, runes = append(pieces, string(runes[:size])), runes[size:]
	}
	return append(pieces, string(runes))
}

// lines is a stream of events with the data given.
func lines(data []string) string {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("data: " + d + "\n\n")
	}
	return b.String()
}

// says answers with a text, whole or streamed as asked for.
func (f *family) says(a *ask, text string, pieces ...string) fairwaytest.Reply {
	if a.stream {
		return fairwaytest.Stream(f.events(pieces...), 0)
	}
	return fairwaytest.JSON(http.StatusOK, f.text(text))
}

// calls answers with a call of a tool.
func (f *family) calls(a *ask, name, arguments string) fairwaytest.Reply {
	if a.stream {
		return fairwaytest.Stream(f.toolEvents(name, arguments), 0)
	}
	return fairwaytest.JSON(http.StatusOK, f.tool(name, arguments))
}

// refuses answers as a vendor does to a request that it does not understand.
func (f *family) refuses(a *ask) fairwaytest.Reply {
	message := fairwaytest.Quote("the upstream refuses: " + strings.Join(a.wrong, "; "))
	switch f.name {
	case "anthropic":
		return fairwaytest.JSON(http.StatusBadRequest, `{"type":"error","error":{"type":"invalid_request_error","message":`+message+`}}`)
	case "gemini":
		return fairwaytest.JSON(http.StatusBadRequest, `{"error":{"code":400,"message":`+message+`,"status":"INVALID_ARGUMENT"}}`)
	}
	return fairwaytest.JSON(http.StatusBadRequest, `{"error":{"message":`+message+`,"type":"invalid_request_error","param":null,"code":null}}`)
}
