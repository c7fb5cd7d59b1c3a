package conformance

import (
	"context"
	"encoding/json"
	"errors"

	"google.golang.org/genai"
)

// genaiGo is Google's client.
var genaiGo = goClient{
	module: "google.golang.org/genai", title: "google.golang.org/genai", stop: "STOP",
	status: func(err error) int {
		var e genai.APIError
		if errors.As(err, &e) {
			return e.Code
		}
		return 0
	},
	open: func(url, key string) goCalls {
		// It fails for want of a key only.
		client, _ := genai.NewClient(context.Background(), &genai.ClientConfig{APIKey: key, Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: url + "/google"}})
		models := client.Models
		brief := func() *genai.GenerateContentConfig {
			return &genai.GenerateContentConfig{SystemInstruction: genai.NewContentFromText("Be brief.", genai.RoleUser)}
		}
		tell := func(a *answer, r *genai.GenerateContentResponse) {
			if text := r.Text(); text != "" {
				a.text += text
				a.pieces++
			}
			if len(r.Candidates) > 0 && r.Candidates[0].FinishReason != "" {
				a.finish = string(r.Candidates[0].FinishReason)
			}
			if u := r.UsageMetadata; u != nil {
				a.input, a.output = int64(u.PromptTokenCount), int64(u.CandidatesTokenCount+u.ThoughtsTokenCount)
			}
			a.model = r.ModelVersion
		}
		return goCalls{
			whole: func(ctx context.Context, model string) (a answer, err error) {
				r, err := models.GenerateContent(ctx, model, genai.Text(question), brief())
				if err == nil {
					tell(&a, r)
				}
				return a, err
			},
			stream: func(ctx context.Context, model string) (a answer, err error) {
				for r, err := range models.GenerateContentStream(ctx, model, genai.Text(question), brief()) {
					if err != nil {
						return a, err
					}
					tell(&a, r)
				}
				return a, nil
			},
			rounds: func(ctx context.Context, model string, streamed bool) (got rounds, err error) {
				config := brief()
				config.Tools = []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{Name: "weather", Parameters: &genai.Schema{
					Type:       genai.TypeObject,
					Properties: map[string]*genai.Schema{"city": {Type: genai.TypeString}, "days": {Type: genai.TypeInteger}},
					Required:   []string{"city", "days"},
				}}}}}
				contents := genai.Text(question)
				turn := func() ([]*genai.Part, error) {
					if !streamed {
						r, err := models.GenerateContent(ctx, model, contents, config)
						if err != nil {
							return nil, err
						}
						return r.Candidates[0].Content.Parts, nil
					}
					var parts []*genai.Part
					for r, err := range models.GenerateContentStream(ctx, model, contents, config) {
						if err != nil {
							return nil, err
						}
						if len(r.Candidates) > 0 && r.Candidates[0].Content != nil {
							parts = append(parts, r.Candidates[0].Content.Parts...)
						}
					}
					return parts, nil
				}
				parts, err := turn()
				if err != nil {
					return got, err
				}
				contents = append(contents, genai.NewContentFromParts(parts, genai.RoleModel))
				for _, p := range parts {
					if c := p.FunctionCall; c != nil {
						got.name = c.Name
						arguments, err := json.Marshal(c.Args)
						if err != nil {
							return got, err
						}
						got.arguments = string(arguments)
						back := genai.NewPartFromFunctionResponse(c.Name, map[string]any{"output": result})
						back.FunctionResponse.ID = c.ID
						contents = append(contents, genai.NewContentFromParts([]*genai.Part{back}, genai.RoleUser))
					}
				}
				if parts, err = turn(); err != nil {
					return got, err
				}
				for _, p := range parts {
					if !p.Thought {
						got.text += p.Text
					}
				}
				return got, nil
			},
			structured: func(ctx context.Context, model string) (string, error) {
				config := brief()
				config.ResponseMIMEType, config.ResponseJsonSchema = "application/json", schema
				r, err := models.GenerateContent(ctx, model, genai.Text(question), config)
				if err != nil {
					return "", err
				}
				return r.Text(), nil
			},
			begin: func(ctx context.Context, model string) error {
				for r, err := range models.GenerateContentStream(ctx, model, genai.Text(question), brief()) {
					if err != nil || r.Text() != "" {
						return err
					}
				}
				return errors.New("the stream ended without a text")
			},
		}
	},
}
