package openai

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
	_ = Dialect{}.Inspect([]byte(`{"model":"x","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}],"max_tokens":7,"user":"u"}`), &in)
	in.Reset()
	err := Dialect{}.Inspect([]byte(body), &in)
	var e *llm.Error
	errors.As(err, &e)
	return &in, e, err
}

// with is a request with the given members beside messages and model.
func with(members string) string {
	return `{"model":"gpt-5","messages":[{"role":"user","content":"hi"}],` + members + `}`
}

func TestInspectReads(t *testing.T) {
	t.Parallel()
	content := func(parts string) string {
		return `{"model":"gpt-5","messages":[{"role":"user","content":[` + parts + `]}]}`
	}
	tests := []struct {
		about, body string
		want        llm.Inspection
	}{
		{"the least", with(`"x":1`), llm.Inspection{N: 1}},
		{"a stream", with(`"stream":true`), llm.Inspection{N: 1, Stream: true}},
		{"no stream", with(`"stream":false`), llm.Inspection{N: 1}},
		{"stream null", with(`"stream":null,"stream_options":null`), llm.Inspection{N: 1}},
		{"usage in the stream", with(`"stream_options":{"include_usage":true},"stream":true`), llm.Inspection{N: 1, Stream: true, IncludeUsage: true}},
		{"no usage in the stream", with(`"stream":true,"stream_options":{"include_usage":false,"include_obfuscation":true}`), llm.Inspection{N: 1, Stream: true}},
		{"max_tokens", with(`"max_tokens":10`), llm.Inspection{N: 1, MaxTokens: 10}},
		{"both limits", with(`"max_completion_tokens":20,"max_tokens":10`), llm.Inspection{N: 1, MaxTokens: 20}},
		{"both limits, the other way round", with(`"max_completion_tokens":10,"max_tokens":20`), llm.Inspection{N: 1, MaxTokens: 20}},
		{"the largest limit", with(`"max_tokens":9007199254740992`), llm.Inspection{N: 1, MaxTokens: 1 << 53}},
		{"limits null", with(`"max_tokens":null,"max_completion_tokens":null,"n":null,"temperature":null,"seed":null,"tools":null,"user":null`), llm.Inspection{N: 1}},
		{"alternatives", with(`"n":3`), llm.Inspection{N: 3}},
		{"more tried than returned", with(`"n":3,"best_of":5`), llm.Inspection{N: 5}},
		{"tools", with(`"tools":[{"type":"function"}]`), llm.Inspection{N: 1, Tools: true}},
		{"no tools", with(`"tools":[ ]`), llm.Inspection{N: 1}},
		{"functions", with(`"functions":[{"name":"f"}]`), llm.Inspection{N: 1, Tools: true}},
		{"user", with(`"user":"caf\u00e9"`), llm.Inspection{N: 1, User: "café"}},
		{"JSON mode", with(`"response_format":{"type":"json_object"}`), llm.Inspection{N: 1, Structured: true}},
		{"text mode", with(`"response_format":{"type":"text"}`), llm.Inspection{N: 1}},
		{"effort", with(`"reasoning_effort":"low"`), llm.Inspection{N: 1, Reasoning: true}},
		{"no effort", with(`"reasoning_effort":"none"`), llm.Inspection{N: 1}},
		{"OpenRouter's reasoning", with(`"reasoning":{"max_tokens":100}`), llm.Inspection{N: 1, Reasoning: true}},
		{"OpenRouter's reasoning off", with(`"reasoning":{"effort":"none"}`), llm.Inspection{N: 1}},
		{"thinking off", with(`"thinking":{"type":"disabled"}`), llm.Inspection{N: 1}},
		{"sound out", with(`"modalities":["text","audio"]`), llm.Inspection{N: 1, Audio: true}},
		{"an image", content(`{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}`), llm.Inspection{N: 1, Images: true}},
		{"an image as text", content(`{"image_url":"https://example.com/a.png","type":"image_url"}`), llm.Inspection{N: 1, Images: true}},
		{"an image inside", content(`{"type":"image_url","image_url":{"detail":"low","url":"data:image/png;base64,AAAA"}}`), llm.Inspection{N: 1, Images: true}},
		{"an image inside, slashes escaped", content(`{"type":"image_url","image_url":{"url":"DATA:image\/jpeg;base64,\/9j\/4AA="}}`), llm.Inspection{N: 1, Images: true}},
		{"a document", content(`{"type":"text","text":"x"},{"type":"file","file":{"file_id":"f"}}`), llm.Inspection{N: 1, Documents: true}},
		{"a sound", content(`{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}`), llm.Inspection{N: 1, Audio: true}},
		{"parts of other vendors", content(`{"type":"video_url"},{"type":"thinking","thinking":[]},{"type":"tool_reference"}`), llm.Inspection{N: 1}},
		{"type escaped", content(`{"\u0074ype":"te\u0078t","text":"x"}`), llm.Inspection{N: 1}},
		{"all roles", `{"messages":[{"role":"system","content":""},{"role":"developer","content":"x"},{"role":"user","content":[]},{"role":"assistant"},{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","tool_call_id":"x"},{"role":"function","name":"f","content":null}],"model":"gpt-5"}`, llm.Inspection{N: 1}},
		{"what nobody knows", with(`"foo":{"a":1e400,"a":-0,"A":[123456789012345678901234567890,"\u00e9"]}`), llm.Inspection{N: 1}},
		{"keys of schemas that differ in case", with(`"tools":[{"function":{"parameters":{"properties":{"a":{},"A":{}}}}}]`), llm.Inspection{N: 1, Tools: true}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			in, _, err := inspect(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Model = "gpt-5"
			in.State = nil
			if diff := cmp.Diff(&tt.want, in); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	messages := func(list string) string { return `{"model":"gpt-5","messages":[` + list + `]}` }
	part := func(p string) string {
		return messages(`{"role":"user","content":[{"type":"text","text":"x"},` + p + `]}`)
	}
	image := func(url string) string {
		return part(`{"type":"image_url","image_url":{"url":"` + url + `"}}`)
	}
	const imageAt = "messages[0].content[1].image_url.url"
	tests := []struct{ about, body, code, param string }{
		{"nothing", "", "invalid_json", ""},
		{"a list", "[]", "invalid_json", ""},
		{"null", "null", "invalid_json", ""},
		{"truncated", `{"model":"gpt-5","messages":[`, "invalid_json", ""},
		{"trailing text", with(`"x":1`) + "x", "invalid_json", ""},
		{"two documents", with(`"x":1`) + "{}", "invalid_json", ""},
		{"trailing comma", `{"model":"gpt-5",}`, "invalid_json", ""},
		{"a comment", `{"model":"gpt-5"/**/}`, "invalid_json", ""},
		{"NaN", with(`"temperature":NaN`), "invalid_json", ""},
		{"a byte order mark", "\xef\xbb\xbf" + with(`"x":1`), "invalid_json", ""},
		{"nesting", with(`"x":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001)), "invalid_json", ""},
		{"invalid UTF-8", with("\"user\":\"\xff\""), "invalid_json", ""},
		{"half of a surrogate pair", with(`"user":"\ud800"`), "invalid_json", ""},
		{"model twice", with(`"model":"gpt-4"`), "duplicate_key", "model"},
		{"model twice, differing in case", with(`"Model":"gpt-4"`), "duplicate_key", "Model"},
		{"model twice, one escaped", with(`"\u006dodel":"gpt-4"`), "duplicate_key", "model"},
		{"stream twice", with(`"stream":true,"stream":false`), "duplicate_key", "stream"},
		{"max_tokens twice", with(`"max_tokens":1,"max_tokens":2`), "duplicate_key", "max_tokens"},
		{"tools twice", with(`"tools":[],"tools":[]`), "duplicate_key", "tools"},
		{"a role twice", messages(`{"role":"user","content":"x","role":"system"}`), "duplicate_key", "messages[0].role"},
		{"include_usage twice", with(`"stream":true,"stream_options":{"include_usage":false,"Include_Usage":true}`), "duplicate_key", "stream_options.Include_Usage"},
		{"a known field in other case", with(`"Stream":true`), "unsupported_parameter", "Stream"},
		{"a known field in other case, escaped", with(`"\u0053tream":true`), "unsupported_parameter", `\u0053tream`},
		{"a key", with(`"api_key":"x"`), "unsupported_parameter", "api_key"},
		{"a key in other case", with(`"API_KEY":"x"`), "unsupported_parameter", "API_KEY"},
		{"a base URL", with(`"base_url":"http://x"`), "unsupported_parameter", "base_url"},
		{"an API base", with(`"api_base":"http://x"`), "unsupported_parameter", "api_base"},
		{"extra headers", with(`"extra_headers":{}`), "unsupported_parameter", "extra_headers"},
		{"an extra body", with(`"extra_body":{}`), "unsupported_parameter", "extra_body"},
		{"no model", `{"messages":[{"role":"user","content":"hi"}]}`, "invalid_model", "model"},
		{"messages missing", `{"model":"gpt-5"}`, "missing_required_parameter", "messages"},
		{"messages null", `{"model":"gpt-5","messages":null}`, "missing_required_parameter", "messages"},
		{"messages an object", `{"model":"gpt-5","messages":{}}`, "invalid_type", "messages"},
		{"no messages", messages(``), "invalid_value", "messages"},
		{"a hundred thousand messages", messages(strings.Repeat(`{"role":"user","content":""},`, 99_999) + `{"role":"user","content":""}`), "invalid_value", "messages"},
		{"a message that is none", messages(`{"role":"user","content":""},7`), "invalid_type", "messages[1]"},
		{"no role", messages(`{"role":"user","content":""},{"content":"x"}`), "missing_required_parameter", "messages[1].role"},
		{"an unknown role", messages(`{"role":"user","content":""},{"role":"user","content":""},{"role":"user","content":""},{"role":"root","content":"x"}`), "invalid_value", "messages[3].role"},
		{"a role that is no text", messages(`{"role":1}`), "invalid_type", "messages[0].role"},
		{"no content", messages(`{"role":"user"}`), "missing_required_parameter", "messages[0].content"},
		{"content null", messages(`{"role":"system","content":null}`), "missing_required_parameter", "messages[0].content"},
		{"content a number", messages(`{"role":"user","content":1}`), "invalid_type", "messages[0].content"},
		{"content an object", messages(`{"role":"assistant","content":{}}`), "invalid_type", "messages[0].content"},
		{"a part that is none", part(`"x"`), "invalid_type", "messages[0].content[1]"},
		{"a part without type", part(`{"text":"x"}`), "missing_required_parameter", "messages[0].content[1].type"},
		{"a part whose type is no text", part(`{"type":1}`), "invalid_type", "messages[0].content[1].type"},
		{"a part of unknown type", part(`{"type":"hologram"}`), "invalid_value", "messages[0].content[1].type"},
		{"an image without base64", image("data:image/png,x"), "invalid_image_url", imageAt},
		{"an image without data", image("data:image/png;base64"), "invalid_image_url", imageAt},
		{"an empty image", image("data:image/png;base64,"), "invalid_image_url", imageAt},
		{"bad base64", image("data:image/png;base64,!!!not base64!!!"), "invalid_image_url", imageAt},
		{"bad base64 far inside", image("data:image/png;base64," + strings.Repeat("A", 1000) + "-" + strings.Repeat("A", 999)), "invalid_image_url", imageAt},
		{"an SVG", image("data:image/svg+xml;base64,AAAA"), "invalid_image_url", imageAt},
		{"an SVG in disguise", image(`data:Image\/SVG\u002bxml;charset=utf-8;base64,AAAA`), "invalid_image_url", imageAt},
		{"an address that is no text", part(`{"type":"image_url","image_url":{"url":1}}`), "invalid_type", imageAt},
		{"a bad image as text", part(`{"type":"image_url","image_url":"data:,"}`), "invalid_image_url", "messages[0].content[1].image_url"},
		{"stream as text", with(`"stream":"true"`), "invalid_type", "stream"},
		{"stream as a number", with(`"stream":1`), "invalid_type", "stream"},
		{"options without a stream", with(`"stream_options":{"include_usage":true}`), "invalid_value", "stream_options"},
		{"options with stream null", with(`"stream_options":{},"stream":null`), "invalid_value", "stream_options"},
		{"options that are none", with(`"stream":true,"stream_options":true`), "invalid_type", "stream_options"},
		{"include_usage as text", with(`"stream":true,"stream_options":{"include_usage":"yes"}`), "invalid_type", "stream_options.include_usage"},
		{"tools as an object", with(`"tools":{}`), "invalid_type", "tools"},
		{"temperature as text", with(`"temperature":"1"`), "invalid_type", "temperature"},
		{"user as a number", with(`"user":1`), "invalid_type", "user"},
		{"a format as text", with(`"response_format":"json"`), "invalid_type", "response_format"},
		{"an effort as a number", with(`"reasoning_effort":1`), "invalid_type", "reasoning_effort"},
		{"modalities as text", with(`"modalities":"audio"`), "invalid_type", "modalities"},
	}
	for _, field := range []string{"max_tokens", "max_completion_tokens", "n", "best_of"} {
		for _, v := range []string{"0", "-1", "1e3", "1.5", "1.0", "-0", "9223372036854775807", "9223372036854775808", "1000000000000000000", "1e18"} {
			tests = append(tests, struct{ about, body, code, param string }{field + " " + v, with(`"` + field + `":` + v), "invalid_value", field})
		}
		for _, v := range []string{`"10"`, "true", "{}", "[1]"} {
			tests = append(tests, struct{ about, body, code, param string }{field + " " + v, with(`"` + field + `":` + v), "invalid_type", field})
		}
	}
	tests = append(tests, struct{ about, body, code, param string }{"1000 alternatives", with(`"n":1000`), "invalid_value", "n"},
		struct{ about, body, code, param string }{"129 tried", with(`"best_of":129`), "invalid_value", "best_of"},
		struct{ about, body, code, param string }{"a limit beyond what is exact", with(`"max_tokens":9007199254740993`), "invalid_value", "max_tokens"})
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			_, e, err := inspect(tt.body)
			if e == nil {
				t.Fatalf("got %v", err)
			}
			if e.Code != tt.code || e.Param != tt.param || e.Status != 400 || e.Class != llm.ClassCallerFault || e.Message == "" {
				t.Errorf("got %d, code %q, param %q (%v)", e.Status, e.Code, e.Param, e)
			}
		})
	}
}

func TestInspectSaysWhere(t *testing.T) {
	t.Parallel()
	_, e, _ := inspect(`{"model":"gpt-5","messages":[}`)
	if e == nil || !strings.Contains(e.Message, "byte 29") {
		t.Errorf("got %v", e)
	}
	_, e, _ = inspect(`{"model":"a","model":"b"}`)
	if e == nil || !strings.Contains(e.Message, "byte 14") {
		t.Errorf("got %v", e)
	}
}

func TestInspectModels(t *testing.T) {
	t.Parallel()
	good := []string{
		"gpt-5", "openai/gpt-5*", "prompt:acme/greeting@production", "qwen/qwen3:free", "@cf/meta/llama-3.3-70b", "a..b", "...", "/models/llama",
		"arn:aws:bedrock:eu-west-1:1:inference-profile/x", "modèle", "my model", strings.Repeat("x", 256), "a/.../b", "~latest",
	}
	for _, name := range good {
		in, _, err := inspect(fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hi"}]}`, name))
		if err != nil || in.Model != name {
			t.Errorf("%s: got %q, %v", name, in.Model, err)
		}
	}
	if in, _, err := inspect(`{"model":"openai\/\u0067pt-5","messages":[{"role":"user","content":"hi"}]}`); err != nil || in.Model != "openai/gpt-5" {
		t.Errorf("escaped: got %q, %v", in.Model, err)
	}
	bad := []string{
		`null`, `""`, `5`, `[]`, `{}`, `true`, `"` + strings.Repeat("x", 257) + `"`, `"` + strings.Repeat("x", 10_000) + `"`, `"../x"`, `"a/../b"`, `".."`, `"a/.."`, `"a/./b"`,
		`"\u002e\u002e/x"`, `"..\/x"`, `"a?b"`, `"a#b"`, `"%2fb"`, `"a\\b"`, `"a\u0000"`, `"a\nb"`, `"\u007f"`, `"\u0085"`,
	}
	for _, name := range bad {
		_, e, err := inspect(`{"model":` + name + `,"messages":[{"role":"user","content":"hi"}]}`)
		if e == nil || e.Code != "invalid_model" || e.Param != "model" {
			t.Errorf("%.40s: got %v", name, err)
		}
	}
}

func TestInspectAllocates(t *testing.T) {
	body := []byte(with(`"max_tokens":5,"stream":true,"stream_options":{"include_usage":true},"tools":[{"type":"function"}],"temperature":1,"foo":{"bar":[]}`))
	var in llm.Inspection
	allocs := testing.AllocsPerRun(100, func() {
		in.Reset()
		if err := (Dialect{}).Inspect(body, &in); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 1 { // the model's name
		t.Errorf("it allocates %v times", allocs)
	}
}

func TestValidBase64(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "=": false, "A": false, "AA": true, "AAA": true, "AAAA": true, "AAAAA": false, "AA==": true, "AAA=": true, "AA=": false, "AAAA=": false, "A===": false,
		"AAAA==": false, "AA==AA": false, "AbZz09+/AbZz09+/": true, `\/9j\/4AA=`: true, `AAAA\nAAAA\r\nAA==\n`: true, `AA\t==`: false, "AAAA-AAA": false, "AAAAAAA_": false,
		"AAAAAAA ": false, "AAAAAAA@": false, "AAAAAAA[": false, "AAAAAAA`": false, "AAAAAAA{": false, "AAAAAAA.": false, "AAAAAAA:": false, "AAAAAAA*": false, "AAAAAAA,": false, "AAAAAAA\x80": false, "\xffAAAAAAA": false,
	} {
		if validBase64([]byte(text)) != want {
			t.Errorf("%q: got %v", text, !want)
		}
	}
	for c := range 256 {
		for at := range 8 {
			word := []byte("AAAAAAAA")
			word[at] = byte(c)
			if c != '\\' && validBase64(word) != (base64Alphabet[c] || c == '=' && at == 7) {
				t.Errorf("%q: got %v", word, validBase64(word))
			}
		}
	}
}

// FuzzInspect checks that what passes can be edited and is still what it was.
func FuzzInspect(f *testing.F) {
	f.Add([]byte(with(`"stream":true,"stream_options":{"include_obfuscation":false}`)), "other", true, false)
	f.Add([]byte(`{"stream_options":null,"model":"a","stream":true,"messages":[{"role":"user","content":[{"type":"image_url","image_url":"data:image/png;base64,AAAA"}]}]}`), "", true, true)
	f.Add([]byte(`{"model":"a","messages":[{"thinking_blocks":[{"signature":"anthropic:s"}],"extra_content":{"google":{"thought_signature":"google:s"}},"role":"assistant","tool_calls":[{"extra_content":{"google":{"thought_signature":"google:s"}},"id":"c"},{"id":"c", "extra_content":{"google":{"thought_signature":"google:s"}}}]}]}`), "b", true, false)
	f.Fuzz(func(t *testing.T, body []byte, model string, usage, noOptions bool) {
		var in llm.Inspection
		if err := (Dialect{}).Inspect(body, &in); err != nil {
			return
		}
		got := Dialect{}.EditRequest(nil, body, &in, llm.RequestEdit{Model: model, IncludeUsage: usage, NoStreamOptions: noOptions})
		var again llm.Inspection
		if err := (Dialect{}).Inspect(got, &again); err != nil {
			var e *llm.Error
			if errors.As(err, &e) && e.Code == "invalid_model" {
				return // what it was renamed to
			}
			t.Fatalf("%s became %s: %v", body, got, err)
		}
		want := in
		if model != "" {
			want.Model = string([]rune(model))
		}
		want.IncludeUsage = (in.IncludeUsage || usage && in.Stream) && !noOptions
		want.State, again.State = nil, nil
		if diff := cmp.Diff(want, again); diff != "" {
			t.Fatalf("%s became %s: -want +got\n%s", body, got, diff)
		}
	})
}
