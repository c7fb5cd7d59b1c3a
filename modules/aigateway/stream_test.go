package aigateway

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/bedrock"
	"github.com/fairwaygw/fairway/llm/ollama"
	"github.com/fairwaygw/fairway/llm/openai"
	"github.com/fairwaygw/fairway/llm/sse"
)

func TestStreamed(t *testing.T) {
	for _, c := range []struct {
		pass        llm.Passthrough
		contentType string
		want        bool
	}{
		{openai.Dialect{}, "", true},
		{openai.Dialect{}, "text/event-stream", true},
		{openai.Dialect{}, "Text/Event-Stream; charset=utf-8", true},
		{openai.Dialect{}, "application/json", false},
		{openai.Dialect{}, "application/x-ndjson", false},
		{ollama.Dialect{}, "", true},
		{ollama.Dialect{}, "application/x-ndjson", true},
		{ollama.Dialect{}, "application/x-ndjson ; charset=utf-8", true},
		{ollama.Dialect{}, "application/json", false},
		{bedrock.Dialect{}, "application/vnd.amazon.eventstream", true},
		{bedrock.Dialect{}, "application/json", false},
		{bedrock.Dialect{}, "text/event-stream", false},
	} {
		if got := streamed(c.pass, c.contentType); got != c.want {
			t.Errorf("%T with %q: got %v", c.pass, c.contentType, got)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		pass llm.Passthrough
		body string
		want []string
	}{
		{openai.Dialect{}, "data: 1\n\ndata: 2\n\n", []string{"data: 1\n\n", "data: 2\n\n"}},
		{ollama.Dialect{}, "{\"a\":1}\n\n{\"b\":2}", []string{"{\"a\":1}\n", "{\"b\":2}"}},
		{bedrock.Dialect{}, `{"message":"no"}`, []string{`{"message":"no"}`}},
	} {
		s := split(c.pass, strings.NewReader(c.body))
		for _, want := range c.want {
			if raw, err := s.Next(); err != nil || string(raw) != want {
				t.Errorf("%T: got %q, %v, want %q", c.pass, raw, err, want)
			}
		}
		if raw, err := s.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%T: got %q, %v at the end", c.pass, raw, err)
		}
		s.Release()
	}
	long := "data: " + strings.Repeat("x", maxEvent) + "\n"
	for _, pass := range []llm.Passthrough{openai.Dialect{}, ollama.Dialect{}} {
		s := split(pass, strings.NewReader(long))
		if _, err := s.Next(); !errors.Is(err, sse.ErrTooLarge) {
			t.Errorf("%T: got %v", pass, err)
		}
		s.Release()
	}
}
