package responses

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// plainRequest reads a request into what it means:
//   - text is a list of parts wherever it stands
//   - what the model made is told item by item, without ids and states
//   - instructions are a message of the system, and so is what a developer says
//   - what is the default is left out, as are descriptions that are null
func plainRequest(t *testing.T, body []byte) jsonObject {
	t.Helper()
	var q jsonObject
	if err := json.Unmarshal(body, &q); err != nil {
		t.Fatal(err)
	}
	var items []any
	if s, ok := q["instructions"].(string); ok {
		items = append(items, jsonObject{"system": []any{s}})
	}
	delete(q, "instructions")
	switch in := q["input"].(type) {
	case string:
		items = append(items, jsonObject{"user": []any{in}})
	case []any:
		for _, i := range in {
			if item := plainInput(i.(jsonObject)); item != nil {
				items = append(items, item)
			}
		}
	}
	q["input"] = items
	var tools []any
	list, _ := q["tools"].([]any)
	for _, v := range list {
		tool := v.(jsonObject)
		if tool["type"] == "function" {
			delete(tool, "defer_loading")
			if tool["strict"] == nil {
				tool["strict"] = false
			}
			if tool["description"] == nil || tool["description"] == "" {
				delete(tool, "description")
			}
		}
		tools = append(tools, tool)
	}
	delete(q, "tools")
	if len(tools) > 0 {
		q["tools"] = tools
	}
	if r, ok := q["reasoning"].(jsonObject); ok && r["summary"] != nil {
		r["summary"] = "auto"
	}
	include, _ := q["include"].([]any)
	include = slices.DeleteFunc(include, func(v any) bool { return v == includeEncrypted })
	delete(q, "include")
	if len(include) > 0 {
		q["include"] = include
	}
	for key, v := range q {
		if v == nil || v == false || key == "provider" { // OpenRouter's own
			delete(q, key)
		}
	}
	if tools == nil {
		delete(q, "tool_choice")
	}
	return q
}

func plainInput(item jsonObject) any {
	kind, _ := item["type"].(string)
	switch kind {
	case "", "message":
		role := item["role"].(string)
		if role == "developer" {
			role = "system"
		}
		content := plainContent(item["content"])
		if len(content) == 1 && content[0] == "" {
			return nil
		}
		return jsonObject{role: content}
	case "reasoning":
		var texts []string
		for _, key := range [...]string{"summary", "content"} {
			list, _ := item[key].([]any)
			for _, p := range list {
				texts = append(texts, p.(jsonObject)["text"].(string))
			}
		}
		if len(texts) == 0 && item["encrypted_content"] == nil {
			return nil
		}
		return jsonObject{"thoughts": texts, "encrypted": item["encrypted_content"]}
	case "function_call":
		namespace, _ := item["namespace"].(string)
		return jsonObject{"call": item["call_id"], "name": qualified(namespace, item["name"].(string)), "arguments": item["arguments"]}
	case "function_call_output":
		return jsonObject{"result": item["call_id"], "output": plainContent(item["output"])}
	}
	return item
}

func plainContent(v any) []any {
	if s, ok := v.(string); ok {
		return []any{s}
	}
	var out []any
	for _, p := range v.([]any) {
		part := p.(jsonObject)
		if part["type"] == "input_text" && part["prompt_cache_breakpoint"] == nil || part["type"] == "output_text" {
			out = append(out, part["text"])
		} else {
			out = append(out, part)
		}
	}
	return out
}

// unreadable are the recorded requests that may not be decoded, with the place
// of what is missing or cannot be carried.
var unreadable = map[string]string{
	"openai-responses-3b142db7": "prompt", // stored prompts, which also name the model
	"openai-responses-cd43e6f2": "prompt",
}

// bent are recordings that come out otherwise, and why.
var bent = map[string]string{
	"openai-responses-78263db2": "tools of a namespace stand by themselves",
}

func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	decoded, denied := 0, 0
	for _, x := range recorded(t) {
		if x.Request == nil || len(x.Request.Body) == 0 {
			continue
		}
		r, err := Dialect{}.DecodeRequest(x.Request.Body)
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) || unreadable[x.ID] != e.Param {
				t.Errorf("%s (answered %d): %v", x.ID, x.Response.Status, err)
			}
			denied++
			continue
		}
		decoded++
		vendor := x.Provider
		if vendor != "deepseek" && vendor != "xai" {
			vendor = "openai" // behind other names
		}
		encoded, err := Dialect{}.AppendRequest(nil, r, llm.Target{
			Model: r.Model, Vendor: vendor, Facts: llm.ModelFacts{Known: true, Reasoning: r.Reasoning != nil},
		})
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		if len(encoded.Dropped) > 0 {
			t.Errorf("%s: dropped %v", x.ID, encoded.Dropped)
		}
		for name := range r.Extra {
			// What only one provider knows is not carried.
			if !slices.Contains(encoded.Extra, name) && name != "provider" {
				t.Errorf("%s: %s is not carried", x.ID, name)
			}
		}
		if diff := cmp.Diff(plainRequest(t, x.Request.Body), plainRequest(t, encoded.Body)); diff != "" && bent[x.ID] == "" {
			t.Errorf("%s: -recorded +encoded again\n%s", x.ID, diff)
		}
		if _, err := (Dialect{}).DecodeRequest(encoded.Body); err != nil {
			t.Errorf("%s: what was encoded does not decode: %v", x.ID, err)
		}
		var in llm.Inspection
		if err := (Dialect{}).Inspect(encoded.Body, &in); err != nil {
			t.Errorf("%s: what was encoded is refused: %v", x.ID, err)
		}
	}
	t.Logf("%d requests decoded, %d refused", decoded, denied)
}
