package corpus

import (
	"encoding/json"
	"testing"
)

// request is a request in OpenAI's dialect that fits a recording: its own, or a
// small one with the same tools.
func (r *recording) request(t *testing.T, model string) []byte {
	t.Helper()
	if r.Family == "openai_chat" && r.Request != nil && len(r.Request.Body) > 0 {
		var body map[string]json.RawMessage
		if err := json.Unmarshal(r.Request.Body, &body); err != nil {
			t.Fatal(err)
		}
		body["model"] = encode(t, model)
		delete(body, "stream_options")
		delete(body, "stream")
		return r.finish(t, body)
	}
	return r.small(t, model)
}

// small is a request with nothing but the recording's tools.
func (r *recording) small(t *testing.T, model string) []byte {
	t.Helper()
	body := map[string]json.RawMessage{
		"model":    encode(t, model),
		"messages": json.RawMessage(`[{"role":"user","content":"hello"}]`),
	}
	if tools := r.tools(t); len(tools) > 0 {
		body["tools"] = encode(t, tools)
	}
	return r.finish(t, body)
}

func (r *recording) finish(t *testing.T, body map[string]json.RawMessage) []byte {
	t.Helper()
	if r.Stream {
		body["stream"] = json.RawMessage("true")
		body["stream_options"] = json.RawMessage(`{"include_usage":true}`)
	}
	return encode(t, body)
}

// tools are the tools of a recorded request that its caller runs.
func (r *recording) tools(t *testing.T) []any {
	t.Helper()
	if r.Request == nil || len(r.Request.Body) == 0 {
		return nil
	}
	type declared struct {
		Name, Description, Type string
		InputSchema             json.RawMessage `json:"input_schema"`
		Parameters              json.RawMessage
		ParametersJSONSchema    json.RawMessage `json:"parametersJsonSchema"`
		FunctionDeclarations    []declared
	}
	var body struct{ Tools []declared }
	if err := json.Unmarshal(r.Request.Body, &body); err != nil {
		t.Fatal(err)
	}
	var list []any
	add := func(d *declared, schema json.RawMessage) {
		function := map[string]any{"name": d.Name, "description": d.Description}
		if len(schema) > 0 {
			function["parameters"] = schema
		}
		list = append(list, map[string]any{"type": "function", "function": function})
	}
	for i := range body.Tools {
		tool := &body.Tools[i]
		if tool.Name != "" && (tool.Type == "" || tool.Type == "custom") {
			add(tool, tool.InputSchema)
		}
		for j := range tool.FunctionDeclarations {
			d := &tool.FunctionDeclarations[j]
			if len(d.ParametersJSONSchema) > 0 {
				add(d, d.ParametersJSONSchema)
			} else {
				add(d, nil) // Google's older schemas are not JSON Schema
			}
		}
	}
	return list
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
