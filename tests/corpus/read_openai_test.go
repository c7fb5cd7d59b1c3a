package corpus

import (
	"encoding/json"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// readOpenAI reads a recorded answer as it stands: between equal dialects
// nothing may change.
func readOpenAI(r *recording) (*fairwaytest.Said, error) {
	if r.Response.BodyText == "" {
		return fairwaytest.ReadChat(r.Response.Body)
	}
	list, err := r.payloads()
	if err != nil {
		return nil, err
	}
	text := ""
	for _, p := range list {
		text += "data: " + string(p) + "\n\n"
	}
	return fairwaytest.ReadChatStream([]byte(text))
}

// counted is what the ledger must have counted for a recorded answer of
// OpenAI's dialect. Vendors have their own names for cached tokens, and some
// count reasoning beside the answer.
func counted(r *recording) (prompt, completion, cached int64, ok bool) {
	list, err := r.payloads()
	if err != nil {
		return 0, 0, 0, false
	}
	type figures struct {
		Prompt     int64 `json:"prompt_tokens"`
		Completion int64 `json:"completion_tokens"`
		Total      int64 `json:"total_tokens"`
		Details    *struct {
			Cached int64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		CacheHit  int64 `json:"prompt_cache_hit_tokens"`
		NumCached int64 `json:"num_cached_tokens"`
		Cached    int64 `json:"cached_tokens"`
	}
	for _, p := range list {
		var b struct {
			Usage *figures
			XGroq *struct{ Usage *figures } `json:"x_groq"`
		}
		if json.Unmarshal(p, &b) != nil {
			return 0, 0, 0, false
		}
		u := b.Usage
		if u == nil && b.XGroq != nil {
			u = b.XGroq.Usage
		}
		if u == nil {
			continue
		}
		prompt, completion, ok = u.Prompt, max(u.Completion, u.Total-u.Prompt), true
		cached = max(u.CacheHit, u.NumCached, u.Cached)
		if u.Details != nil {
			cached = max(cached, u.Details.Cached)
		}
	}
	if n, found := besides[r.ID]; found {
		prompt, completion = n[0], n[1]
	}
	return prompt, completion, cached, ok
}

// besides are recordings whose figures are not what they say, prompt and
// completion: Mistral counts sound beside the prompt, and Vercel reasoning
// beside the completion.
var besides = map[string][2]int64{
	"mistral-chat-407ba119":        {386, 15},
	"vercel-gateway-chat-2fb3a458": {40, 126},
}
