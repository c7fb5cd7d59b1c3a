package conformance

import (
	"context"
	"errors"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

// anthropicGo is Anthropic's client.
var anthropicGo = goClient{
	module: "github.com/anthropics/anthropic-sdk-go", title: "anthropic-sdk-go", stop: "end_turn", tools: "tool_use",
	status: func(err error) int {
		var e *anthropic.Error
		if errors.As(err, &e) {
			return e.StatusCode
		}
		return 0
	},
	open: func(url, key string) goCalls {
		client := anthropic.NewClient(option.WithBaseURL(url+"/anthropic"), option.WithAPIKey(key))
		asking := func(model string) anthropic.MessageNewParams {
			return anthropic.MessageNewParams{
				Model: model, MaxTokens: 1000, System: []anthropic.TextBlockParam{{Text: "Be brief."}},
				Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(question))},
			}
		}
		gather := func(ctx context.Context, ask anthropic.MessageNewParams) (*anthropic.Message, int, error) {
			s := client.Messages.NewStreaming(ctx, ask)
			m, pieces := new(anthropic.Message), 0
			for s.Next() {
				e := s.Current()
				if err := m.Accumulate(e); err != nil {
					return nil, 0, err
				}
				if e.Type == "content_block_delta" {
					pieces++
				}
			}
			return m, pieces, s.Err()
		}
		text := func(m *anthropic.Message) (text string) {
			for _, b := range m.Content {
				text += b.Text
			}
			return text
		}
		tell := func(m *anthropic.Message) answer {
			u := m.Usage
			return answer{text: text(m), finish: string(m.StopReason), model: m.Model, input: u.InputTokens + u.CacheCreationInputTokens + u.CacheReadInputTokens, output: u.OutputTokens}
		}
		return goCalls{
			whole: func(ctx context.Context, model string) (answer, error) {
				m, err := client.Messages.New(ctx, asking(model))
				if err != nil {
					return answer{}, err
				}
				return tell(m), nil
			},
			stream: func(ctx context.Context, model string) (answer, error) {
				m, pieces, err := gather(ctx, asking(model))
				if err != nil {
					return answer{}, err
				}
				a := tell(m)
				a.pieces = pieces
				return a, nil
			},
			rounds: func(ctx context.Context, model string, streamed bool) (rounds, error) {
				ask := asking(model)
				ask.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
					Name: "weather", InputSchema: anthropic.ToolInputSchemaParam{Properties: schema["properties"], Required: []string{"city", "days"}},
				}}}
				turn := func() (*anthropic.Message, error) {
					if !streamed {
						return client.Messages.New(ctx, ask)
					}
					m, _, err := gather(ctx, ask)
					return m, err
				}
				first, err := turn()
				if err != nil {
					return rounds{}, err
				}
				got := rounds{finish: string(first.StopReason)}
				var back []anthropic.ContentBlockParamUnion
				for _, b := range first.Content {
					if call, ok := b.AsAny().(anthropic.ToolUseBlock); ok {
						got.name, got.arguments = call.Name, string(call.Input)
						back = append(back, anthropic.NewToolResultBlock(call.ID, result, false))
					}
				}
				ask.Messages = append(ask.Messages, first.ToParam(), anthropic.NewUserMessage(back...))
				second, err := turn()
				if err != nil {
					return rounds{}, err
				}
				got.text = text(second)
				return got, nil
			},
			structured: func(ctx context.Context, model string) (string, error) {
				ask := asking(model)
				ask.OutputConfig.Format = anthropic.JSONOutputFormatParam{Schema: schema}
				m, err := client.Messages.New(ctx, ask)
				if err != nil {
					return "", err
				}
				return text(m), nil
			},
			begin: func(ctx context.Context, model string) error {
				s := client.Messages.NewStreaming(ctx, asking(model))
				for s.Next() {
					if s.Current().Type == "content_block_delta" {
						return nil
					}
				}
				return s.Err()
			},
		}
	},
}
