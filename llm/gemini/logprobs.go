package gemini

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// tokenLogProb is a token and how likely it was.
type tokenLogProb struct {
	token string
	prob  float64
	top   []tokenLogProb
}

// readLogProbs reads logprobsResult into the form that the neutral answer has,
// which is OpenAI's.
func readLogProbs(r *reader) json.RawMessage {
	var chosen []tokenLogProb
	var top [][]tokenLogProb
	for name := range r.fields {
		switch string(name) {
		case "chosenCandidates":
			chosen = readTokens(r)
		case "topCandidates":
			for range r.items {
				var list []tokenLogProb
				for name := range r.fields {
					if string(name) == "candidates" {
						list = readTokens(r)
					} else {
						r.skip()
					}
				}
				top = append(top, list)
			}
		default:
			r.skip()
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	dst := []byte(`{"content":[`)
	for i := range chosen {
		if i > 0 {
			dst = append(dst, ',')
		}
		if i < len(top) {
			chosen[i].top = top[i]
		}
		dst = chosen[i].appendOpenAI(dst)
		dst = append(dst, `,"top_logprobs":[`...)
		for j := range chosen[i].top {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = append(chosen[i].top[j].appendOpenAI(dst), '}')
		}
		dst = append(dst, "]}"...)
	}
	return append(dst, `],"refusal":null}`...)
}

func readTokens(r *reader) []tokenLogProb {
	var list []tokenLogProb
	for range r.items {
		var t tokenLogProb
		for name := range r.fields {
			switch string(name) {
			case "token":
				t.token = r.str()
			case "logProbability":
				t.prob = r.number()
			default:
				r.skip()
			}
		}
		list = append(list, t)
	}
	return list
}

// appendOpenAI appends a token but for its closing brace.
func (t *tokenLogProb) appendOpenAI(dst []byte) []byte {
	dst = rawjson.AppendQuote(append(dst, `{"token":`...), t.token)
	dst = appendNumber(append(dst, `,"logprob":`...), t.prob)
	dst = append(dst, `,"bytes":[`...)
	for i := 0; i < len(t.token); i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(t.token[i]), 10)
	}
	return append(dst, ']')
}

// appendLogProbs appends logprobsResult out of OpenAI's form. Nothing is
// appended when that says nothing.
func appendLogProbs(dst []byte, raw json.RawMessage) []byte {
	var in struct {
		Content []struct {
			Token       string
			LogProb     float64
			TopLogProbs []struct {
				Token   string
				LogProb float64
			} `json:"top_logprobs"`
		}
	}
	if len(raw) == 0 || json.Unmarshal(raw, &in) != nil || len(in.Content) == 0 {
		return dst
	}
	one := func(token string, prob float64) {
		dst = rawjson.AppendQuote(append(dst, `{"token":`...), token)
		dst = append(appendNumber(append(dst, `,"logProbability":`...), prob), '}')
	}
	comma := func(i int) {
		if i > 0 {
			dst = append(dst, ',')
		}
	}
	dst = append(dst, `,"logprobsResult":{"chosenCandidates":[`...)
	for i, t := range in.Content {
		comma(i)
		one(t.Token, t.LogProb)
	}
	dst = append(dst, `],"topCandidates":[`...)
	for i, t := range in.Content {
		comma(i)
		dst = append(dst, `{"candidates":[`...)
		for j, t := range t.TopLogProbs {
			comma(j)
			one(t.Token, t.LogProb)
		}
		dst = append(dst, "]}"...)
	}
	return append(dst, "]}"...)
}

// appendNumber appends a number in the shortest form that reads back the same.
func appendNumber(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(dst, '0')
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}
