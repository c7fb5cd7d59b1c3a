package responses

import (
	"errors"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func TestEditRequest(t *testing.T) {
	t.Parallel()
	const (
		input   = `"input":[{"role":"user","content":"hi \u00e9"}]`
		strange = `{"type":"reasoning","summary":[],"encrypted_content":"anthropic:s,"}`
		own     = `{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"}`
		user    = `{"role":"user","content":"a,b"}`
	)
	rename, none := llm.RequestEdit{Model: "b", IncludeUsage: true}, llm.RequestEdit{NoStreamOptions: true}
	list := func(items string) string { return `{"model":"a","input":[` + items + `]}` }
	for _, c := range []struct {
		about, body string
		edit        llm.RequestEdit
		want        string
	}{
		{"the model", `{ "model" : "a" ,` + input + `}`, rename, `{ "model" : "b" ,` + input + `}`},
		{"a model to be escaped", `{"model":"a",` + input + `}`, llm.RequestEdit{Model: "b\"\\"}, `{"model":"b\"\\",` + input + `}`},
		{"a model behind the input", `{` + input + `,"\u006dodel":"a"}`, rename, `{` + input + `,"\u006dodel":"b"}`},
		{"what is not known survives", `{"foo":{"a":1e400,"a":-0,"A":"\ud83d\ude00\/"},"model":"a",` + input + `,"big":123456789012345678901234567890}`, rename, `{"foo":{"a":1e400,"a":-0,"A":"\ud83d\ude00\/"},"model":"b",` + input + `,"big":123456789012345678901234567890}`},
		{"no options, in the middle", `{"model":"a" , "stream_options":{} ,"stream":true,` + input + `}`, none, `{"model":"a" ,"stream":true,` + input + `}`},
		{"no options, first", `{ "stream_options" : {} , "model":"a","stream":true,` + input + `}`, llm.RequestEdit{Model: "b", NoStreamOptions: true}, `{ "model":"b","stream":true,` + input + `}`},
		{"no options, last", `{` + input + `,"model":"a","stream_options":null}`, llm.RequestEdit{Model: "b", NoStreamOptions: true}, `{` + input + `,"model":"b"}`},
		{"strange reasoning first", list(strange + ` , ` + user), llm.RequestEdit{}, list(` ` + user)},
		{"strange reasoning in the middle", list(user + `, ` + strange + `,` + own), llm.RequestEdit{}, list(user + `, ` + own)},
		{"strange reasoning last", list(user + ` , ` + strange + ` `), llm.RequestEdit{}, list(user + `  `)},
		{"strange reasoning alone", list(strange), llm.RequestEdit{}, list(``)},
		{"runs of strange reasoning", list(strange + `,` + strange + `,` + user + `,` + strange + `,` + strange + `,` + own + `,` + strange + `,` + strange), rename, strings.Replace(list(user+`,`+own), `"a"`, `"b"`, 1)},
		{"nothing but strange reasoning", list(strange + `,` + strange), llm.RequestEdit{}, list(``)},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			if err := (Dialect{}).Inspect([]byte(c.body), &in); err != nil {
				t.Fatal(err)
			}
			for range 2 { // a retry edits again
				got := Dialect{}.EditRequest([]byte(">"), []byte(c.body), &in, c.edit)
				if string(got) != ">"+c.want {
					t.Errorf("got  %s\nwant >%s", got, c.want)
				}
			}
		})
	}
}

func TestEditRequestLeavesTheBody(t *testing.T) {
	t.Parallel()
	for _, members := range []string{``, `"stream":true`, `"stream":true,"stream_options":{"include_obfuscation":false}`} {
		body := []byte(asking(members))
		var in llm.Inspection
		if err := (Dialect{}).Inspect(body, &in); err != nil {
			t.Fatal(err)
		}
		for _, e := range []llm.RequestEdit{{}, {Model: "m"}, {IncludeUsage: true}} {
			if got := (Dialect{}).EditRequest(nil, body, &in, e); &got[0] != &body[0] {
				t.Errorf("%+v copies %s", e, body)
			}
		}
	}
}

func TestEditResponse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, in, want string }{
		{"the model", ` {"id":"r","model" : "up","output":[{"model":"up"}]} `, ` {"id":"r","model" : "` + public + `","output":[{"model":"up"}]} `},
		{"the model, escaped", `{"m\u006fdel":"up","output":[]}`, `{"m\u006fdel":"` + public + `","output":[]}`},
		{"the model null", `{"model":null,"output":[]}`, `{"model":"` + public + `","output":[]}`},
		{"no model", `{"output":[]}`, `{"output":[]}`},
		{"what is not known survives", `{"model":"up","output":[],"x":[1e400,{"a":1,"a":2}],"y":"\ud83d"}`, `{"model":"` + public + `","output":[],"x":[1e400,{"a":1,"a":2}],"y":"\ud83d"}`},
		{"invalid UTF-8", "{\"output\":[],\"x\":\"a\xff\xfe\"}", "{\"output\":[],\"x\":\"a\ufffd\"}"},
	} {
		var f llm.AnswerFacts
		got, err := Dialect{}.EditResponse([]byte(">"), []byte(c.in), public, &f)
		if err != nil || string(got) != ">"+c.want {
			t.Errorf("%s: %s, %v", c.about, got, err)
		}
		if f.Repaired != (c.about == "invalid UTF-8") {
			t.Errorf("%s: repaired %v", c.about, f.Repaired)
		}
	}
}

func TestEditResponseFacts(t *testing.T) {
	t.Parallel()
	var f llm.AnswerFacts
	body := whole(`{"type":"reasoning","summary":[{"type":"summary_text","text":"th"}]},{"type":"message","content":[{"type":"output_text","text":"a\u00e9"},{"type":"refusal","refusal":"no"}]},{"type":"function_call","name":"f","arguments":"{}"}`, `,"usage":{"input_tokens":9,"output_tokens":4}`)
	if _, err := (Dialect{}).EditResponse(nil, []byte(body), public, &f); err != nil {
		t.Fatal(err)
	}
	want := llm.AnswerFacts{ID: "r1", Model: "up", Finish: llm.FinishToolCalls, NativeFinish: "completed", Usage: llm.Usage{Input: 9, Output: 4}, HasUsage: true, Content: true, OutputBytes: 9}
	if f != want {
		t.Errorf("got %+v", f)
	}
}

func TestEditResponseTellsTheCostOfFailure(t *testing.T) {
	t.Parallel()
	var f llm.AnswerFacts
	_, err := Dialect{}.EditResponse(nil, []byte(whole(``, `,"status":"failed","error":{"code":"c","message":"m"},"usage":{"input_tokens":9}`)), public, &f)
	var e *llm.Error
	if !errors.As(err, &e) || e.Code != "c" || !f.HasUsage || f.Usage.Input != 9 {
		t.Errorf("%v, %+v", err, f)
	}
}
