package simulator

import (
	"encoding/json"
	"math"

	"github.com/fairwaygw/fairway/modules/providers/simulator/instance"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// answer is what is to be said, before it is put into bytes.
type answer struct {
	*request
	id      string
	created int64
	// content is the text, or the arguments of a call to tool.
	content string
	split   splitter
	tool    *tool
	finish  string
	// count is the number of pieces of one alternative.
	count int64
}

// tool is one of the request's tools.
type tool struct {
	Type     string `json:"type"`
	Function struct {
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"function"`
	Custom struct {
		Name string `json:"name"`
	} `json:"custom"`
}

func (t *tool) name() string {
	if t.Type == "custom" {
		return t.Custom.Name
	}
	return t.Function.Name
}

// compose settles what is said.
func (a *answer) compose() *fault {
	a.content, a.split, a.finish = a.text, word, "stop"
	if a.behavior.words > 0 {
		a.content = repeated(a.text, a.behavior.words)
	}
	call, f := a.forced()
	switch {
	case f != nil:
		return f
	case call != nil:
		a.tool, a.finish = call, "tool_calls"
		if call.Type != "custom" {
			if a.content, f = instanceOf(call.Function.Parameters, "tools"); f != nil {
				return f
			}
		}
		a.split = morsel
	default:
		if f := a.formatted(); f != nil {
			return f
		}
		a.content = stopped(a.content, a.stop)
	}
	most := a.maxTokens
	if most == 0 {
		most = math.MaxInt64
	}
	all := len(a.content)
	if a.content, a.count = measure(a.content, a.split, most); len(a.content) < all {
		a.finish = "length"
	}
	return nil
}

// forced finds the tool that has to be called, or none.
func (a *answer) forced() (*tool, *fault) {
	if len(a.toolChoice) == 0 || a.results {
		return nil, nil
	}
	var name string
	switch rawjson.KindOf(a.toolChoice) {
	case rawjson.String:
		if unquoted(a.toolChoice) != "required" {
			return nil, nil
		}
	case rawjson.Object:
		// A tool, or a list of those that are allowed.
		var choice struct {
			tool
			Name         string `json:"name"`
			AllowedTools struct {
				Mode  string `json:"mode"`
				Tools []tool `json:"tools"`
			} `json:"allowed_tools"`
		}
		_ = json.Unmarshal(a.toolChoice, &choice) // what is of the wrong type is as good as missing
		if choice.Type == "allowed_tools" {
			if choice.AllowedTools.Mode != "required" || len(choice.AllowedTools.Tools) == 0 {
				return nil, nil
			}
			name = choice.AllowedTools.Tools[0].name()
		} else if name = choice.name(); name == "" {
			name = choice.Name
		}
		if name == "" {
			return nil, invalid("tool_choice", "names no tool")
		}
	default:
		return nil, nil
	}
	var tools []tool
	if json.Unmarshal(a.tools, &tools) != nil || len(tools) == 0 {
		return nil, invalid("tools", "must have the tool that tool_choice demands")
	}
	for i := range tools {
		if name == "" || tools[i].name() == name {
			return &tools[i], nil
		}
	}
	return nil, invalid("tool_choice", "names a tool that is not among tools")
}

// formatted puts the content into the form that response_format asks for.
func (a *answer) formatted() *fault {
	if len(a.format) == 0 {
		return nil
	}
	var format struct {
		Type   string `json:"type"`
		Schema struct {
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	}
	if json.Unmarshal(a.format, &format) != nil {
		return invalid("response_format", "cannot be read")
	}
	switch format.Type {
	case "json_object":
		b := rawjson.AppendQuote([]byte(`{"echo": `), a.content)
		a.content, a.split = string(append(b, '}')), morsel
	case "json_schema":
		content, f := instanceOf(format.Schema.Schema, "response_format")
		if f != nil {
			return f
		}
		a.content, a.split = content, morsel
	}
	return nil
}

// instanceOf is an instance of a schema; without a schema, an empty object.
func instanceOf(schema []byte, param string) (string, *fault) {
	if len(schema) == 0 || string(schema) == "null" {
		return "{}", nil
	}
	made, err := instance.Append(nil, schema)
	if err != nil {
		return "", invalid(param, "has a schema of which no instance could be made: "+err.Error())
	}
	return string(made), nil
}
