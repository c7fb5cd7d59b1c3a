package edge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// refusal is a body that is refused before anything is sent to a provider.
type refusal struct {
	name, body string
	// code and param are what the error must have; "*" stands for any.
	code, param string
}

func TestBodiesThatAreRefused(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	list := append(malformed(), ambiguous()...)
	for _, c := range append(list, invalid()...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := g.Chat(t, c.body)
			if a.Status != 400 {
				t.Fatalf("status %d, want 400: %.300s", a.Status, a.Body)
			}
			e := a.Error(t)
			if c.code != "*" && e.CodeOf() != c.code {
				t.Errorf("code %q, want %q: %s", e.CodeOf(), c.code, e.Message)
			}
			if c.param != "*" && e.ParamOf() != c.param {
				t.Errorf("param %q, want %q: %s", e.ParamOf(), c.param, e.Message)
			}
			if e.Type != "invalid_request_error" {
				t.Errorf("type %q", e.Type)
			}
			if c.code == "invalid_json" && !strings.Contains(e.Message, "byte ") {
				t.Errorf("the message names no byte: %s", e.Message)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(up.All()); n > 0 {
			t.Errorf("%d requests reached the provider", n)
		}
	})
}

// ask is a request whose model and messages are right; more is what follows.
func ask(more string) string {
	return `{"model":"up/ok","messages":[{"role":"user","content":"hello"}]` + more + `}`
}

// message is a request with one message, given by its fields.
func message(fields string) string {
	return `{"model":"up/ok","messages":[{` + fields + `}]}`
}

func malformed() []refusal {
	whole := ask("")
	deep := func(depth int) string {
		return ask(`,"metadata":` + strings.Repeat("[", depth) + strings.Repeat("]", depth))
	}
	return []refusal{
		{"cut off", whole[:len(whole)-1], "invalid_json", ""},
		{"cut off in a string", whole[:len(whole)-10], "invalid_json", "*"},
		{"garbage after the end", whole + "x", "invalid_json", ""},
		{"two documents", whole + whole, "invalid_json", ""},
		{"comma at the end", ask(",")[:len(whole)+1], "invalid_json", "*"},
		{"comment", "/* hello */" + whole, "invalid_json", ""},
		{"comment inside", ask("/* hello */"), "invalid_json", "*"},
		{"not a number", ask(`,"temperature":NaN`), "invalid_json", "*"},
		{"infinity", ask(`,"temperature":Infinity`), "invalid_json", "*"},
		{"leading zero", ask(`,"n":01`), "invalid_json", "*"},
		{"single quotes", strings.ReplaceAll(whole, `"`, `'`), "invalid_json", ""},
		{"byte order mark", "\ufeff" + whole, "invalid_json", ""},
		{"an array", "[" + whole + "]", "*", "*"},
		{"a number", "1", "*", "*"},
		{"null", "null", "*", "*"},
		{"nested 200 deep", deep(200), "invalid_json", "*"},
		{"nested 10 001 deep", deep(10_001), "invalid_json", "*"},
		{"nested a million deep", deep(1_000_000), "invalid_json", "*"},
		{"a byte that is not UTF-8", message(`"role":"user","content":"` + "\xff" + `"`), "invalid_json", "*"},
		{"an overlong encoding", message(`"role":"user","content":"` + "\xc0\xaf" + `"`), "invalid_json", "*"},
		{"half of a surrogate pair", message(`"role":"user","content":"\ud800"`), "invalid_json", "*"},
		{"surrogates in the wrong order", message(`"role":"user","content":"\udc00\ud800"`), "invalid_json", "*"},
		{"a control character", message(`"role":"user","content":"` + "\x01" + `"`), "invalid_json", "*"},
		{"an unknown escape", message(`"role":"user","content":"\x41"`), "invalid_json", "*"},
	}
}

// ambiguous are bodies that two parsers could read differently.
func ambiguous() []refusal {
	list := []refusal{
		{"model twice", `{"model":"up/ok","model":"up/other","messages":[{"role":"user","content":"hello"}]}`, "duplicate_key", "*"},
		{"model in two spellings", `{"model":"up/ok","Model":"up/other","messages":[{"role":"user","content":"hello"}]}`, "*", "*"},
		{"model in capitals alone", `{"MODEL":"up/ok","messages":[{"role":"user","content":"hello"}]}`, "*", "*"},
		{"model escaped", `{"model":"up/ok","\u006dodel":"up/other","messages":[{"role":"user","content":"hello"}]}`, "duplicate_key", "*"},
		{"messages twice", ask(`,"messages":[]`), "duplicate_key", "*"},
		{"stream twice", ask(`,"stream":true,"stream":false`), "duplicate_key", "*"},
		{"max_tokens twice", ask(`,"max_tokens":1,"max_tokens":1000000`), "duplicate_key", "*"},
		{"tools twice", ask(`,"tools":[],"tools":[]`), "duplicate_key", "*"},
		{"an unknown field twice", ask(`,"foo":1,"foo":2`), "duplicate_key", "*"},
		{"role twice in a message", message(`"role":"user","role":"system","content":"hello"`), "duplicate_key", "messages[0].role"},
		{"content twice in a message", message(`"role":"user","content":"hello","content":"bye"`), "duplicate_key", "messages[0].content"},
		{"role escaped in a message", message(`"role":"user","rol\u0065":"system","content":"hello"`), "duplicate_key", "*"},
		{"name twice in a tool", ask(`,"tools":[{"type":"function","function":{"name":"a","name":"b"}}]`), "duplicate_key", "*"},
		{"include_usage twice", ask(`,"stream":true,"stream_options":{"include_usage":true,"include_usage":false}`), "duplicate_key", "*"},
	}
	return list
}

func invalid() []refusal {
	list := []refusal{
		{"messages missing", `{"model":"up/ok"}`, "*", "messages"},
		{"messages empty", `{"model":"up/ok","messages":[]}`, "*", "messages"},
		{"messages null", `{"model":"up/ok","messages":null}`, "*", "messages"},
		{"messages a text", `{"model":"up/ok","messages":"hello"}`, "*", "messages"},
		{"messages 100 000", `{"model":"up/ok","messages":[` + strings.Repeat(`{"role":"user","content":"a"},`, 99_999) + `{"role":"user","content":"a"}]}`, "*", "messages"},
		{"a message that is none", `{"model":"up/ok","messages":["hello"]}`, "*", "messages[0]"},
		{"role unknown", message(`"role":"wizard","content":"hello"`), "*", "messages[0].role"},
		{"role missing", message(`"content":"hello"`), "*", "messages[0].role"},
		{"content a number", message(`"role":"user","content":5`), "*", "messages[0].content"},
		{"part unknown", message(`"role":"user","content":[{"type":"text","text":"a"},{"type":"smell"}]`), "*", "messages[0].content[1].type"},
		{"part without type", message(`"role":"user","content":[{"text":"a"}]`), "*", "messages[0].content[0].type"},
		{"stream a text", ask(`,"stream":"true"`), "*", "stream"},
		{"stream a number", ask(`,"stream":1`), "*", "stream"},
		{"options without a stream", ask(`,"stream_options":{"include_usage":true}`), "*", "stream_options"},
		{"picture in broken base64", message(`"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,@@@@"}}]`), "*", "messages[0].content[0].image_url.url"},
		{"picture that is SVG", message(`"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/svg+xml;base64,PHN2Zy8+"}}]`), "*", "messages[0].content[0].image_url.url"},
	}
	for name, model := range map[string]string{
		"missing": "", "null": `"model":null,`, "empty": `"model":"",`, "a number": `"model":5,`, "10 kB": `"model":"` + strings.Repeat("a", 10_000) + `",`,
		"a path upwards": `"model":"../x",`, "a path upwards inside": `"model":"up/../x",`, "a NUL": `"model":"a\u0000",`, "a line feed": `"model":"a\nb",`,
	} {
		list = append(list, refusal{"model " + name, `{` + model + `"messages":[{"role":"user","content":"hello"}]}`, "*", "model"})
	}
	for _, field := range []string{"max_tokens", "max_completion_tokens"} {
		for name, value := range map[string]string{
			"0": "0", "negative": "-1", "2^63": "9223372036854775808", "10^18": "1000000000000000000", "a text": `"10"`, "a fraction": "1.5", "an exponent": "1e3", "10^400": "1e400",
		} {
			list = append(list, refusal{field + " " + name, ask(fmt.Sprintf(`,%q:%s`, field, value)), "*", field})
		}
	}
	for name, value := range map[string]string{"0": "0", "negative": "-1", "1000": "1000", "a fraction": "1.5", "a text": `"2"`} {
		list = append(list, refusal{"n " + name, ask(`,"n":` + value), "*", "n"})
	}
	return list
}

// TestNull holds that null is the absence of an optional field.
func TestNull(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{})
	for _, field := range []string{"stream", "stream_options", "max_tokens", "max_completion_tokens", "n", "temperature", "tools", "user"} {
		if a := g.Chat(t, ask(fmt.Sprintf(`,%q:null`, field))); a.Status != 200 {
			t.Errorf("%s null: status %d: %s", field, a.Status, a.Body)
		}
	}
}

// TestBytesPassUnchanged holds that between equal dialects nothing is touched
// but the model's name.
func TestBytesPassUnchanged(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	recursive := `{"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}}}},"$ref":"#/$defs/n"}`
	large := `{"type":"object","properties":{"a":{"type":"string"}},"description":"` + strings.Repeat("x", 1<<20) + `"}`
	for name, more := range map[string]string{
		"unknown fields":      `,"foo":{"bar":[1,2,{"baz":null}]},"vendor_option":"on"`,
		"huge numbers":        `,"metadata":{"a":123456789012345678901234567890,"b":1e400,"c":-0,"d":1.0,"e":1E2,"f":0.10}`,
		"escapes":             `,"user":"\u0041\/\u00e9\ud83d\ude00"`,
		"white space":         "  ,\n\t\"seed\" : 1 \r\n",
		"order of fields":     `,"zebra":1,"apple":2,"temperature":0.5`,
		"a recursive schema":  `,"tools":[{"type":"function","function":{"name":"f","parameters":` + recursive + `}}]`,
		"a schema of 1 MB":    `,"tools":[{"type":"function","function":{"name":"f","parameters":` + large + `}}]`,
		"duplicates in extra": `,"logit_bias":{"1":5,"2":-5}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := strings.ReplaceAll(name, " ", "-")
			up.On(model, fairwaytest.JSON(200, fairwaytest.Completion("fine")))
			sent := `{"messages":[{"role":"user","content":"hello"}],"model":"up/` + model + `"` + more + `}`
			if a := g.Chat(t, sent); a.Status != 200 {
				t.Fatalf("status %d: %.300s", a.Status, a.Body)
			}
			want := strings.Replace(sent, `"up/`+model+`"`, `"`+model+`"`, 1)
			if got := string(up.Last(t, model).Body); got != want {
				t.Errorf("the provider got\n%.2000s\nwant\n%.2000s", got, want)
			}
		})
	}
}
