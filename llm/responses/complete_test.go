package responses

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What OpenAI's own types require of an answer, of its items and of events.
var (
	answerKeys = []string{
		"id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "metadata", "model", "output",
		"parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "usage",
	}
	itemKeys = map[string][]string{
		"message":          {"id", "role", "status", "content"},
		"reasoning":        {"id", "summary"},
		"function_call":    {"id", "call_id", "name", "arguments", "status"},
		"custom_tool_call": {"id", "call_id", "name", "input"},
	}
	partKeys = map[string][]string{
		"output_text": {"text", "annotations", "logprobs"}, "refusal": {"refusal"}, "summary_text": {"text"},
	}
	eventKeys = map[string][]string{
		"response.created":                         {"response"},
		"response.in_progress":                     {"response"},
		"response.completed":                       {"response"},
		"response.incomplete":                      {"response"},
		"response.failed":                          {"response"},
		"response.output_item.added":               {"output_index", "item"},
		"response.output_item.done":                {"output_index", "item"},
		"response.content_part.added":              {"item_id", "output_index", "content_index", "part"},
		"response.content_part.done":               {"item_id", "output_index", "content_index", "part"},
		"response.output_text.delta":               {"item_id", "output_index", "content_index", "delta", "logprobs"},
		"response.output_text.done":                {"item_id", "output_index", "content_index", "text", "logprobs"},
		"response.output_text.annotation.added":    {"item_id", "output_index", "content_index", "annotation_index", "annotation"},
		"response.refusal.delta":                   {"item_id", "output_index", "content_index", "delta"},
		"response.refusal.done":                    {"item_id", "output_index", "content_index", "refusal"},
		"response.function_call_arguments.delta":   {"item_id", "output_index", "delta"},
		"response.function_call_arguments.done":    {"item_id", "output_index", "name", "arguments"},
		"response.custom_tool_call_input.delta":    {"item_id", "output_index", "delta"},
		"response.custom_tool_call_input.done":     {"item_id", "output_index", "input"},
		"response.reasoning_summary_part.added":    {"item_id", "output_index", "summary_index", "part"},
		"response.reasoning_summary_part.done":     {"item_id", "output_index", "summary_index", "part"},
		"response.reasoning_summary_text.delta":    {"item_id", "output_index", "summary_index", "delta"},
		"response.reasoning_summary_text.done":     {"item_id", "output_index", "summary_index", "text"},
		"response.image_generation_call.completed": {"item_id", "output_index"},
		"error": {"code", "message", "param", "error"},
	}
)

type jsonObject = map[string]any

func lacks(o jsonObject, keys []string) string {
	for _, k := range keys {
		if _, ok := o[k]; !ok {
			return k
		}
	}
	return ""
}

// completeAnswer checks what is required of an answer.
func completeAnswer(o jsonObject) error {
	if k := lacks(o, answerKeys); k != "" {
		return fmt.Errorf("the answer lacks %s", k)
	}
	if o["object"] != "response" || o["model"] != "public" {
		return fmt.Errorf("the answer is a %v of %v", o["object"], o["model"])
	}
	if u, ok := o["usage"].(jsonObject); ok {
		if k := lacks(u, []string{"input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details", "total_tokens"}); k != "" {
			return fmt.Errorf("usage lacks %s", k)
		}
	}
	ids := map[string]bool{}
	for _, i := range o["output"].([]any) {
		item := i.(jsonObject)
		if err := completeItem(item); err != nil {
			return err
		}
		id, _ := item["id"].(string)
		kind, _ := item["type"].(string)
		if ids[id] && itemKeys[kind] != nil { // others are as the provider made them
			return fmt.Errorf("two items have the id %s", id)
		}
		ids[id] = true
	}
	return nil
}

func completeItem(item jsonObject) error {
	kind, _ := item["type"].(string)
	if k := lacks(item, itemKeys[kind]); k != "" {
		return fmt.Errorf("a %s lacks %s", kind, k)
	}
	for _, key := range [...]string{"content", "summary"} {
		list, _ := item[key].([]any)
		for _, p := range list {
			part := p.(jsonObject)
			if k := lacks(part, partKeys[part["type"].(string)]); k != "" {
				return fmt.Errorf("a %s lacks %s", part["type"], k)
			}
		}
	}
	return nil
}

func checkComplete(t *testing.T, id string, b []byte) {
	t.Helper()
	var o jsonObject
	if err := json.Unmarshal(b, &o); err != nil {
		t.Errorf("%s: %v in %s", id, err, b)
		return
	}
	if err := completeAnswer(o); err != nil {
		t.Errorf("%s: %v", id, err)
	}
}

// checkStream checks a stream as a client sees it.
func checkStream(t *testing.T, id string, b []byte) {
	t.Helper()
	if err := completeStream(string(b)); err != nil {
		t.Errorf("%s: %v\n%s", id, err, b)
	}
}

// follower follows a stream as OpenAI's libraries do: every item and part is
// announced, grows, and is told whole at its end.
type follower struct {
	items []jsonObject // as announced
	done  []bool
	texts map[string]string // by the place of a part
	ended bool
}

func completeStream(text string) error {
	f := &follower{texts: map[string]string{}}
	n := 0
	for block := range strings.SplitSeq(strings.TrimSuffix(text, "\n\n"), "\n\n") {
		if block == "" || strings.HasPrefix(block, ":") {
			continue
		}
		name, data, ok := strings.Cut(block, "\ndata: ")
		name, named := strings.CutPrefix(name, "event: ")
		if !ok || !named || strings.Contains(data, "\n") {
			return fmt.Errorf("not an event: %q", block)
		}
		var e jsonObject
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return fmt.Errorf("%w in %s", err, data)
		}
		if e["type"] != name || e["sequence_number"] != float64(n) {
			return fmt.Errorf("event %d is %v, number %v, named %s", n, e["type"], e["sequence_number"], name)
		}
		keys, known := eventKeys[name]
		if !known {
			return fmt.Errorf("an unknown event %s", name)
		}
		if k := lacks(e, keys); k != "" {
			return fmt.Errorf("%s lacks %s", name, k)
		}
		if err := f.follow(n, name, e); err != nil {
			return fmt.Errorf("event %d, %s: %w", n, name, err)
		}
		n++
	}
	if !f.ended {
		return fmt.Errorf("the stream does not end")
	}
	return nil
}

func (f *follower) follow(n int, name string, e jsonObject) error {
	if f.ended && name != "response.failed" {
		return fmt.Errorf("comes after the end")
	}
	at := -1
	if i, ok := e["output_index"].(float64); ok {
		at = int(i)
		if name != "response.output_item.added" && (at >= len(f.items) || f.done[at]) {
			return fmt.Errorf("item %d is not open", at)
		}
		if id, ok := e["item_id"]; ok && f.items[at]["id"] != id {
			return fmt.Errorf("item %d has the id %v", at, f.items[at]["id"])
		}
	}
	part := fmt.Sprint(at, e["content_index"], e["summary_index"])
	switch name {
	case "response.created", "response.in_progress":
		if want := []string{"response.created", "response.in_progress"}[min(n, 1)]; name != want || n > 1 {
			return fmt.Errorf("out of place")
		}
		return completeAnswer(e["response"].(jsonObject))
	case "response.output_item.added":
		if at != len(f.items) {
			return fmt.Errorf("item %d after %d", at, len(f.items))
		}
		f.items, f.done = append(f.items, e["item"].(jsonObject)), append(f.done, false)
		return completeItem(e["item"].(jsonObject))
	case "response.output_item.done":
		f.done[at] = true
		item := e["item"].(jsonObject)
		if item["id"] != f.items[at]["id"] || item["type"] != f.items[at]["type"] {
			return fmt.Errorf("item %d was another", at)
		}
		f.items[at] = item
		return completeItem(item)
	case "response.content_part.added", "response.reasoning_summary_part.added":
		if _, open := f.texts[part]; open {
			return fmt.Errorf("the part is there already")
		}
		f.texts[part] = ""
	case "response.output_text.delta", "response.refusal.delta", "response.reasoning_summary_text.delta":
		if _, open := f.texts[part]; !open {
			return fmt.Errorf("the part is not there")
		}
		f.texts[part] += e["delta"].(string)
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta":
		f.texts[part] += e["delta"].(string)
	case "response.output_text.done", "response.reasoning_summary_text.done":
		return f.same(part, e["text"])
	case "response.refusal.done":
		return f.same(part, e["refusal"])
	case "response.function_call_arguments.done":
		return f.same(part, e["arguments"])
	case "response.custom_tool_call_input.done":
		return f.same(part, e["input"])
	case "response.completed", "response.incomplete", "response.failed":
		f.ended = true
		r := e["response"].(jsonObject)
		if "response."+r["status"].(string) != name {
			return fmt.Errorf("the status is %v", r["status"])
		}
		if name != "response.failed" && slices.Contains(f.done, false) {
			return fmt.Errorf("an item is still open")
		}
		if got := len(r["output"].([]any)); name != "response.failed" && got != len(f.items) {
			return fmt.Errorf("%d items of %d", got, len(f.items))
		}
		return completeAnswer(r)
	case "error":
		f.ended = true
	}
	return nil
}

func (f *follower) same(part string, whole any) error {
	if f.texts[part] != whole {
		return fmt.Errorf("the pieces are %q, the whole is %q", f.texts[part], whole)
	}
	return nil
}
