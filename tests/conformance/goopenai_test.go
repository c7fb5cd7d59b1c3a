package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	openai "github.com/sashabaranov/go-openai"
)

// goOpenAI is the client that came before OpenAI's own.
var goOpenAI = goClient{
	module: "github.com/sashabaranov/go-openai", title: "go-openai", stop: "stop", tools: "tool_calls",
	status: func(err error) int {
		var e *openai.APIError
		if errors.As(err, &e) {
			return e.HTTPStatusCode
		}
		return 0
	},
	open: func(url, key string) goCalls {
		config := openai.DefaultConfig(key)
		config.BaseURL = url + "/v1"
		client := openai.NewClientWithConfig(config)
		asking := func(model string) openai.ChatCompletionRequest {
			return openai.ChatCompletionRequest{Model: model, Messages: []openai.ChatCompletionMessage{
				{Role: openai.ChatMessageRoleSystem, Content: "Be brief."}, {Role: openai.ChatMessageRoleUser, Content: question},
			}}
		}
		gather := func(ctx context.Context, ask openai.ChatCompletionRequest) (m openai.ChatCompletionMessage, a answer, err error) {
			ask.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
			s, err := client.CreateChatCompletionStream(ctx, ask)
			if err != nil {
				return m, a, err
			}
			defer s.Close()
			m.Role = openai.ChatMessageRoleAssistant
			for {
				chunk, err := s.Recv()
				if errors.Is(err, io.EOF) {
					a.text = m.Content
					return m, a, nil
				}
				if err != nil {
					return m, a, err
				}
				a.model = chunk.Model
				if u := chunk.Usage; u != nil {
					a.input, a.output = int64(u.PromptTokens), int64(u.CompletionTokens)
				}
				for _, c := range chunk.Choices {
					if c.Delta.Content != "" {
						a.pieces++
						m.Content += c.Delta.Content
					}
					if c.FinishReason != "" {
						a.finish = string(c.FinishReason)
					}
					for _, call := range c.Delta.ToolCalls {
						if call.Index == nil || *call.Index == len(m.ToolCalls) {
							m.ToolCalls = append(m.ToolCalls, openai.ToolCall{Type: openai.ToolTypeFunction})
						}
						known := &m.ToolCalls[len(m.ToolCalls)-1]
						known.ID += call.ID
						known.Function.Name += call.Function.Name
						known.Function.Arguments += call.Function.Arguments
					}
				}
			}
		}
		whole := func(ctx context.Context, ask openai.ChatCompletionRequest) (m openai.ChatCompletionMessage, a answer, err error) {
			r, err := client.CreateChatCompletion(ctx, ask)
			if err != nil {
				return m, a, err
			}
			c := r.Choices[0]
			return c.Message, answer{
				text: c.Message.Content, finish: string(c.FinishReason), model: r.Model,
				input: int64(r.Usage.PromptTokens), output: int64(r.Usage.CompletionTokens),
			}, nil
		}
		return goCalls{
			whole: func(ctx context.Context, model string) (answer, error) {
				_, a, err := whole(ctx, asking(model))
				return a, err
			},
			stream: func(ctx context.Context, model string) (answer, error) {
				_, a, err := gather(ctx, asking(model))
				return a, err
			},
			rounds: func(ctx context.Context, model string, streamed bool) (rounds, error) {
				ask, turn := asking(model), whole
				if streamed {
					turn = gather
				}
				ask.Tools = []openai.Tool{{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{Name: "weather", Parameters: schema}}}
				m, first, err := turn(ctx, ask)
				if err != nil {
					return rounds{}, err
				}
				if len(m.ToolCalls) != 1 {
					return rounds{}, errors.New("there is not one call")
				}
				call := m.ToolCalls[0]
				ask.Messages = append(ask.Messages, m, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: call.ID, Content: result})
				_, second, err := turn(ctx, ask)
				return rounds{call.Function.Name, call.Function.Arguments, first.finish, second.text}, err
			},
			structured: func(ctx context.Context, model string) (string, error) {
				ask := asking(model)
				text, err := json.Marshal(schema)
				if err != nil {
					return "", err
				}
				ask.ResponseFormat = &openai.ChatCompletionResponseFormat{
					Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
					JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: "place", Strict: true, Schema: json.RawMessage(text)},
				}
				_, a, err := whole(ctx, ask)
				return a.text, err
			},
			begin: func(ctx context.Context, model string) error {
				s, err := client.CreateChatCompletionStream(ctx, asking(model))
				if err != nil {
					return err
				}
				for {
					chunk, err := s.Recv()
					if err != nil {
						return err
					}
					if len(chunk.Choices) > 0 && chunk.Choices[0].Delta.Content != "" {
						return nil
					}
				}
			},
		}
	},
}
