// Package formtest holds what is true of every form of an operation.
package formtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// Fuzz feeds texts to all that reads: requests and answers.
func Fuzz(f *testing.F, d llm.Dialect, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		request(t, d, body)
		answer(t, d, body)
	})
}

// request holds that a body that is taken stays one when its model is renamed,
// and that what it becomes for a provider is taken again.
func request(t *testing.T, d llm.Dialect, body []byte) {
	var in llm.Inspection
	if err := d.Inspect(body, &in); err != nil {
		explained(t, err)
		return
	}
	edited := d.(llm.Passthrough).EditRequest(nil, body, &in, llm.RequestEdit{Model: "up"})
	var again llm.Inspection
	if err := d.Inspect(edited, &again); err != nil || in.Model != "" && again.Model != "up" {
		t.Fatalf("%q became %q: %v", body, edited, err)
	}
	r, err := d.DecodeRequest(body)
	if err != nil {
		explained(t, err)
		return
	}
	encoded, err := d.AppendRequest(nil, r, llm.Target{Model: "up"})
	if err != nil {
		explained(t, err)
		return
	}
	if err := d.Inspect(encoded.Body, &again); err != nil {
		t.Fatalf("%q became %q: %v", body, encoded.Body, err)
	}
}

// answer holds that an answer passes as JSON, the same the second time, and
// that one that can be read can be written.
func answer(t *testing.T, d llm.Dialect, body []byte) {
	p := d.(llm.Passthrough)
	var facts llm.AnswerFacts
	out, err := p.EditResponse(nil, body, "public", &facts)
	if err != nil {
		explained(t, err)
	} else if second, err := p.EditResponse(nil, out, "public", &facts); err != nil || !bytes.Equal(out, second) {
		t.Fatalf("%q became %q and that %q: %v", body, out, second, err)
	}
	if e, ok := d.(llm.AnswerEditor); ok {
		if out, err := e.EditAnswer(nil, body, llm.View{Model: "public", Base64: true}, &facts); err == nil && !json.Valid(out) {
			t.Fatalf("%q became %q", body, out)
		}
	}
	r, err := d.DecodeResponse(body)
	if err != nil {
		explained(t, err)
		return
	}
	for _, packed := range []bool{false, true} {
		out, err := d.AppendResponse(nil, r, llm.View{Model: "public", ID: "id", Base64: packed})
		if err != nil {
			explained(t, err)
		} else if !json.Valid(out) {
			t.Fatalf("%q became %q", body, out)
		}
	}
}

// explained holds that whoever is told of a failure is told something.
func explained(t *testing.T, err error) {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) || e.Message == "" && e.Code == "" {
		t.Fatalf("the error explains nothing: %v", err)
	}
}
