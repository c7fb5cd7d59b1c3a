package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	openai "github.com/sashabaranov/go-openai"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func goOpenAI(g *fairwaytest.Gateway, key string) *openai.Client {
	c := openai.DefaultConfig(key)
	c.BaseURL = g.URL + "/v1"
	return openai.NewClientWithConfig(c)
}

func hello(model string) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{
		Model:    model,
		Messages: []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleUser, Content: "The quick brown fox"}},
	}
}

func TestGoOpenAI(t *testing.T) {
	t.Parallel()
	g, _ := start(t)
	client := goOpenAI(g, g.Key)
	ctx := context.Background()

	t.Run("whole", func(t *testing.T) {
		t.Parallel()
		r, err := client.CreateChatCompletion(ctx, hello("simulator/echo"))
		if err != nil {
			t.Fatal(err)
		}
		c := r.Choices[0]
		if c.Message.Content != "The quick brown fox" || c.FinishReason != openai.FinishReasonStop || r.Model != "simulator/echo" {
			t.Errorf("the answer is %+v", r)
		}
		if r.Usage.PromptTokens == 0 || r.Usage.CompletionTokens == 0 || r.Usage.TotalTokens != r.Usage.PromptTokens+r.Usage.CompletionTokens {
			t.Errorf("usage %+v", r.Usage)
		}
		if r.Header().Get("X-Request-Id") == "" {
			t.Error("no X-Request-Id")
		}
	})

	t.Run("streamed", func(t *testing.T) {
		t.Parallel()
		for _, usage := range []bool{false, true} {
			ask := hello("simulator/echo")
			if usage {
				ask.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
			}
			s, err := client.CreateChatCompletionStream(ctx, ask)
			if err != nil {
				t.Fatal(err)
			}
			text, pieces, counted := "", 0, false
			for {
				chunk, err := s.Recv()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				counted = counted || chunk.Usage != nil
				for _, c := range chunk.Choices {
					text += c.Delta.Content
					pieces++
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if text != "The quick brown fox" || pieces < 4 || counted != usage {
				t.Errorf("%q in %d pieces, usage %t", text, pieces, counted)
			}
		}
	})

	t.Run("tools", func(t *testing.T) {
		t.Parallel()
		ask := hello("simulator/echo")
		ask.Tools = []openai.Tool{{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{Name: "weather", Parameters: schema}}}
		ask.ToolChoice = openai.ToolChoice{Type: openai.ToolTypeFunction, Function: openai.ToolFunction{Name: "weather"}}
		r, err := client.CreateChatCompletion(ctx, ask)
		if err != nil {
			t.Fatal(err)
		}
		m := r.Choices[0].Message
		if len(m.ToolCalls) != 1 || r.Choices[0].FinishReason != openai.FinishReasonToolCalls {
			t.Fatalf("the answer is %+v", r.Choices[0])
		}
		call := m.ToolCalls[0]
		var arguments struct {
			City *string
			Days *int
		}
		if err := json.Unmarshal([]byte(call.Function.Arguments), &arguments); err != nil || arguments.City == nil || arguments.Days == nil || call.Function.Name != "weather" || call.ID == "" {
			t.Errorf("(%v) the call is %+v", err, call)
		}
		ask.Messages = append(ask.Messages, m, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: call.ID, Content: "sunny"})
		ask.ToolChoice = nil
		r, err = client.CreateChatCompletion(ctx, ask)
		if err != nil {
			t.Fatal(err)
		}
		if r.Choices[0].Message.Content == "" || len(r.Choices[0].Message.ToolCalls) > 0 {
			t.Errorf("the answer after the tool is %+v", r.Choices[0])
		}
	})

	t.Run("models", func(t *testing.T) {
		t.Parallel()
		list, err := client.ListModels(ctx)
		if err != nil || len(list.Models) == 0 {
			t.Errorf("%d models, %v", len(list.Models), err)
		}
	})

	t.Run("errors", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			client *openai.Client
			model  string
			status int
			code   string
		}{
			"wrong key":     {goOpenAI(g, "fwk_wrong"), "simulator/echo", 401, "invalid-credential"},
			"unknown model": {client, "nothing", 404, "model_not_found"},
			"broken":        {client, "up/broken", 502, "upstream_error"},
		} {
			_, err := c.client.CreateChatCompletion(ctx, hello(c.model))
			var e *openai.APIError
			if !errors.As(err, &e) || e.HTTPStatusCode != c.status || e.Code != c.code || e.Message == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})

	t.Run("a stream that breaks off", func(t *testing.T) {
		t.Parallel()
		s, err := client.CreateChatCompletionStream(ctx, hello("up/breaks"))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		text := ""
		for {
			chunk, err := s.Recv()
			if errors.Is(err, io.EOF) {
				t.Fatalf("the stream ended well with %q", text)
			}
			if err != nil {
				if !strings.Contains(err.Error(), "provider") {
					t.Errorf("the error is %v", err)
				}
				break
			}
			for _, c := range chunk.Choices {
				text += c.Delta.Content
			}
		}
		if text != "fi" {
			t.Errorf("text %q", text)
		}
	})
}
