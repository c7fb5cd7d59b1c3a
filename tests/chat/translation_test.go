package chat

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

const weatherTool = `"tools":[{"type":"function","function":{"name":"weather","description":"The weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]`

func TestToolCalls(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	const arguments = `{"city":"Zürich"}`
	for provider, reply := range map[string]struct {
		whole, stream fairwaytest.Reply
	}{
		"oai": {
			fairwaytest.JSON(200, `{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":`+fairwaytest.Quote(arguments)+`}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}`),
			fairwaytest.SSE(
				fairwaytest.Chunk(`{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]}`, ""),
				fairwaytest.Chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}`, ""),
				fairwaytest.Chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"\"Zürich\"}"}}]}`, ""),
				fairwaytest.Chunk(`{}`, "tool_calls"), fairwaytest.UsageChunk(), "[DONE]"),
		},
		"claude": {
			fairwaytest.JSON(200, fairwaytest.AnthropicTool("weather", arguments)),
			fairwaytest.Stream(fairwaytest.AnthropicToolEvents("weather", "", `{"city":`, `"Zürich"}`), 0),
		},
		"gem": {
			fairwaytest.JSON(200, fairwaytest.GeminiContent(`{"functionCall":{"name":"weather","args":`+arguments+`}}`)),
			fairwaytest.Stream("data: "+fairwaytest.GeminiContent(`{"functionCall":{"name":"weather","args":`+arguments+`}}`)+"\r\n\r\n", 0),
		},
	} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			model := provider + "-tools"
			up.On(model, reply.whole, reply.stream)
			body := `{"model":"` + provider + "/" + model + `","messages":[{"role":"user","content":"hello"}],` + weatherTool + `,"tool_choice":{"type":"function","function":{"name":"weather"}}`
			for name, s := range map[string]*fairwaytest.Said{
				"whole":    chat(t, g.Chat(t, body+`}`)),
				"streamed": complete(t, g.Chat(t, body+`,"stream":true}`)),
			} {
				if len(s.Tools) != 1 || s.Tools[0].Name != "weather" || s.Tools[0].ID == "" || s.Finish != "tool_calls" {
					t.Errorf("%s: tools %+v, finish %q", name, s.Tools, s.Finish)
					continue
				}
				if !sameJSON(s.Tools[0].Arguments, arguments) {
					t.Errorf("%s: arguments %s", name, s.Tools[0].Arguments)
				}
			}
		})
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// TestRequestsForAnthropic holds the parts of a request that have another place
// there.
func TestRequestsForAnthropic(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	up.On("c", fairwaytest.JSON(200, fairwaytest.AnthropicMessage("fine")))
	chat(t, g.Chat(t, `{"model":"claude/c","max_tokens":100,"stop":"END","temperature":0.5,"messages":[
		{"role":"system","content":"be brief"},
		{"role":"user","content":"weather?"},
		{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Bern\"}"}}]},
		{"role":"tool","tool_call_id":"call_1","content":""},
		{"role":"user","content":"and now?"}],`+weatherTool+`,"tool_choice":"required"}`))
	var got struct {
		Model         string
		MaxTokens     int      `json:"max_tokens"`
		StopSequences []string `json:"stop_sequences"`
		System        any
		Messages      []struct {
			Role    string
			Content any
		}
		Tools []struct {
			Name        string
			InputSchema map[string]any `json:"input_schema"`
		}
		ToolChoice struct{ Type string } `json:"tool_choice"`
	}
	r := up.Last(t, "c")
	if err := json.Unmarshal(r.Body, &got); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	if got.Model != "c" || got.MaxTokens != 100 || len(got.StopSequences) != 1 || !strings.Contains(toJSON(t, got.System), "be brief") {
		t.Errorf("the provider got %s", r.Body)
	}
	roles := ""
	for _, m := range got.Messages {
		roles += m.Role + " "
	}
	if roles != "user assistant user " {
		t.Errorf("roles %s", roles)
	}
	if last := toJSON(t, got.Messages[len(got.Messages)-1].Content); !strings.Contains(last, `"tool_result"`) || !strings.Contains(last, "and now?") {
		t.Errorf("the last message is %s", last)
	}
	if len(got.Tools) != 1 || got.Tools[0].Name != "weather" || got.ToolChoice.Type != "any" {
		t.Errorf("the provider got %s", r.Body)
	}
	if r.Header.Get("Anthropic-Version") == "" {
		t.Error("no anthropic-version")
	}
}

// TestRequestsForGemini does the same for Google.
func TestRequestsForGemini(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	up.On("g", fairwaytest.JSON(200, fairwaytest.GeminiContent(`{"text":"fine"}`)))
	chat(t, g.Chat(t, `{"model":"gem/g","max_tokens":100,"stop":["END"],"seed":7,"messages":[
		{"role":"system","content":"be brief"},
		{"role":"user","content":"weather?"},
		{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Bern\"}"}}]},
		{"role":"tool","tool_call_id":"call_1","content":"rain"},
		{"role":"user","content":"and now?"}],`+weatherTool+`,"tool_choice":"none"}`))
	r := up.Last(t, "g")
	var got struct {
		SystemInstruction any
		Contents          []struct {
			Role  string
			Parts []map[string]any
		}
		GenerationConfig struct {
			MaxOutputTokens, Seed int
			StopSequences         []string
		}
		ToolConfig struct {
			FunctionCallingConfig struct{ Mode string }
		}
	}
	if err := json.Unmarshal(r.Body, &got); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	c := got.GenerationConfig
	if c.MaxOutputTokens != 100 || c.Seed != 7 || len(c.StopSequences) != 1 || got.ToolConfig.FunctionCallingConfig.Mode != "NONE" {
		t.Errorf("the provider got %s", r.Body)
	}
	text := string(r.Body)
	for _, part := range []string{"be brief", `"functionCall"`, `"functionResponse"`, "rain", "functionDeclarations"} {
		if !strings.Contains(text, part) {
			t.Errorf("the provider did not get %q: %s", part, text)
		}
	}
	if strings.Contains(r.URI, "key=") {
		t.Errorf("the key is in the address: %s", r.URI)
	}
}

// TestDroppedParameters holds that nothing is dropped in silence.
func TestDroppedParameters(t *testing.T) {
	t.Parallel()
	g, up := start(t, "model strict {\n\ttarget claude/d\n\tstrict\n}")
	up.On("d", fairwaytest.JSON(200, fairwaytest.AnthropicMessage("fine")))
	ask := func(model string) string {
		return `{"model":"` + model + `","messages":[{"role":"user","content":"hello"}],"seed":7,"logit_bias":{"1":2}}`
	}
	a := g.Chat(t, ask("claude/d"))
	chat(t, a)
	for _, name := range []string{"seed", "logit_bias"} {
		if !strings.Contains(a.Header.Get("Fairway-Dropped-Params"), name) {
			t.Errorf("Fairway-Dropped-Params %q lacks %s", a.Header.Get("Fairway-Dropped-Params"), name)
		}
	}
	before := len(up.Requests("d"))
	for name, a := range map[string]*fairwaytest.Answer{
		"by header": g.Chat(t, ask("claude/d"), "Fairway-Strict", "true"),
		"by model":  g.Chat(t, ask("strict")),
	} {
		if e := a.Error(t); a.Status != 400 || e.CodeOf() != "unsupported_parameter" {
			t.Errorf("%s: status %d, %+v", name, a.Status, e)
		}
	}
	if n := len(up.Requests("d")); n != before {
		t.Error("a strict request reached the provider")
	}
}

// TestSameRequestSameBytes holds that equal requests become equal bytes, which
// the providers' prompt caches live on.
func TestSameRequestSameBytes(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	body := func(model string) string {
		return `{"model":"` + model + `","messages":[{"role":"user","content":"weather?"},
		{"role":"assistant","content":null,"tool_calls":[{"id":"call|with:odd/letters","type":"function","function":{"name":"a.b/c","arguments":"{\"z\":1,\"a\":2}"}}]},
		{"role":"tool","tool_call_id":"call|with:odd/letters","content":"rain"}],
		"tools":[{"type":"function","function":{"name":"a.b/c","parameters":{"type":"object","properties":{"z":{"type":"integer"},"a":{"type":"integer"}}}}}]}`
	}
	for _, d := range dialects() {
		up.On("same-"+d.provider, fairwaytest.JSON(200, d.whole("fine")))
		for range 3 {
			chat(t, g.Chat(t, body(d.provider+"/same-"+d.provider)))
		}
		list := up.Requests("same-" + d.provider)
		for _, r := range list[1:] {
			if string(r.Body) != string(list[0].Body) {
				t.Errorf("%s got\n%s\nand then\n%s", d.provider, list[0].Body, r.Body)
			}
		}
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
