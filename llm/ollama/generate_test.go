package ollama

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestGenerateRequest(t *testing.T) {
	t.Parallel()
	body := []byte(`{"model":"m","prompt":"p","system":"s","images":["` + png + `"],"context":[1,2],"raw":true,"template":"{{ .Prompt }}","suffix":"","stream":false,"options":{"num_predict":5}}`)
	var in llm.Inspection
	if err := (Generate{}).Inspect(body, &in); err != nil || in.Stream || !in.Images || in.MaxTokens != 5 || in.Model != "m" {
		t.Fatalf("%v %+v", err, in)
	}
	r, err := Generate{}.DecodeRequest(body)
	if err != nil {
		t.Fatal(err)
	}
	want := &llm.Request{
		Model: "m", IncludeUsage: true, MaxTokens: ptr(int64(5)),
		Messages: []llm.Message{system("s"), {Role: llm.RoleUser, Parts: []llm.Part{text1("p"), image()}}},
		Extra:    map[string]json.RawMessage{"context": json.RawMessage(`[1,2]`), "raw": json.RawMessage(`true`), "template": json.RawMessage(`"{{ .Prompt }}"`)},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	e, err := Generate{}.AppendRequest(nil, r, llm.Target{Model: "m"})
	if err != nil || len(e.Extra) > 0 || !strings.Contains(string(e.Body), `"messages":[{"role":"system","content":"s"},`) {
		t.Errorf("%v %s", err, e.Body)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		`{"prompt":"p"}`:                           "model",
		`{"model":"m"}`:                            "prompt",
		`{"model":"m","prompt":""}`:                "prompt",
		`{"model":"m","prompt":[]}`:                "prompt",
		`{"model":"m","prompt":"p","Prompt":"q"}`:  "Prompt",
		`{"model":"m","prompt":"p","SYSTEM":"q"}`:  "SYSTEM",
		`{"model":"m","prompt":"p","images":"x"}`:  "images",
		`{"model":"m","prompt":"p","images":[""]}`: "images[0]",
		`{"model":"m","prompt":"p","raw":1}`:       "raw",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			err := Generate{}.Inspect([]byte(body), &in)
			if err == nil {
				_, err = Generate{}.DecodeRequest([]byte(body))
			}
			var e *llm.Error
			if !errors.As(err, &e) || e.Param != param {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestGenerateAnswers(t *testing.T) {
	t.Parallel()
	g := Generate{}
	r, err := g.DecodeResponse([]byte(answers[0].body))
	if err != nil || r.Choices[0].Message.Parts[0].Text != "hé" {
		t.Error(r, err)
	}
	if _, err := drain(g.NewStreamDecoder(strings.NewReader(last), llm.StreamOptions{})); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if _, ok := any(g).(llm.Passthrough); ok || g.Name() == (Dialect{}).Name() {
		t.Error("a prompt must not pass through to /api/chat")
	}
}
