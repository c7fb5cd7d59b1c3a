package openai

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

// renamed is what an answer is to be: the same under another name.
func renamed(t *testing.T, b []byte, hideUsage bool) any {
	t.Helper()
	v := parsed(t, b)
	if m, ok := v.(map[string]any); ok {
		if _, ok := m["model"]; ok {
			m["model"] = public
		}
		if hideUsage {
			delete(m, "usage")
		}
	}
	return v
}

// checkFacts compares what the ledger is told with a plain reading.
func checkFacts(t *testing.T, id string, f *llm.AnswerFacts, want reading) {
	t.Helper()
	if f.HasUsage != want.HasUsage || f.Usage.InputTotal() != want.Prompt || f.Usage.OutputTotal() != want.Completion {
		t.Errorf("%s: usage %v, %+v, want %+v", id, f.HasUsage, f.Usage, want)
	}
	first := want.Choices[0]
	if string(f.Finish) != first.Finish {
		t.Errorf("%s: finish %q (%q), want %q", id, f.Finish, f.NativeFinish, first.Finish)
	}
	size, content := 0, false
	for _, c := range want.Choices {
		size += len(c.Text) + len(c.Refusal) + len(c.Reasoning)
		content = content || c.Text != "" || c.Refusal != "" || c.Reasoning != "" || len(c.Tools) > 0
	}
	if f.Content != content {
		t.Errorf("%s: content is %v", id, f.Content)
	}
	if f.OutputBytes < int64(size) {
		t.Errorf("%s: counted %d bytes, there are at least %d", id, f.OutputBytes, size)
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
			if x.Response.Status < 400 {
				t.Errorf("%s: a request that was answered is refused: %v", x.ID, err)
			}
			t.Logf("%s: refused as by the provider (%d): %v", x.ID, x.Response.Status, err)
			continue
		}
		passed++
		got := Dialect{}.EditRequest(nil, x.Request.Body, &in, llm.RequestEdit{Model: public, IncludeUsage: true})
		want := parsed(t, x.Request.Body).(map[string]any)
		want["model"] = public
		if in.Stream {
			o, ok := want["stream_options"].(map[string]any)
			if !ok {
				o = map[string]any{}
				want["stream_options"] = o
			}
			o["include_usage"] = true
		}
		if diff := cmp.Diff(want, parsed(t, got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", x.ID, diff)
		}
		got = Dialect{}.EditRequest(nil, x.Request.Body, &in, llm.RequestEdit{NoStreamOptions: true})
		want = parsed(t, x.Request.Body).(map[string]any)
		delete(want, "stream_options")
		if diff := cmp.Diff(want, parsed(t, got)); diff != "" {
			t.Errorf("%s without stream_options: -want +got\n%s", x.ID, diff)
		}
		r, err := Dialect{}.DecodeRequest(x.Request.Body)
		if err != nil {
			continue // reported elsewhere
		}
		if r.Model != in.Model || r.Stream != in.Stream || r.IncludeUsage != in.IncludeUsage || (len(r.Tools) > 0) != in.Tools || r.User != in.User {
			t.Errorf("%s: inspected %+v", x.ID, in)
		}
	}
	t.Logf("%d requests passed", passed)
}

func TestRecordedAnswersPass(t *testing.T) {
	t.Parallel()
	whole, streams, failures := 0, 0, 0
	for _, x := range recorded(t) {
		switch {
		case x.Response.BodyText != "":
			streams++
			checkStreamPasses(t, x, false)
			checkStreamPasses(t, x, true)
		case x.Response.Status >= 400:
			failures++
			var f llm.AnswerFacts
			got, err := Dialect{}.EditResponse([]byte("kept"), x.Response.Body, public, &f)
			var e *llm.Error
			if !errors.As(err, &e) || string(got) != "kept" {
				t.Errorf("%s: an error answer passed as %s, %v", x.ID, got, err)
			}
		default:
			whole++
			checkWholePasses(t, x)
		}
	}
	t.Logf("%d whole answers, %d streams and %d errors checked", whole, streams, failures)
}

func checkWholePasses(t *testing.T, x exchange) {
	t.Helper()
	var f llm.AnswerFacts
	got, err := Dialect{}.EditResponse(nil, x.Response.Body, public, &f)
	if err != nil {
		t.Errorf("%s: %v", x.ID, err)
		return
	}
	if diff := cmp.Diff(renamed(t, x.Response.Body, false), parsed(t, got)); diff != "" {
		t.Errorf("%s: -want +got\n%s", x.ID, diff)
	}
	var want reading
	if err := want.add(x.Response.Body, true); err != nil {
		t.Fatal(err)
	}
	want.settle()
	want.correct(x.ID)
	checkFacts(t, x.ID, &f, want)
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

// chunksOf are the data lines of a stream, its end marker left out.
func chunksOf(body string) (chunks []string) {
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "data:")
		if data = strings.TrimSpace(data); ok && data != "[DONE]" {
			chunks = append(chunks, data)
		}
	}
	return chunks
}

func checkStreamPasses(t *testing.T, x exchange, hideUsage bool) {
	t.Helper()
	o := llm.RelayOptions{Model: public, HideUsage: hideUsage}
	out, facts, err := relayed(strings.NewReader(x.Response.BodyText), o)
	again, _, errAgain := relayed(iotest.OneByteReader(strings.NewReader(x.Response.BodyText)), o)
	if !bytes.Equal(out, again) || (err == nil) != (errAgain == nil) {
		t.Errorf("%s: read byte by byte it comes out different", x.ID)
	}

	var want reading
	var expected []any
	failed := false
	for _, data := range chunksOf(x.Response.BodyText) {
		var c struct {
			Choices []json.RawMessage `json:"choices"`
			Usage   map[string]any    `json:"usage"`
			Filter  any               `json:"prompt_filter_results"`
			Error   any               `json:"error"`
		}
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatal(x.ID, err)
		}
		if failed = c.Error != nil; failed {
			break
		}
		if err := want.add([]byte(data), false); err != nil {
			t.Fatal(x.ID, err)
		}
		usageOnly := len(c.Choices) == 0 && c.Usage != nil
		if usageOnly && hideUsage || len(c.Choices) == 0 && c.Filter != nil && c.Usage == nil {
			continue
		}
		expected = append(expected, renamed(t, []byte(data), hideUsage))
	}
	var got []any
	for _, data := range chunksOf(string(out)) {
		got = append(got, parsed(t, []byte(data)))
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", x.ID, diff)
	}
	if failed {
		var e *llm.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: a stream with an error ended with %v", x.ID, err)
		}
		return
	}
	if err != nil || !bytes.HasSuffix(out, []byte("\n\ndata: [DONE]\n\n")) || bytes.Count(out, []byte("[DONE]")) != 1 {
		t.Errorf("%s: ended with %v and %q", x.ID, err, out[max(0, len(out)-30):])
		return
	}
	if bytes.ContainsRune(out, '\r') || bytes.HasPrefix(out, []byte(":")) || bytes.Contains(out, []byte("\n:")) {
		t.Errorf("%s: comments or CR in %s", x.ID, out)
	}
	want.settle()
	want.correct(x.ID)
	checkFacts(t, x.ID, facts, want)
}
