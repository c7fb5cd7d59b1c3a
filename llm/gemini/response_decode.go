package gemini

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeResponse reads a whole answer. A body that carries an error, or says
// nothing at all, gives an [*llm.Error]; a prompt that was blocked is an answer
// that the content filter ended.
func (Dialect) DecodeResponse(body []byte) (*llm.Response, error) {
	body = rawjson.TrimSpace(body)
	if len(body) == 0 {
		return nil, badOutput("empty", "the provider sent an empty answer", nil)
	}
	if body[0] == '[' { // an error, which Google wraps for calls that stream, or such a stream
		return decodeList(body)
	}
	var a answer
	if err := a.parse(body); err != nil {
		return nil, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	}
	if a.failure != nil {
		return nil, a.error()
	}
	return a.neutral()
}

// decodeList reads a stream that came as one list.
func decodeList(body []byte) (*llm.Response, error) {
	l := listReader{r: bytes.NewReader(body), max: len(body)}
	var whole answer
	for {
		chunk, err := l.next()
		if errors.Is(err, io.EOF) {
			return whole.neutral()
		}
		var a answer
		if err == nil {
			err = a.parse(chunk)
		}
		if err != nil {
			return nil, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
		}
		if a.failure != nil {
			return nil, a.error()
		}
		whole.add(&a)
	}
}

// add takes in the next chunk of a stream.
func (a *answer) add(b *answer) {
	a.id, a.model, a.created, a.block = cmp.Or(a.id, b.id), cmp.Or(a.model, b.model), cmp.Or(a.created, b.created), cmp.Or(a.block, b.block)
	if b.usage.says() {
		a.usage = b.usage
	}
	for i := range b.candidates {
		next := &b.candidates[i]
		at := slices.IndexFunc(a.candidates, func(c candidate) bool { return c.index == next.index })
		if at < 0 {
			a.candidates = append(a.candidates, *next)
			continue
		}
		c := &a.candidates[at]
		for _, p := range next.parts {
			c.add(p)
		}
		c.finish = cmp.Or(next.finish, c.finish)
		c.continuation = cmp.Or(next.continuation, c.continuation)
		c.citations = append(c.citations, next.citations...)
		if len(next.grounding.sources) > 0 {
			c.grounding = next.grounding
		}
	}
}

// add appends a part, or continues the text before it.
func (c *candidate) add(p part) {
	if n := len(c.parts); n > 0 {
		last := &c.parts[n-1]
		if last.kind == p.kind && (p.kind == partText || p.kind == partThought) && last.signature == "" {
			last.text += p.text
			last.signature = p.signature
			return
		}
	}
	c.parts = append(c.parts, p)
}

func (a *answer) neutral() (*llm.Response, error) {
	r := &llm.Response{
		ID: a.id, Model: a.model, Created: a.createdAt(), Usage: a.usage.neutral(), ServiceTier: neutralTier(a.usage.tier),
	}
	if len(a.candidates) == 0 {
		if a.block == "" {
			return nil, badOutput("empty", "the provider sent an answer without candidates", errNoCandidates)
		}
		r.Choices = []llm.Choice{{
			Message: llm.Message{Role: llm.RoleAssistant},
			Finish:  llm.FinishContentFilter, NativeFinish: a.block,
		}}
		return r, nil
	}
	r.Choices = make([]llm.Choice, 0, len(a.candidates))
	var failed error
	for i := range a.candidates {
		c, err := a.candidates[i].neutral(a)
		if err != nil {
			failed = err
		}
		r.Choices = append(r.Choices, c)
	}
	if failed != nil && !anyContent(r.Choices) {
		return nil, failed
	}
	return r, nil
}

func anyContent(list []llm.Choice) bool {
	for i := range list {
		if len(list[i].Message.Parts) > 0 {
			return true
		}
	}
	return false
}

// createdAt is the answer's time, which Vertex AI tells.
func (a *answer) createdAt() time.Time {
	t, err := time.Parse(time.RFC3339Nano, a.created)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func (c *candidate) neutral(a *answer) (llm.Choice, error) {
	out := llm.Choice{
		Index:        c.index,
		Message:      llm.Message{Role: llm.RoleAssistant},
		NativeFinish: c.finish,
		LogProbs:     bytes.Clone(c.logProbs),
	}
	var parts []llm.Part
	// from has the position in parts of each part that Google numbers.
	from := make([]int, len(c.parts))
	calls := 0
	for i := range c.parts {
		p := &c.parts[i]
		if p.kind == partText && p.text == "" && sign(parts, p.signature) {
			from[i] = len(parts) - 1
			continue
		}
		q, ok := p.neutral(a, c.index, calls)
		from[i] = len(parts)
		if !ok {
			continue
		}
		if q.Kind == llm.PartToolCall {
			calls++
		}
		parts = append(parts, q)
	}
	if c.continuation != "" {
		parts = append(parts, continuationPart(c.continuation))
	}
	out.Message.Parts = parts
	c.cite(parts, from)
	out.Finish = finishOf(c.finish, calls > 0)
	switch {
	case len(parts) > 0:
		return out, nil
	case c.finish == "" && a.block != "":
		out.Finish, out.NativeFinish = llm.FinishContentFilter, a.block
		return out, nil
	}
	return out, unsaid(c.finish)
}

// unsaid judges an answer without content by its reason to finish: a model that
// was cut off or filtered may have said nothing, any other has failed.
func unsaid(finish string) error {
	switch e, ok := endings[finish]; {
	case ok && e.spoiled:
		return badOutput("malformed", "the model's tool call could not be used ("+finish+")", nil)
	case ok:
		return nil
	}
	return badOutput("empty", "the model said nothing", nil)
}

// sign puts a signature that came with an empty text on the part before it, and
// reports whether there was one to take it.
func sign(parts []llm.Part, signature string) bool {
	if signature == "" || len(parts) == 0 {
		return false
	}
	last := &parts[len(parts)-1]
	if last.Kind != llm.PartText || last.Signature != "" {
		return false
	}
	last.Signature, last.Issuer = signature, llm.IssuerGoogle
	return true
}

// neutral is false for a part that says nothing. calls is the number of tool
// calls before it.
func (p *part) neutral(a *answer, choice, calls int) (llm.Part, bool) {
	var out llm.Part
	switch p.kind {
	case partText:
		if p.text == "" && p.signature == "" {
			return out, false
		}
		out = llm.Part{Kind: llm.PartText, Text: p.text}
	case partThought:
		if p.text == "" && p.signature == "" {
			return out, false
		}
		out = llm.Part{Kind: llm.PartReasoning, Text: p.text, Issuer: llm.IssuerGoogle}
	case partCall:
		if p.call.name == "" {
			return out, false
		}
		call := &llm.ToolCall{ID: p.call.id, Name: p.call.name, Arguments: p.call.arguments()}
		if call.ID == "" {
			call.ID = inventedID(a.id, choice, calls, call)
		}
		out = llm.Part{Kind: llm.PartToolCall, Call: call}
	case partMedia:
		out = llm.Part{Kind: kindOf(p.mime), Media: &llm.Media{MIMEType: p.mime, Data: p.data, URL: p.uri}}
	case partOpaque:
		return llm.Part{Kind: llm.PartOpaque, Data: bytes.Clone(p.raw), Issuer: llm.IssuerGoogle}, true
	default:
		return out, false
	}
	if p.signature != "" {
		out.Signature, out.Issuer = p.signature, llm.IssuerGoogle
	}
	return out, true
}

// arguments are a call's arguments, whole.
func (f *functionCall) arguments() string {
	if f.args == "" && len(f.partial) > 0 {
		var root argNode
		for _, p := range f.partial {
			root.add(p)
		}
		return string(root.object(nil))
	}
	if f.args == "" {
		return "{}"
	}
	return f.args
}

// inventedID makes an id for a tool call that has none. The same answer always
// gets the same ids.
func inventedID(response string, choice, index int, call *llm.ToolCall) string {
	b := append([]byte(response), 0)
	b = strconv.AppendInt(b, int64(choice), 10)
	b = strconv.AppendInt(append(b, 0), int64(index), 10)
	b = append(append(b, 0), call.Name...)
	if response == "" {
		b = append(append(b, 0), call.Arguments...)
	}
	sum := sha256.Sum256(b)
	return "call_" + hex.EncodeToString(sum[:12])
}

// cite ties the candidate's sources to its text. Where Google names no part,
// or one that is no text, it is the first text.
func (c *candidate) cite(parts []llm.Part, from []int) {
	first := -1
	for i := range parts {
		if parts[i].Kind == llm.PartText {
			first = i
			break
		}
	}
	if first < 0 {
		return
	}
	add := func(s segment) {
		at := first
		if s.part > 0 && s.part < len(from) && from[s.part] < len(parts) && parts[from[s.part]].Kind == llm.PartText {
			at = from[s.part]
		}
		if cite, ok := s.citation(parts[at].Text); ok {
			parts[at].Citations = append(parts[at].Citations, cite)
		}
	}
	for _, s := range c.citations {
		add(s)
	}
	c.grounding.each(add)
}

// continuationKey is the name of what goes on from an answer that was cut off.
const continuationKey = "continuationToken"

// continuationPart keeps the token for a caller that knows what to do with it.
func continuationPart(token string) llm.Part {
	data := rawjson.AppendQuote([]byte(`{"`+continuationKey+`":`), token)
	return llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(append(data, '}')), Issuer: llm.IssuerGoogle}
}

// isContinuation reports whether an opaque part is of our own making.
func isContinuation(data json.RawMessage) bool {
	return strings.HasPrefix(string(data), `{"`+continuationKey+`":`)
}
