package responses

import (
	"bytes"
	"encoding/json"
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

// parsed decodes JSON with its numbers as they are.
func parsed(t *testing.T, b []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return v
}

// renamed is what an answer or an event is to be: the same under another name.
func renamed(t *testing.T, b []byte) any {
	t.Helper()
	v := parsed(t, b)
	m, ok := v.(jsonObject)
	if r, event := m["response"].(jsonObject); event {
		m = r
	}
	if ok && m["model"] != nil && m["object"] == "response" {
		m["model"] = public
	}
	return v
}

// checkFacts compares what the ledger is told with a plain reading.
func checkFacts(t *testing.T, id string, f *llm.AnswerFacts, want reading) {
	t.Helper()
	if f.HasUsage != want.HasUsage || f.Usage.InputTotal() != want.Input || f.Usage.OutputTotal() != want.Output || f.Usage.Reasoning != want.Thought {
		t.Errorf("%s: usage %v, %+v, want %+v", id, f.HasUsage, f.Usage, want)
	}
	if string(f.Finish) != want.Finish {
		t.Errorf("%s: finish %q (%q), want %q", id, f.Finish, f.NativeFinish, want.Finish)
	}
	size := len(want.Text) + len(want.Refusal)
	if f.Content != (size > 0 || want.Reasoning != "" || len(want.Tools) > 0 || want.Hosted > 0) {
		t.Errorf("%s: content is %v", id, f.Content)
	}
	if f.OutputBytes < int64(size) {
		t.Errorf("%s: counted %d bytes, there are at least %d", id, f.OutputBytes, size)
	}
	if f.Repaired {
		t.Errorf("%s: repaired", id)
	}
}

func TestRecordedRequestsPass(t *testing.T) {
	t.Parallel()
	passed := 0
	var in llm.Inspection
	for _, x := range recorded(t) {
		if x.Request == nil || len(x.Request.Body) == 0 {
			continue
		}
		in.Reset()
		if err := (Dialect{}).Inspect(x.Request.Body, &in); err != nil {
			var e *llm.Error
			if !errors.As(err, &e) || unreadable[x.ID] == "" || e.Param != "model" {
				t.Errorf("%s: a request that was answered is refused: %v", x.ID, err)
			}
			continue
		}
		passed++
		got := Dialect{}.EditRequest(nil, x.Request.Body, &in, llm.RequestEdit{Model: public, IncludeUsage: true, NoStreamOptions: true})
		want := parsed(t, x.Request.Body)
		want.(jsonObject)["model"] = public
		if diff := cmp.Diff(want, parsed(t, got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", x.ID, diff)
		}
		if same := (Dialect{}).EditRequest(nil, x.Request.Body, &in, llm.RequestEdit{Model: in.Model}); &same[0] != &x.Request.Body[0] {
			t.Errorf("%s: copied without an edit", x.ID)
		}
	}
	t.Logf("%d requests passed", passed)
}

func TestRecordedAnswersPass(t *testing.T) {
	t.Parallel()
	whole, streams := 0, 0
	for _, x := range recorded(t) {
		switch {
		case x.Response.Status != 200:
			var f llm.AnswerFacts
			var e *llm.Error
			if _, err := (Dialect{}).EditResponse(nil, x.Response.Body, public, &f); !errors.As(err, &e) || e.Message == "" {
				t.Errorf("%s: passing an error gave %v", x.ID, err)
			}
		case x.Response.BodyText != "":
			streams++
			checkRelayed(t, x)
		default:
			whole++
			var f llm.AnswerFacts
			got, err := Dialect{}.EditResponse(nil, x.Response.Body, public, &f)
			if err != nil {
				t.Errorf("%s: %v", x.ID, err)
				continue
			}
			if diff := cmp.Diff(renamed(t, x.Response.Body), parsed(t, got)); diff != "" {
				t.Errorf("%s: -want +got\n%s", x.ID, diff)
			}
			var plain plainAnswer
			if err := json.Unmarshal(x.Response.Body, &plain); err != nil {
				t.Fatal(err)
			}
			var want reading
			want.add(plain.Output...)
			want.settle(&plain)
			checkFacts(t, x.ID, &f, want)
		}
	}
	t.Logf("%d whole answers and %d streams passed", whole, streams)
}

// relayed passes a stream through.
func relayed(body io.Reader, o llm.RelayOptions) ([]byte, *llm.AnswerFacts, error) {
	r := Dialect{}.NewRelay(o)
	events := sse.NewReader(body, 0)
	defer events.Release()
	var out []byte
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
	out, err := r.End(out)
	return out, r.Facts(), err
}

// dataOf are the data of a stream's events.
func dataOf(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data:"); ok && strings.TrimSpace(data) != "[DONE]" {
			list = append(list, strings.TrimSpace(data))
		}
	}
	return list
}

func checkRelayed(t *testing.T, x exchange) {
	t.Helper()
	o := llm.RelayOptions{Model: public, HideUsage: true}
	out, facts, err := relayed(strings.NewReader(x.Response.BodyText), o)
	slow, again, slowErr := relayed(iotest.OneByteReader(strings.NewReader(x.Response.BodyText)), o)
	if !bytes.Equal(out, slow) || *facts != *again || (err == nil) != (slowErr == nil) {
		t.Errorf("%s: how the body is cut makes a difference", x.ID)
	}
	want, failed := readStream(streamedEvents(t, x.ID, x.Response.BodyText))
	var expected, got []any
	for _, data := range dataOf(x.Response.BodyText) {
		if strings.HasPrefix(data, `{"type":"error"`) {
			break
		}
		expected = append(expected, renamed(t, []byte(data)))
	}
	for _, data := range dataOf(string(out)) {
		got = append(got, parsed(t, []byte(data)))
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", x.ID, diff)
	}
	for block := range strings.SplitSeq(strings.TrimSuffix(string(out), "\n\n"), "\n\n") {
		var e streamed
		name, data, ok := strings.Cut(block, "\ndata: ")
		if !ok || json.Unmarshal([]byte(data), &e) != nil || name != "event: "+e.Type {
			t.Errorf("%s: the event is %q", x.ID, block)
		}
	}
	if failed {
		var e *llm.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: a stream with an error ended with %v", x.ID, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: ended with %v", x.ID, err)
		return
	}
	if strings.Contains(string(out), "[DONE]") || strings.ContainsRune(string(out), '\r') {
		t.Errorf("%s: an end marker or CR in %s", x.ID, out)
	}
	checkFacts(t, x.ID, facts, want)
}
