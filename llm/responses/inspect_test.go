package responses

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// inspect runs Inspect on a body with a used Inspection.
func inspect(body string) (*llm.Inspection, *llm.Error, error) {
	var in llm.Inspection
	_ = Dialect{}.Inspect([]byte(`{"model":"x","stream":true,"stream_options":{},"input":[{"type":"reasoning","encrypted_content":"google:x"}],"max_output_tokens":7,"user":"u","conversation":"c"}`), &in)
	in.Reset()
	err := Dialect{}.Inspect([]byte(body), &in)
	var e *llm.Error
	errors.As(err, &e)
	return &in, e, err
}

func TestInspectReads(t *testing.T) {
	t.Parallel()
	content := func(parts string) string { return talking(`{"role":"user","content":[` + parts + `]}`) }
	for _, c := range []struct {
		about, body string
		want        llm.Inspection
	}{
		{"the least", asking(``), llm.Inspection{}},
		{"a stream", asking(`"stream":true,"stream_options":{"include_obfuscation":false}`), llm.Inspection{Stream: true}},
		{"no stream", asking(`"stream":false`), llm.Inspection{}},
		{"nulls", asking(`"stream":null,"max_output_tokens":null,"temperature":null,"tools":null,"text":null,"reasoning":null,"user":null,"safety_identifier":null,"conversation":null,"metadata":null,"include":null,"instructions":null,"background":null,"stream_options":null`), llm.Inspection{}},
		{"a limit", asking(`"max_output_tokens":10`), llm.Inspection{MaxTokens: 10}},
		{"the largest limit", asking(`"max_output_tokens":9007199254740992`), llm.Inspection{MaxTokens: 1 << 53}},
		{"tools", asking(`"tools":[{"type":"web_search"}]`), llm.Inspection{Tools: true}},
		{"no tools", asking(`"tools":[ ]`), llm.Inspection{}},
		{"user", asking(`"user":"caf\u00e9","safety_identifier":"s"`), llm.Inspection{User: "café"}},
		{"safety identifier", asking(`"safety_identifier":"s"`), llm.Inspection{User: "s"}},
		{"a conversation", `{"model":"m","conversation":"conv_1"}`, llm.Inspection{Session: "conv_1"}},
		{"a conversation as an object", `{"model":"m","conversation":{"id":"conv_1"}}`, llm.Inspection{Session: "conv_1"}},
		{"an earlier answer", `{"model":"m","previous_response_id":"r"}`, llm.Inspection{}},
		{"an earlier answer and nothing new", `{"model":"m","input":[],"previous_response_id":"r"}`, llm.Inspection{}},
		{"a stored prompt", `{"model":"m","prompt":{"id":"p"}}`, llm.Inspection{}},
		{"JSON mode", asking(`"text":{"format":{"type":"json_object"}}`), llm.Inspection{Structured: true}},
		{"text mode", asking(`"text":{"format":{"type":"text"},"verbosity":"low"}`), llm.Inspection{}},
		{"no mode", asking(`"text":{"format":null}`), llm.Inspection{}},
		{"effort", asking(`"reasoning":{"summary":"auto","effort":"low"}`), llm.Inspection{Reasoning: true}},
		{"no effort", asking(`"reasoning":{"effort":"none"}`), llm.Inspection{}},
		{"an image", content(`{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}`), llm.Inspection{Images: true}},
		{"an image at an address", content(`{"type":"input_image","image_url":"https://a/b.svg"}`), llm.Inspection{Images: true}},
		{"a file", content(`{"type":"input_file","file_id":"x"}`), llm.Inspection{Documents: true}},
		{"a sound", content(`{"type":"input_audio","input_audio":{}}`), llm.Inspection{Audio: true}},
		{"an image that a tool gave back", talking(`{"type":"function_call_output","call_id":"c","output":[{"type":"input_image","file_id":"x"}]}`), llm.Inspection{Images: true}},
		{"what is not known", talking(`{"type":"additional_tools","tools":[]}`, `{"type":"new","content":null,"output":{}}`, `{"role":"user","content":[{"type":"new","x":1}]}`), llm.Inspection{}},
		{"a field that is not known", asking(`"foo":{"a":1,"a":2,"A":1e400}`), llm.Inspection{}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			in, _, err := inspect(c.body)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Model, c.want.N, c.want.IncludeUsage, in.State = "m", 1, true, nil
			if diff := cmp.Diff(&c.want, in); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	part := func(p string) string { return talking(`{"role":"user","content":[` + p + `]}`) }
	for _, c := range []struct{ about, body, param, code string }{
		{"nothing", ``, "", codeInvalidJSON},
		{"no object", `[]`, "", codeInvalidJSON},
		{"no JSON", `{"model":"m",}`, "", codeInvalidJSON},
		{"too deep", `{"model":"m","input":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "", codeInvalidJSON},
		{"invalid UTF-8", "{\"model\":\"m\",\"input\":\"\xff\"}", "", codeInvalidJSON},
		{"a field twice", `{"model":"m","model":"n","input":"x"}`, "model", codeDuplicateKey},
		{"a field in two cases", asking(`"Model":"n"`), "Model", codeDuplicateKey},
		{"a field in another case", asking(`"Max_output_tokens":1`), "Max_output_tokens", codeUnsupported},
		{"a key twice", talking(`{"role":"user","role":"system","content":"x"}`), "input[0].role", codeDuplicateKey},
		{"no model", `{"input":"x"}`, "model", codeModel},
		{"no model, but an earlier answer", `{"previous_response_id":"r","input":"x"}`, "model", codeModel},
		{"a model that is none", `{"model":1,"input":"x"}`, "model", codeModel},
		{"an empty model", `{"model":"","input":"x"}`, "model", codeModel},
		{"a model that leads elsewhere", `{"model":"a/../b","input":"x"}`, "model", codeModel},
		{"a model with a query", `{"model":"a?b","input":"x"}`, "model", codeModel},
		{"a model with a control character", `{"model":"a\u0085b","input":"x"}`, "model", codeModel},
		{"a model that is too long", `{"model":"` + strings.Repeat("m", 300) + `","input":"x"}`, "model", codeModel},
		{"no input", `{"model":"m"}`, "input", "missing_required_parameter"},
		{"input null", `{"model":"m","input":null}`, "input", "missing_required_parameter"},
		{"no items", `{"model":"m","input":[]}`, "input", "missing_required_parameter"},
		{"input of another type", `{"model":"m","input":{}}`, "input", "invalid_type"},
		{"an item of another type", talking(`"x"`), "input[0]", "invalid_type"},
		{"a type that is none", talking(`{"type":1}`), "input[0].type", "invalid_type"},
		{"no role", talking(`{"content":"x"}`), "input[0].role", "missing_required_parameter"},
		{"another role", talking(`{"role":"tool","content":"x"}`), "input[0].role", codeValue},
		{"no content", talking(`{"type":"message","role":"user"}`), "input[0].content", "missing_required_parameter"},
		{"content of another type", talking(`{"role":"user","content":1}`), "input[0].content", "invalid_type"},
		{"a part of another type", part(`1`), "input[0].content[0]", "invalid_type"},
		{"a part without type", part(`{}`), "input[0].content[0].type", "missing_required_parameter"},
		{"no base64", part(`{"type":"input_image","image_url":"data:image/png;base64,A"}`), "input[0].content[0].image_url", codeImage},
		{"no base64 by its own account", part(`{"type":"input_image","image_url":"data:image/png,abc"}`), "input[0].content[0].image_url", codeImage},
		{"SVG", part(`{"type":"input_image","image_url":"DATA:image/svg+xml;base64,AAAA"}`), "input[0].content[0].image_url", codeImage},
		{"a bad image in a result", talking(`{"type":"function_call_output","output":[{"type":"input_image","image_url":"data:image/png;base64,"}]}`), "input[0].output[0].image_url", codeImage},
		{"stream", asking(`"stream":1`), "stream", "invalid_type"},
		{"stream options", asking(`"stream_options":1`), "stream_options", "invalid_type"},
		{"a limit of 0", asking(`"max_output_tokens":0`), "max_output_tokens", codeValue},
		{"a limit that is no integer", asking(`"max_output_tokens":1.5`), "max_output_tokens", codeValue},
		{"a limit as text", asking(`"max_output_tokens":"1"`), "max_output_tokens", "invalid_type"},
		{"temperature", asking(`"temperature":"1"`), "temperature", "invalid_type"},
		{"tools", asking(`"tools":{}`), "tools", "invalid_type"},
		{"text", asking(`"text":"x"`), "text", "invalid_type"},
		{"format", asking(`"text":{"format":"x"}`), "text.format", "invalid_type"},
		{"reasoning", asking(`"reasoning":"x"`), "reasoning", "invalid_type"},
		{"effort", asking(`"reasoning":{"effort":1}`), "reasoning.effort", "invalid_type"},
		{"instructions", asking(`"instructions":[]`), "instructions", "invalid_type"},
		{"include", asking(`"include":"x"`), "include", "invalid_type"},
		{"metadata", asking(`"metadata":"x"`), "metadata", "invalid_type"},
		{"user", asking(`"user":1`), "user", "invalid_type"},
		{"conversation", asking(`"conversation":1`), "conversation", "invalid_type"},
		{"background", asking(`"background":true`), "background", codeUnsupported},
		{"a key of the caller's", asking(`"api_key":"x"`), "api_key", codeUnsupported},
		{"an address of the caller's", asking(`"base_url":"x"`), "base_url", codeUnsupported},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			_, e, err := inspect(c.body)
			if e == nil || e.Param != c.param || e.Code != c.code || e.Status != 400 || e.Message == "" {
				t.Errorf("got %#v (%v), want %s at %q", e, err, c.code, c.param)
			}
		})
	}
}

func TestInspectManyItems(t *testing.T) {
	t.Parallel()
	item := `{"type":"x"}`
	body := talking(strings.Repeat(item+",", maxItems) + item)
	if _, e, _ := inspect(body); e == nil || e.Param != "input" || !strings.Contains(e.Message, fmt.Sprint(maxItems)) {
		t.Errorf("got %v", e)
	}
}
