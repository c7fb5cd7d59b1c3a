package chat

import (
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// dialect is a provider of one dialect, and how it says the same thing.
type dialect struct {
	provider string
	whole    func(text string) string
	stream   func(texts ...string) string
	// usage is what its answers say, in OpenAI's counting.
	usage fairwaytest.Usage
	// keyHeader is where it gets the key.
	keyHeader, key string
	// path and streamPath are where it is called for a model.
	path, streamPath func(model string) string
}

func dialects() []dialect {
	at := func(path string) func(string) string { return func(string) string { return path } }
	return []dialect{
		{
			"oai", fairwaytest.Completion, func(texts ...string) string { return lines(fairwaytest.Completed(texts...)) },
			fairwaytest.Usage{Prompt: 11, Completion: 7, Cached: 4, Reasoning: 2},
			"Authorization", "Bearer sk-oai", at("/v1/chat/completions"), at("/v1/chat/completions"),
		},
		{
			"claude", fairwaytest.AnthropicMessage, fairwaytest.AnthropicEvents,
			fairwaytest.Usage{Prompt: 12, Completion: 7, Cached: 4},
			"X-Api-Key", "sk-claude", at("/v1/messages"), at("/v1/messages"),
		},
		{
			"gem", func(text string) string { return fairwaytest.GeminiContent(`{"text":` + fairwaytest.Quote(text) + `}`) }, fairwaytest.GeminiEvents,
			fairwaytest.Usage{Prompt: 9, Completion: 7, Cached: 4, Reasoning: 2},
			"X-Goog-Api-Key", "sk-gem",
			func(model string) string { return "/v1beta/models/" + model + ":generateContent" },
			func(model string) string { return "/v1beta/models/" + model + ":streamGenerateContent?alt=sse" },
		},
	}
}

// lines is a stream of events with the data given.
func lines(data []string) string {
	text := ""
	for _, d := range data {
		text += "data: " + d + "\n\n"
	}
	return text
}

// start runs a gateway before one upstream that plays all providers. more
// stands in the global option.
func start(t *testing.T, more string) (*fairwaytest.Gateway, *fairwaytest.Upstream) {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	return fairwaytest.Start(t, fairwaytest.Config{Fairway: providers(up.URL) + more}), up
}

func providers(url string) string {
	return `
provider oai openai_compatible {
	base_url ` + url + `/v1
	api_key sk-oai
}
provider claude anthropic {
	base_url ` + url + `
	api_key sk-claude
}
provider gem gemini {
	base_url ` + url + `
	api_key sk-gem
}
expose oai/* claude/* gem/*
`
}

// chat reads a whole answer that must be good.
func chat(t *testing.T, a *fairwaytest.Answer) *fairwaytest.Said {
	t.Helper()
	if a.Status != 200 || a.Err != nil {
		t.Fatalf("status %d (%v): %.1000s", a.Status, a.Err, a.Body)
	}
	s, err := fairwaytest.ReadChat(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stream reads a streamed answer that must have begun well.
func stream(t *testing.T, a *fairwaytest.Answer) *fairwaytest.Said {
	t.Helper()
	if a.Status != 200 || a.Err != nil {
		t.Fatalf("status %d (%v): %.1000s", a.Status, a.Err, a.Body)
	}
	s, err := fairwaytest.ReadChatStream(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// complete reads a streamed answer that must have ended well.
func complete(t *testing.T, a *fairwaytest.Answer) *fairwaytest.Said {
	t.Helper()
	s := stream(t, a)
	if s.Failure != nil || !s.Done {
		t.Fatalf("failure %v, [DONE] %t: %.1000s", s.Failure, s.Done, a.Body)
	}
	return s
}
