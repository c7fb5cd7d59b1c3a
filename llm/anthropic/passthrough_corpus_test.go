package anthropic

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

const public = "acme/public-name"

// TestRecordedAnswersPass checks that the bytes of recorded answers go through,
// but for the model's name, and that the ledger is told what they say.
func TestRecordedAnswersPass(t *testing.T) {
	t.Parallel()
	whole, streams, failures := 0, 0, 0
	for _, x := range recorded(t) {
		body := x.body()
		switch {
		case x.Response.Status >= 400:
			failures++
			var f llm.AnswerFacts
			got, err := Dialect{}.EditResponse([]byte("kept"), body, public, &f)
			var e *llm.Error
			if !errors.As(err, &e) || string(got) != "kept" {
				t.Errorf("%s: an error answer passed as %s, %v", x.ID, got, err)
			}
		case x.Response.BodyText != "":
			streams++
			out, facts, err := relayed(bytes.NewReader(body), llm.RelayOptions{Model: public, HideUsage: true})
			if err != nil {
				t.Errorf("%s: %v", x.ID, err)
				continue
			}
			again, _, err := relayed(iotest.OneByteReader(bytes.NewReader(body)), llm.RelayOptions{Model: public})
			if err != nil || !bytes.Equal(out, again) {
				t.Errorf("%s: read byte by byte it comes out different (%v)", x.ID, err)
			}
			checkPassed(t, &x, out, facts)
		default:
			whole++
			var f llm.AnswerFacts
			out, err := Dialect{}.EditResponse(nil, body, public, &f)
			if err != nil {
				t.Errorf("%s: %v", x.ID, err)
				continue
			}
			checkPassed(t, &x, out, &f)
		}
	}
	t.Logf("%d whole answers, %d streams and %d errors checked", whole, streams, failures)
}

func checkPassed(t *testing.T, x *exchange, out []byte, f *llm.AnswerFacts) {
	t.Helper()
	body := x.body()
	want := read(t, body)
	// Only the name of the model differs.
	expected := body
	for _, form := range []string{`"model":"`, `"model": "`} {
		expected = bytes.Replace(expected, []byte(form+want.Model+`"`), []byte(form+public+`"`), 1)
	}
	if got := bytes.ReplaceAll(out, []byte(`"model":"`), []byte(`"model": "`)); !bytes.Equal(trimmed(got), trimmed(bytes.ReplaceAll(expected, []byte(`"model":"`), []byte(`"model": "`)))) {
		t.Errorf("%s: (-want +got)\n%s", x.ID, cmp.Diff(string(expected), string(out)))
	}
	if f.ID != want.ID || f.Model != want.Model || f.Finish != want.Finish || f.NativeFinish != want.Native || f.Repaired {
		t.Errorf("%s: facts %+v, want %+v", x.ID, f, want)
	}
	u := f.Usage
	if !f.HasUsage || u.Input != want.Input || u.OutputTotal() != want.Output || u.CacheRead != want.Read || u.CacheWrite() != want.Written ||
		u.Reasoning != want.Thinking || u.WebSearches != want.Searches || u.CacheWrite1h != want.WrittenForHour {
		t.Errorf("%s: usage %+v, want %+v", x.ID, u, want)
	}
	if content := want.Text+want.Thoughts != "" || len(want.Calls)+len(want.Other) > 0; f.Content != content {
		t.Errorf("%s: content is %v", x.ID, f.Content)
	}
	if least := int64(len(want.Text) + len(want.Thoughts)); f.OutputBytes < least {
		t.Errorf("%s: counted %d bytes, there are at least %d", x.ID, f.OutputBytes, least)
	}
}

// trimmed are the lines of a stream without the blanks that pad the first one.
func trimmed(b []byte) []byte {
	first, rest, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		return b
	}
	return append(append(bytes.TrimRight(bytes.Clone(first), " "), "\n\n"...), rest...)
}

// relayed passes a body through, read in the given way.
func relayed(body io.Reader, o llm.RelayOptions) (out []byte, facts *llm.AnswerFacts, err error) {
	r := Dialect{}.NewRelay(o)
	events := sse.NewReader(body, 0)
	defer events.Release()
	for {
		e, err := events.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, r.Facts(), err
		}
		if out, err = r.Event(out, e.Raw); err != nil {
			return out, r.Facts(), err
		}
	}
	out, err = r.End(out)
	return out, r.Facts(), err
}

func TestRecordedRequestsPass(t *testing.T) {
	t.Parallel()
	passed := 0
	var in llm.Inspection
	for _, x := range recorded(t) {
		if x.Request == nil || len(x.Request.Body) == 0 || strings.HasPrefix(x.ID, "vertex") {
			continue
		}
		in.Reset()
		if err := (Dialect{}).Inspect(x.Request.Body, &in); err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		passed++
		body := []byte(x.Request.Body)
		if got := (Dialect{}).EditRequest(nil, body, &in, llm.RequestEdit{IncludeUsage: true, NoStreamOptions: true}); &got[0] != &body[0] {
			t.Errorf("%s: edited to %s", x.ID, got)
		}
		got := Dialect{}.EditRequest(nil, body, &in, llm.RequestEdit{Model: public})
		want := bytes.Replace(body, []byte(`"`+in.Model+`"`), []byte(`"`+public+`"`), 1)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: -want +got\n%s", x.ID, cmp.Diff(string(want), string(got)))
		}
	}
	t.Logf("%d requests passed", passed)
}
