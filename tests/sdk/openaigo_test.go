package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func question(model string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model:    model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("The quick brown fox")},
	}
}

func TestOpenAIGo(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	client := openai.NewClient(option.WithBaseURL(g.URL+"/v1/"), option.WithAPIKey(g.Key))
	ctx := context.Background()

	t.Run("whole", func(t *testing.T) {
		t.Parallel()
		r, err := client.Chat.Completions.New(ctx, question("simulator/echo"))
		if err != nil {
			t.Fatal(err)
		}
		c := r.Choices[0]
		if c.Message.Content != "The quick brown fox" || c.FinishReason != "stop" || r.Model != "simulator/echo" || r.Usage.TotalTokens == 0 {
			t.Errorf("the answer is %s", r.RawJSON())
		}
	})

	t.Run("streamed", func(t *testing.T) {
		t.Parallel()
		ask := question("simulator/echo")
		ask.StreamOptions.IncludeUsage = openai.Bool(true)
		s := client.Chat.Completions.NewStreaming(ctx, ask)
		all := openai.ChatCompletionAccumulator{}
		for s.Next() {
			if !all.AddChunk(s.Current()) {
				t.Errorf("the accumulator refuses %s", s.Current().RawJSON())
			}
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		if c := all.Choices[0]; c.Message.Content != "The quick brown fox" || c.FinishReason != "stop" || all.Usage.TotalTokens == 0 {
			t.Errorf("gathered %+v, usage %+v", c, all.Usage)
		}
	})

	t.Run("tools", func(t *testing.T) {
		t.Parallel()
		ask := question("simulator/echo")
		ask.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: "weather", Parameters: schema})}
		ask.ToolChoice = openai.ToolChoiceOptionFunctionToolChoice(openai.ChatCompletionNamedToolChoiceFunctionParam{Name: "weather"})
		for _, streamed := range []bool{false, true} {
			m, finish := message(ctx, t, client, ask, streamed)
			if len(m.ToolCalls) != 1 || finish != "tool_calls" {
				t.Fatalf("streamed %t: finish %q, %s", streamed, finish, m.RawJSON())
			}
			call := m.ToolCalls[0]
			var arguments struct {
				City *string
				Days *int
			}
			if err := json.Unmarshal([]byte(call.Function.Arguments), &arguments); err != nil || arguments.City == nil || arguments.Days == nil || call.Function.Name != "weather" {
				t.Errorf("streamed %t: (%v) the call is %+v", streamed, err, call)
			}
			again := ask
			again.ToolChoice = openai.ChatCompletionToolChoiceOptionUnionParam{}
			again.Messages = append(again.Messages[:1:1], m.ToParam(), openai.ToolMessage("sunny", call.ID))
			m, finish = message(ctx, t, client, again, streamed)
			if m.Content == "" || len(m.ToolCalls) > 0 || finish != "stop" {
				t.Errorf("streamed %t: after the tool: finish %q, %s", streamed, finish, m.RawJSON())
			}
		}
	})

	t.Run("models", func(t *testing.T) {
		t.Parallel()
		page, err := client.Models.List(ctx)
		if err != nil || len(page.Data) == 0 {
			t.Errorf("%v", err)
		}
	})

	t.Run("errors", func(t *testing.T) {
		t.Parallel()
		_, err := client.Chat.Completions.New(ctx, question("nothing"))
		var e *openai.Error
		if !errors.As(err, &e) || e.StatusCode != http.StatusNotFound || e.Code != "model_not_found" {
			t.Errorf("%v", err)
		}
		// The SDK tries again by itself, unless it is told that this was done.
		before := len(up.Requests("broken"))
		_, err = client.Chat.Completions.New(ctx, question("up/broken"))
		if !errors.As(err, &e) || e.StatusCode != http.StatusBadGateway || e.Code != "upstream_error" {
			t.Errorf("%v", err)
		}
		if n := len(up.Requests("broken")) - before; n > 3 {
			t.Errorf("%d requests reached the provider: the SDK's retries came on top of the gateway's", n)
		}
	})

	t.Run("a stream that breaks off", func(t *testing.T) {
		t.Parallel()
		s := client.Chat.Completions.NewStreaming(ctx, question("up/breaks"))
		text := ""
		for s.Next() {
			for _, c := range s.Current().Choices {
				text += c.Delta.Content
			}
		}
		if s.Err() == nil || text != "fi" {
			t.Errorf("text %q, error %v", text, s.Err())
		}
	})

	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		s := client.Chat.Completions.NewStreaming(ctx, question("up/late"))
		defer s.Close()
		if !s.Next() {
			t.Fatal(s.Err())
		}
		cancel()
		select {
		case <-up.Last(t, "late").Gone():
		case <-time.After(time.Second):
			t.Error("the provider was not let go within a second")
		}
	})
}

// message is what the model says to a request, and why it ended.
func message(ctx context.Context, t *testing.T, client openai.Client, ask openai.ChatCompletionNewParams, streamed bool) (openai.ChatCompletionMessage, string) {
	t.Helper()
	if !streamed {
		r, err := client.Chat.Completions.New(ctx, ask)
		if err != nil {
			t.Fatal(err)
		}
		return r.Choices[0].Message, r.Choices[0].FinishReason
	}
	s := client.Chat.Completions.NewStreaming(ctx, ask)
	all := openai.ChatCompletionAccumulator{}
	for s.Next() {
		all.AddChunk(s.Current())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return all.Choices[0].Message, all.Choices[0].FinishReason
}

// TestBaseURLs holds that the addresses that people paste work.
func TestBaseURLs(t *testing.T) {
	t.Parallel()
	g, _ := start(t)
	for _, base := range []string{"/v1", "/v1/", "/openai/v1", "/openai/v1/"} {
		client := openai.NewClient(option.WithBaseURL(g.URL+base), option.WithAPIKey(g.Key))
		if _, err := client.Chat.Completions.New(context.Background(), question("simulator/echo")); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	if a := g.Post(t, "/v1/chat/completions", fairwaytest.Ask("simulator/echo"), "Authorization", "", "Api-Key", g.Key); a.Status != 200 {
		t.Errorf("api-key: status %d", a.Status)
	}
}
