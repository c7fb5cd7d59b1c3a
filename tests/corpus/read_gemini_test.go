package corpus

import (
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

type geminiBody struct {
	Candidates []struct {
		Index   int
		Content struct {
			Parts []struct {
				Text         string
				Thought      bool
				FunctionCall *struct {
					ID, Name string
					Args     json.RawMessage
				}
			}
		}
		FinishReason any
	}
	PromptFeedback *struct{ BlockReason any }
	UsageMetadata  *struct {
		PromptTokenCount, CachedContentTokenCount, CandidatesTokenCount, ThoughtsTokenCount, ToolUsePromptTokenCount int64
	}
}

// geminiFinish are the reasons to finish in the recordings that mean something
// else than a plain stop. Some are numbers.
var geminiFinish = map[any]string{
	"MAX_TOKENS": "length", "SAFETY": "content_filter", "RECITATION": "content_filter",
}

// readGemini reads a recorded answer the way OpenAI's dialect says it.
func readGemini(r *recording) (*fairwaytest.Said, error) {
	list, err := r.payloads()
	if err != nil {
		return nil, err
	}
	s := new(fairwaytest.Said)
	for _, text := range list {
		var b geminiBody
		if err := json.Unmarshal(text, &b); err != nil {
			return nil, err
		}
		if u := b.UsageMetadata; u != nil && *u != (struct {
			PromptTokenCount, CachedContentTokenCount, CandidatesTokenCount, ThoughtsTokenCount, ToolUsePromptTokenCount int64
		}{}) {
			s.Usage = &fairwaytest.Usage{
				Prompt: u.PromptTokenCount + u.ToolUsePromptTokenCount, Completion: u.CandidatesTokenCount + u.ThoughtsTokenCount,
				Cached: u.CachedContentTokenCount, Reasoning: u.ThoughtsTokenCount,
			}
		}
		if b.PromptFeedback != nil && b.PromptFeedback.BlockReason != nil {
			s.Finish = "content_filter"
		}
		for _, c := range b.Candidates {
			if c.Index != 0 {
				continue
			}
			for _, p := range c.Content.Parts {
				switch {
				case p.FunctionCall != nil:
					arguments := string(p.FunctionCall.Args)
					if arguments == "" {
						arguments = "{}"
					}
					s.Tools = append(s.Tools, fairwaytest.Tool{Name: p.FunctionCall.Name, Arguments: arguments})
				case p.Thought:
					s.Reasoning += p.Text
				default:
					s.Text += p.Text
				}
			}
			switch finish := geminiFinish[c.FinishReason]; {
			case c.FinishReason == nil:
			case finish != "":
				s.Finish = finish
			case s.Finish == "":
				s.Finish = "stop"
			}
		}
	}
	if s.Finish == "stop" && len(s.Tools) > 0 && !strings.Contains(r.body(), "UNEXPECTED_TOOL_CALL") {
		// An unexpected call is one that the caller did not offer, so it is not
		// asked to make it.
		s.Finish = "tool_calls"
	}
	return s, nil
}
