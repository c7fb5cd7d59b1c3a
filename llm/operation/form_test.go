package operation

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

type plain struct{}

func (plain) AppendError(dst []byte, e *llm.Error) []byte { return append(dst, e.Code...) }

// body is a form whose bodies name the model, path one whose paths do.
var (
	body = New(Form{
		Label: "body", Of: llm.OpRerank, Vendor: plain{}, Answer: "results", Free: []string{"free"},
		Names:  map[llm.Field]string{llm.FieldTitle: "heading"},
		Fields: []Field{{Name: "text", Is: Text, Required: true}, {Name: "list", Is: List}, {Name: "either", Is: TextOrList}, {Name: "n", Is: Number}, {Name: "flag", Is: Flag}, {Name: "free", Is: Object}},
		Usage: func(field string, _ []byte, u *llm.Usage) bool {
			u.Input = 3
			return field == "usage"
		},
	})
	path = New(Form{
		Label: "path", Of: llm.OpCountTokens, Vendor: plain{}, InPath: true, Nested: []string{"requests"}, Unbilled: true,
		Fields: []Field{{Name: "requests"}, {Name: "twoWords", Alias: "two_words", Is: Number}},
	})
)

func TestInspect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form              *Form
		text, code, param string
	}{
		{body, `{"model":"m","text":"a","list":null,"other":{"x":1,"X":2},"free":{"a":1,"A":2}}`, "", ""},
		{body, `{"model":"a/b:c","text":"","either":"x","n":1e9,"flag":false,"stream":false}`, "", ""},
		{body, `{"model":"m"}`, codeMissing, "text"},
		{body, `{"model":"m","text":null}`, codeMissing, "text"},
		{body, `{"text":"a"}`, codeModel, "model"},
		{body, `{"model":1,"text":"a"}`, codeModel, "model"},
		{body, `{"model":"","text":"a"}`, codeModel, "model"},
		{body, `{"model":"../m","text":"a"}`, codeModel, "model"},
		{body, `{"model":"a/./m","text":"a"}`, codeModel, "model"},
		{body, `{"model":"m?x","text":"a"}`, codeModel, "model"},
		{body, `{"model":"m%2f","text":"a"}`, codeModel, "model"},
		{body, `{"model":"m\u0000","text":"a"}`, codeModel, "model"},
		{body, `{"model":"` + strings.Repeat("m", 257) + `","text":"a"}`, codeModel, "model"},
		{body, `{"model":"m","text":"a","text":"b"}`, codeDuplicateKey, "text"},
		{body, `{"model":"m","text":"a","Text":"b"}`, codeDuplicateKey, "Text"},
		{body, `{"model":"m","text":"a","LIST":[]}`, codeUnsupported, "LIST"},
		{body, `{"model":"m","text":["a"]}`, codeType, "text"},
		{body, `{"model":"m","text":"a","list":{}}`, codeType, "list"},
		{body, `{"model":"m","text":"a","either":1}`, codeType, "either"},
		{body, `{"model":"m","text":"a","n":"1"}`, codeType, "n"},
		{body, `{"model":"m","text":"a","flag":0}`, codeType, "flag"},
		{body, `{"model":"m","text":"a","free":[]}`, codeType, "free"},
		{body, `{"model":"m","text":"a","stream":true}`, codeUnsupported, "stream"},
		{body, `{"model":"m","text":"a","api_key":"x"}`, codeUnsupported, "api_key"},
		{body, `[]`, codeInvalidJSON, ""},
		{body, `{"model":"m","text":"a"}{}`, codeInvalidJSON, ""},
		{path, `{}`, "", ""},
		{path, `{"twoWords":1,"two_words":null}`, "", ""},
		{path, `{"twoWords":1,"two_words":1}`, codeDuplicateKey, "two_words"},
		{path, `{"model":7}`, codeModel, "model"},
	} {
		var in llm.Inspection
		err := c.form.Inspect([]byte(c.text), &in)
		var e *llm.Error
		if errors.As(err, &e) != (c.code != "") || e != nil && (e.Code != c.code || e.Param != c.param || e.Status != 400) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

func TestRenaming(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form       *Form
		text, want string
	}{
		{body, `{"model":"m", "text":"a","other":{"model":"m"},"big":12345678901234567890}`, `{"model":"up", "text":"a","other":{"model":"m"},"big":12345678901234567890}`},
		{path, `{"requests":[{"model":"models/m","x":{"model":"y"}},7,{"model":"m"},{"model":null}],"model":"publishers/p/models/m"}`, `{"requests":[{"model":"models/up","x":{"model":"y"}},7,{"model":"up"},{"model":null}],"model":"publishers/p/models/up"}`},
		{path, `{"requests":{"model":"models/m"}}`, `{"requests":{"model":"models/up"}}`},
		{path, `{}`, `{}`},
	} {
		var in llm.Inspection
		if err := c.form.Inspect([]byte(c.text), &in); err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		if got := c.form.EditRequest(nil, []byte(c.text), &in, llm.RequestEdit{Model: "up"}); string(got) != c.want {
			t.Errorf("%s became %s", c.text, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form       *Form
		text, want string
		usage      bool
	}{
		{body, `{"model":"up","id":"x","results":[],"error":null}`, `{"model":"public","id":"x","results":[],"error":null}`, false},
		{body, `{"results":[],"usage":{}}`, `{"results":[],"usage":{}}`, true},
		{body, "{\"results\":\"\xff\"}", "{\"results\":\"\ufffd\"}", false},
		{body, `{"result":[]}`, "", false},
		{body, `{"results":[],"error":{"message":"no"}}`, "", false},
		{body, `{"results":[],"error":"no"}`, "", false},
		{body, `{"results":[`, "", false},
		{body, ` `, "", false},
		{body, `"results"`, "", false},
		{path, `{}`, `{}`, true},
	} {
		var facts llm.AnswerFacts
		got, err := c.form.EditResponse(nil, []byte(c.text), "public", &facts)
		if (err != nil) != (c.want == "") || string(got) != c.want || facts.HasUsage != c.usage {
			t.Errorf("%s became %s, %+v: %v", c.text, got, facts, err)
		}
	}
	var facts llm.AnswerFacts
	got, err := body.EditAnswer(nil, []byte(`{"results":0,"data":[{"embedding":[0.25, -2]},{"embedding":["x"]},7]}`), llm.View{Base64: true}, &facts)
	if want := `{"results":0,"data":[{"embedding":"AACAPgAAAMA="},{"embedding":["x"]},7]}`; err != nil || string(got) != want {
		t.Errorf("%v, %s", err, got)
	}
}

// TestWhatIsMissing holds that sides that a form does not have say so.
func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, decode := body.DecodeRequest(nil)
	_, encode := body.AppendRequest(nil, nil, llm.Target{})
	_, read := body.DecodeResponse(nil)
	_, write := body.AppendResponse(nil, nil, llm.View{})
	_, next := body.NewStreamDecoder(strings.NewReader(""), llm.StreamOptions{}).Next()
	_, event := body.NewRelay(llm.RelayOptions{}).Event(nil, nil)
	_, end := body.NewRelay(llm.RelayOptions{}).End(nil)
	for i, err := range []error{decode, encode, read, write, next, event, end} {
		var e *llm.Error
		if !errors.As(err, &e) || e.Code != "unsupported_operation" || errors.Is(err, io.EOF) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if body.FieldName(llm.FieldTitle) != "heading" || body.FieldName(llm.FieldUser) != "user" || body.Name() != "body" || string(body.AppendError(nil, &llm.Error{Code: "c"})) != "c" {
		t.Error("names")
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for packed, list := range map[string]string{`"AACAPgAAAMA="`: `[0.25,-2]`, `""`: `[]`, `"zczMPQ=="`: `[0.1]`} {
		if got, err := Base64(nil, llm.Embedding(list)); err != nil || string(got) != packed {
			t.Errorf("%s is %s: %v", list, got, err)
		}
		if got, err := Floats([]byte(packed)); err != nil || string(got) != list {
			t.Errorf("%s is %s: %v", packed, got, err)
		}
	}
	for _, bad := range []string{`"AAA="`, `"!"`, `"AADAfw=="`, `["x"]`, `[1`, `null`, `{}`, ``} {
		if got, err := Floats([]byte(bad)); err == nil {
			t.Errorf("%s became %s", bad, got)
		}
	}
	for _, bad := range []string{`[1e400]`, `[null]`, `[1`} {
		if got, err := Base64(nil, llm.Embedding(bad)); err == nil {
			t.Errorf("%s became %s", bad, got)
		}
	}
}

// BenchmarkBase64 packs a vector of a usual length.
func BenchmarkBase64(b *testing.B) {
	list := llm.Embedding("[" + strings.TrimSuffix(strings.Repeat("-0.0123456789,", 1536), ",") + "]")
	b.SetBytes(int64(len(list)))
	var dst []byte
	for b.Loop() {
		var err error
		if dst, err = Base64(dst[:0], list); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzVector(f *testing.F) {
	f.Add([]byte(`[0.25,-2e3]`))
	f.Add([]byte(`"AACAPgAAAMA="`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := Floats(text)
		if err != nil {
			return
		}
		packed, err := Base64(nil, list)
		if err != nil {
			return // a number that no float holds
		}
		again, err := Floats(packed)
		if err != nil {
			return // one that became infinite
		}
		if second, err := Base64(nil, again); err != nil || string(second) != string(packed) {
			t.Errorf("%s became %s, %s and %s", text, packed, again, second)
		}
	})
}
