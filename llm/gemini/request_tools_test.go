package gemini

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func TestTools(t *testing.T) {
	t.Parallel()
	f := llm.Tool{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`)}
	g := llm.Tool{Name: "g"}
	search := llm.Tool{Hosted: json.RawMessage(`{"googleSearch":{}}`), Issuer: llm.IssuerGoogle}
	declared := `"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":` + string(f.Parameters) + `}]`
	tests := []struct {
		about  string
		model  string
		tools  []llm.Tool
		choice *llm.ToolChoice
		extra  string
		want   string
	}{
		{about: "none", tools: []llm.Tool{}},
		{about: "a choice without tools", choice: &llm.ToolChoice{Mode: llm.ToolRequired}},
		{about: "one", tools: []llm.Tool{f}, want: `"tools":[{` + declared + `}]`},
		{
			about: "one for an older model", model: "gemini-2.0-flash", tools: []llm.Tool{f},
			want: `"tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}]}]`,
		},
		{about: "without parameters", tools: []llm.Tool{g}, want: `"tools":[{"functionDeclarations":[{"name":"g"}]}]`},
		{
			about: "with parameters that are empty", tools: []llm.Tool{{Name: "g", Parameters: json.RawMessage(`{ }`)}},
			want: `"tools":[{"functionDeclarations":[{"name":"g","parametersJsonSchema":{"type":"object"}}]}]`,
		},
		{
			about: "with parameters that are empty for an older model", model: "gemini-1.5-pro",
			tools: []llm.Tool{{Name: "g", Parameters: json.RawMessage(`{"type":"object","properties":{}}`)}},
			want:  `"tools":[{"functionDeclarations":[{"name":"g"}]}]`,
		},
		{
			about: "with parameters of no type", tools: []llm.Tool{{Name: "g", Parameters: json.RawMessage(`{"properties":{}}`)}},
			want: `"tools":[{"functionDeclarations":[{"name":"g","parametersJsonSchema":{"type":"object","properties":{}}}]}]`,
		},
		{
			about: "with parameters that refer", tools: []llm.Tool{{Name: "g", Parameters: json.RawMessage(`{"$ref":"#/$defs/a"}`)}},
			want: `"tools":[{"functionDeclarations":[{"name":"g","parametersJsonSchema":{"$ref":"#/$defs/a"}}]}]`,
		},
		{about: "with parameters that are no schema", tools: []llm.Tool{{Name: "g", Parameters: json.RawMessage(`[]`)}}, want: "refused: tools.g.parameters"},
		{
			about: "Google's among functions", tools: []llm.Tool{search, f, {Hosted: json.RawMessage(`{"codeExecution":{}}`), Issuer: llm.IssuerGoogle}, g},
			want: `"tools":[{"googleSearch":{}},{` + strings.TrimSuffix(declared, "]") + `,{"name":"g"}]},{"codeExecution":{}}]`,
		},
		{
			about: "automatic", tools: []llm.Tool{g}, choice: &llm.ToolChoice{Mode: llm.ToolAuto},
			want: `"tools":[{"functionDeclarations":[{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}`,
		},
		{
			about: "required", tools: []llm.Tool{g}, choice: &llm.ToolChoice{Mode: llm.ToolRequired},
			want: `"tools":[{"functionDeclarations":[{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}`,
		},
		{
			about: "none of them", tools: []llm.Tool{g}, choice: &llm.ToolChoice{Mode: llm.ToolNone},
			want: `"tools":[{"functionDeclarations":[{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{"mode":"NONE"}}`,
		},
		{
			about: "one of them by name", tools: []llm.Tool{f, g}, choice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"g"}},
			want: `"tools":[{` + strings.TrimSuffix(declared, "]") + `,{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}}`,
		},
		{
			about: "some of them, if any", tools: []llm.Tool{f, g}, choice: &llm.ToolChoice{Mode: llm.ToolAuto, Names: []string{"g"}},
			want: `"tools":[{"functionDeclarations":[{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}`,
		},
		{
			about: "a configuration without a neutral meaning", tools: []llm.Tool{search}, extra: `{"includeServerSideToolInvocations":true}`,
			want: `"tools":[{"googleSearch":{}}],"toolConfig":{"includeServerSideToolInvocations":true}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r := &llm.Request{Messages: []llm.Message{user("hi")}, Tools: tt.tools, ToolChoice: tt.choice}
			if tt.extra != "" {
				r.Extra = map[string]json.RawMessage{"toolConfig": json.RawMessage(tt.extra)}
			}
			body, _ := encode(t, r, llm.Target{Model: tt.model})
			if got := rest(t, body); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestToolNames(t *testing.T) {
	t.Parallel()
	valid := regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$`)
	long := strings.Repeat("x", 64)
	seen := map[string]string{}
	for _, name := range []string{
		"f", "_f", "a.b:c-d", long, "", "9lives", "-x", "a b", "a/b", "a_b", "ünïcode", "名前", long + "y", long + "z", "\x00", "a\nb",
	} {
		own := toolName(name)
		if !valid.MatchString(own) {
			t.Errorf("%q became %q, which is no name", name, own)
		}
		if valid.MatchString(name) != (own == name) {
			t.Errorf("%q became %q", name, own)
		}
		if other, ok := seen[own]; ok {
			t.Errorf("%q and %q both became %q", name, other, own)
		}
		seen[own] = name
		if again := toolName(name); again != own {
			t.Errorf("%q became %q and %q", name, own, again)
		}
	}
}

// TestToolNamesEverywhere checks that a name that had to be changed is the same
// in all its places, and can be changed back.
func TestToolNamesEverywhere(t *testing.T) {
	t.Parallel()
	const name = "do it now"
	own := toolName(name)
	r := &llm.Request{
		Messages:   []llm.Message{user("hi"), calls(call("c", name, "{}")), result("c", "ok")},
		Tools:      []llm.Tool{{Name: name}, {Name: "plain"}},
		ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{name}},
	}
	body, e := encode(t, r, llm.Target{})
	if strings.Contains(body, name) || strings.Count(body, own) != 4 {
		t.Errorf("%s in %s", own, body)
	}
	if want := map[string]string{own: name}; !maps.Equal(e.ToolNames, want) {
		t.Errorf("names %v, want %v", e.ToolNames, want)
	}
	stream := `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"` + own + `"}}]},"finishReason":"STOP"}]}`
	got, err := decodeStream(t, strings.NewReader(stream), llm.StreamOptions{ToolNames: e.ToolNames})
	if err != nil {
		t.Fatal(err)
	}
	if parts := got.Choices[0].Message.Parts; len(parts) != 1 || parts[0].Call.Name != name {
		t.Errorf("streamed %+v", parts)
	}
}

func TestFieldNames(t *testing.T) {
	t.Parallel()
	if got := (Dialect{}).FieldName(llm.FieldMaxTokens); got != "generationConfig.maxOutputTokens" {
		t.Errorf("max_tokens is %s", got)
	}
	if got := (Dialect{}).FieldName(llm.FieldLogitBias); got != string(llm.FieldLogitBias) {
		t.Errorf("logit_bias is %s", got)
	}
	if names := slices.Sorted(maps.Values(fieldNames)); slices.Contains(names, "") {
		t.Error("a field has an empty name")
	}
}
