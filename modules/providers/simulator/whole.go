package simulator

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// whole is the answer in one piece.
func (a *answer) whole(ctx context.Context) *llm.Answer {
	b := a.appendHead(make([]byte, 0, 512+len(a.content)+len(a.content)/8), "chat.completion")
	for i := range a.n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"index":`...)
		b = strconv.AppendInt(b, i, 10)
		b = append(b, `,"message":{"role":"assistant","content":`...)
		if a.tool == nil {
			b = rawjson.AppendQuote(b, a.content)
			b = append(b, `,"refusal":null,"annotations":[]`...)
		} else {
			b = append(b, `null,"refusal":null,"annotations":[],"tool_calls":[{`...)
			b = a.appendCall(b, i, a.content)
			b = append(b, "}]"...)
		}
		b = append(b, `},"logprobs":null,"finish_reason":"`...)
		b = append(b, a.finish...)
		b = append(b, `"}`...)
	}
	b = append(b, `],"usage":`...)
	b = append(a.appendUsage(b), '}')
	out := &llm.Answer{Status: http.StatusOK, Header: header("application/json", a.id), Length: int64(len(b))}
	half := b[:len(b)/2]
	switch a.behavior.fault {
	case "":
		out.Body = io.NopCloser(bytes.NewReader(b))
	case faultReset:
		out.Body = newBroken(ctx, half, errReset)
	case faultStall:
		out.Body = newBroken(ctx, nil, nil)
	case faultTruncate:
		out.Body = newBroken(ctx, half, io.ErrUnexpectedEOF)
	case faultGarbage:
		out.Length = int64(len(garbage))
		out.Body = newBroken(ctx, []byte(garbage), io.EOF)
	case faultError:
		body := inBand().body()
		out.Length = int64(len(body))
		out.Body = newBroken(ctx, body, io.EOF)
	}
	return out
}

// garbage is no JSON.
const garbage = `{"id":"chatcmpl-garbage","choices":[{"index":0,"delta":{"content":"`

// appendHead appends an object up to its list of choices.
func (a *answer) appendHead(b []byte, object string) []byte {
	b = append(b, `{"id":"chatcmpl-`...)
	b = append(b, a.id...)
	b = append(b, `","object":"`...)
	b = append(b, object...)
	b = append(b, `","created":`...)
	b = strconv.AppendInt(b, a.created, 10)
	b = append(b, `,"model":`...)
	b = rawjson.AppendQuote(b, a.model)
	return append(b, `,"choices":[`...)
}

// appendCall appends the members of a tool call.
func (a *answer) appendCall(b []byte, choice int64, arguments string) []byte {
	b = append(b, `"id":"call_`...)
	b = append(b, a.id...)
	b = strconv.AppendInt(b, choice, 10)
	if a.tool.Type == "custom" {
		b = append(b, `","type":"custom","custom":{"name":`...)
		b = rawjson.AppendQuote(b, a.tool.name())
		b = append(b, `,"input":`...)
	} else {
		b = append(b, `","type":"function","function":{"name":`...)
		b = rawjson.AppendQuote(b, a.tool.name())
		b = append(b, `,"arguments":`...)
	}
	b = rawjson.AppendQuote(b, arguments)
	return append(b, '}')
}

// appendUsage appends the count of tokens.
func (a *answer) appendUsage(b []byte) []byte {
	const bytesPerToken = 4
	given := func(n int, otherwise int64) int64 {
		if n == unset {
			return otherwise
		}
		return int64(n)
	}
	prompt := given(a.behavior.prompt, max(1, int64(a.size+bytesPerToken-1)/bytesPerToken))
	completion := given(a.behavior.completion, a.count*a.n)
	b = append(b, `{"prompt_tokens":`...)
	b = strconv.AppendInt(b, prompt, 10)
	b = append(b, `,"completion_tokens":`...)
	b = strconv.AppendInt(b, completion, 10)
	b = append(b, `,"total_tokens":`...)
	b = strconv.AppendInt(b, prompt+completion, 10)
	b = append(b, `,"prompt_tokens_details":{"cached_tokens":`...)
	b = strconv.AppendInt(b, given(a.behavior.cached, 0), 10)
	b = append(b, `},"completion_tokens_details":{"reasoning_tokens":`...)
	b = strconv.AppendInt(b, given(a.behavior.reasoning, 0), 10)
	return append(b, "}}"...)
}
