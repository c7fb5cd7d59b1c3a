package conformance

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

func openaiStatus(err error) int {
	var e *openai.Error
	if errors.As(err, &e) {
		return e.StatusCode
	}
	return 0
}

// openaiGo is OpenAI's client by its chat completions.
var openaiGo = goClient{
	module: "github.com/openai/openai-go/v3", title: "openai-go", stop: "stop", tools: "tool_calls", status: openaiStatus,
	open: func(url, key string) goCalls {
		client := openai.NewClient(option.WithBaseURL(url+"/v1/"), option.WithAPIKey(key))
		asking := func(model string) openai.ChatCompletionNewParams {
			return openai.ChatCompletionNewParams{
				Model:    model,
				Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("Be brief."), openai.UserMessage(question)},
			}
		}
		gather := func(ctx context.Context, ask openai.ChatCompletionNewParams) (*openai.ChatCompletion, int, error) {
			ask.StreamOptions.IncludeUsage = openai.Bool(true)
			s := client.Chat.Completions.NewStreaming(ctx, ask)
			all, pieces := openai.ChatCompletionAccumulator{}, 0
			for s.Next() {
				if !all.AddChunk(s.Current()) {
					return nil, 0, errors.New("the accumulator refuses a piece: " + s.Current().RawJSON())
				}
				if c := s.Current().Choices; len(c) > 0 && c[0].Delta.Content != "" {
					pieces++
				}
			}
			return &all.ChatCompletion, pieces, s.Err()
		}
		tell := func(r *openai.ChatCompletion) answer {
			return answer{text: r.Choices[0].Message.Content, finish: r.Choices[0].FinishReason, model: r.Model, input: r.Usage.PromptTokens, output: r.Usage.CompletionTokens}
		}
		return goCalls{
			whole: func(ctx context.Context, model string) (answer, error) {
				r, err := client.Chat.Completions.New(ctx, asking(model))
				if err != nil {
					return answer{}, err
				}
				return tell(r), nil
			},
			stream: func(ctx context.Context, model string) (answer, error) {
				r, pieces, err := gather(ctx, asking(model))
				if err != nil {
					return answer{}, err
				}
				a := tell(r)
				a.pieces = pieces
				return a, nil
			},
			rounds: func(ctx context.Context, model string, streamed bool) (rounds, error) {
				ask := asking(model)
				ask.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: "weather", Parameters: schema})}
				turn := func() (*openai.ChatCompletion, error) {
					if !streamed {
						return client.Chat.Completions.New(ctx, ask)
					}
					r, _, err := gather(ctx, ask)
					return r, err
				}
				first, err := turn()
				if err != nil {
					return rounds{}, err
				}
				m := first.Choices[0].Message
				if len(m.ToolCalls) != 1 {
					return rounds{}, errors.New("no call in " + m.RawJSON())
				}
				call := m.ToolCalls[0]
				ask.Messages = append(ask.Messages, m.ToParam(), openai.ToolMessage(result, call.ID))
				second, err := turn()
				if err != nil {
					return rounds{}, err
				}
				return rounds{call.Function.Name, call.Function.Arguments, first.Choices[0].FinishReason, second.Choices[0].Message.Content}, nil
			},
			structured: func(ctx context.Context, model string) (string, error) {
				ask := asking(model)
				ask.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "place", Strict: openai.Bool(true), Schema: schema}}
				r, err := client.Chat.Completions.New(ctx, ask)
				if err != nil {
					return "", err
				}
				return r.Choices[0].Message.Content, nil
			},
			begin: func(ctx context.Context, model string) error {
				s := client.Chat.Completions.NewStreaming(ctx, asking(model))
				for s.Next() {
					if c := s.Current().Choices; len(c) > 0 && c[0].Delta.Content != "" {
						return nil
					}
				}
				return s.Err()
			},
		}
	},
}

// openaiGoResponses is the same by Responses.
var openaiGoResponses = goClient{
	module: "github.com/openai/openai-go/v3", title: "openai-go, Responses", stop: "completed", tools: "completed", status: openaiStatus,
	open: func(url, key string) goCalls {
		client := openai.NewClient(option.WithBaseURL(url+"/v1"), option.WithAPIKey(key))
		asking := func(model string) responses.ResponseNewParams {
			return responses.ResponseNewParams{
				Model: model, Instructions: openai.String("Be brief."),
				Input: responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage(question, responses.EasyInputMessageRoleUser)}},
			}
		}
		gather := func(ctx context.Context, ask responses.ResponseNewParams) (*responses.Response, int, error) {
			s := client.Responses.NewStreaming(ctx, ask)
			var r *responses.Response
			pieces := 0
			for s.Next() {
				switch e := s.Current().AsAny().(type) {
				case responses.ResponseTextDeltaEvent:
					pieces++
				case responses.ResponseCompletedEvent:
					r = &e.Response
				}
			}
			if r == nil && s.Err() == nil {
				return nil, 0, errors.New("the stream did not complete")
			}
			return r, pieces, s.Err()
		}
		tell := func(r *responses.Response) answer {
			return answer{text: r.OutputText(), finish: string(r.Status), model: r.Model, input: r.Usage.InputTokens, output: r.Usage.OutputTokens}
		}
		return goCalls{
			whole: func(ctx context.Context, model string) (answer, error) {
				r, err := client.Responses.New(ctx, asking(model))
				if err != nil {
					return answer{}, err
				}
				return tell(r), nil
			},
			stream: func(ctx context.Context, model string) (answer, error) {
				r, pieces, err := gather(ctx, asking(model))
				if err != nil {
					return answer{}, err
				}
				a := tell(r)
				a.pieces = pieces
				return a, nil
			},
			rounds: func(ctx context.Context, model string, streamed bool) (rounds, error) {
				ask := asking(model)
				ask.Tools = []responses.ToolUnionParam{responses.ToolParamOfFunction("weather", schema, true)}
				turn := func() (*responses.Response, error) {
					if !streamed {
						return client.Responses.New(ctx, ask)
					}
					r, _, err := gather(ctx, ask)
					return r, err
				}
				first, err := turn()
				if err != nil {
					return rounds{}, err
				}
				got := rounds{finish: string(first.Status)}
				for _, item := range first.Output {
					// All that was said goes back, as it came.
					ask.Input.OfInputItemList = append(ask.Input.OfInputItemList, param.Override[responses.ResponseInputItemUnionParam](json.RawMessage(item.RawJSON())))
					if item.Type == "function_call" {
						call := item.AsFunctionCall()
						got.name, got.arguments = call.Name, call.Arguments
						output := responses.ResponseInputItemFunctionCallOutputParam{CallID: openai.String(call.CallID)}
						output.Output.OfString = openai.String(result)
						ask.Input.OfInputItemList = append(ask.Input.OfInputItemList, responses.ResponseInputItemUnionParam{OfFunctionCallOutput: &output})
					}
				}
				second, err := turn()
				if err != nil {
					return rounds{}, err
				}
				got.text = second.OutputText()
				return got, nil
			},
			structured: func(ctx context.Context, model string) (string, error) {
				ask := asking(model)
				ask.Text.Format = responses.ResponseFormatTextConfigParamOfJSONSchema("place", schema)
				r, err := client.Responses.New(ctx, ask)
				if err != nil {
					return "", err
				}
				return r.OutputText(), nil
			},
			begin: func(ctx context.Context, model string) error {
				s := client.Responses.NewStreaming(ctx, asking(model))
				for s.Next() {
					if _, ok := s.Current().AsAny().(responses.ResponseTextDeltaEvent); ok {
						return nil
					}
				}
				return s.Err()
			},
		}
	},
}
