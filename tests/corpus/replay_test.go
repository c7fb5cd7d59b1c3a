package corpus

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// family is a wire format of the recordings.
type family struct {
	name string
	// provider is the type of the provider that speaks it, and suffix what its
	// base URL ends in.
	provider, suffix string
	read             func(*recording) (*fairwaytest.Said, error)
	// same is set where the caller's dialect is the provider's.
	same bool
}

var families = []family{
	{"openai_chat", "openai_compatible", "/v1", readOpenAI, true},
	{"anthropic_messages", "anthropic", "", readAnthropic, false},
	{"gemini_generate_content", "gemini", "", readGemini, false},
}

// leftOut are recordings that cannot be replayed to a chat completion, with the
// reason.
var leftOut = map[string]string{}

func TestReplay(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range families {
		names = append(names, f.name)
	}
	found := recordings(t, names...)
	up := fairwaytest.NewUpstream(t)
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: configuration(found, up.URL)})
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			replayed := 0
			for _, r := range found[f.name] {
				if why, ok := leftOut[r.ID]; ok {
					t.Logf("note: left out: %s: %s", r.ID, why)
					continue
				}
				replayed++
				t.Run(r.ID, func(t *testing.T) {
					t.Parallel()
					up.On(r.ID, r.reply())
					replay(t, g, up, f, r)
				})
			}
			t.Logf("note: %s: %d of %d recordings replayed", f.name, replayed, len(found[f.name]))
		})
	}
}

// configuration has a provider for each family, and one for each recorded
// failure, because some failures rest on the provider's key.
func configuration(found map[string][]*recording, url string) string {
	var b strings.Builder
	add := func(name string, f family) {
		fmt.Fprintf(&b, "provider %s %s {\n\tbase_url %s%s\n\tapi_key sk-test\n}\n", name, f.provider, url, f.suffix)
	}
	for _, f := range families {
		add(f.name, f)
		for _, r := range found[f.name] {
			if r.Response.Status >= 400 {
				add("p-"+r.ID, f)
			}
			fmt.Fprintf(&b, "expose %s\n", r.public())
		}
	}
	return b.String()
}

// public is the name by which a recording is called.
func (r *recording) public() string {
	if r.Response.Status >= 400 {
		return "p-" + r.ID + "/" + r.ID
	}
	return r.Family + "/" + r.ID
}

// spoiled are recorded answers that hold nothing that a caller could use.
var spoiled = map[string]string{
	"gemini-generate-content-57ab7b77": "an unexpected tool call, and not even that",
}

func replay(t *testing.T, g *fairwaytest.Gateway, up *fairwaytest.Upstream, f family, r *recording) {
	model := r.public()
	a := g.Chat(t, string(r.request(t, model)))
	if len(up.Requests(r.ID)) == 0 {
		// Some recorded requests are such that the gateway has to refuse them.
		t.Logf("the recorded request is refused (%s), a small one takes its place", a.Error(t).Message)
		a = g.Chat(t, string(r.small(t, model)))
	}
	if r.Response.Status >= 400 {
		checkError(t, r, a)
		return
	}
	if _, ok := spoiled[r.ID]; ok {
		if e := a.Error(t); a.Status != 502 || e.CodeOf() != "upstream_bad_response" {
			t.Errorf("status %d: %s", a.Status, a.Body)
		}
		return
	}
	want, err := f.read(r)
	if err != nil {
		t.Fatal(err)
	}
	if want.Failure != nil {
		checkFailure(t, want, a)
		return
	}
	if a.Status != 200 || a.Err != nil {
		t.Fatalf("status %d (%v): %.1000s", a.Status, a.Err, a.Body)
	}
	var got *fairwaytest.Said
	if r.Stream {
		got, err = fairwaytest.ReadChatStream(a.Body)
	} else {
		got, err = fairwaytest.ReadChat(a.Body)
	}
	if err != nil {
		t.Fatal(err)
	}
	compare(t, f, want, got)
	if !slices.Equal(got.Models, []string{model}) {
		t.Errorf("models %q, want %q", got.Models, model)
	}
	if r.Stream && (!got.Done || got.Failure != nil) {
		t.Errorf("[DONE] %t, failure %v", got.Done, got.Failure)
	}
	if f.same && !r.Stream {
		sameButModel(t, r.Response.Body, a.Body)
	}
	checkLedger(t, g, f, r, a, want)
}

func compare(t *testing.T, f family, want, got *fairwaytest.Said) {
	t.Helper()
	for _, c := range []struct{ what, want, got string }{
		{"text", want.Text, got.Text}, {"reasoning", want.Reasoning, got.Reasoning}, {"refusal", want.Refusal, got.Refusal}, {"finish", want.Finish, got.Finish},
	} {
		if c.want != c.got {
			t.Errorf("%s %q, want %q", c.what, c.got, c.want)
		}
	}
	if !reflect.DeepEqual(want.Usage, got.Usage) {
		t.Errorf("usage %+v, want %+v", got.Usage, want.Usage)
	}
	if len(want.Tools) != len(got.Tools) {
		t.Fatalf("tools %+v, want %+v", got.Tools, want.Tools)
	}
	for i, w := range want.Tools {
		tool := got.Tools[i]
		equal := w.Arguments == tool.Arguments
		if !f.same {
			equal = sameJSON(w.Arguments, tool.Arguments)
		}
		if w.Name != tool.Name || !equal || w.ID != "" && w.ID != tool.ID || !f.same && tool.ID == "" {
			t.Errorf("tool %+v, want %+v", tool, w)
		}
	}
}

// checkFailure holds that a failure inside a recorded stream is told.
func checkFailure(t *testing.T, want *fairwaytest.Said, a *fairwaytest.Answer) {
	t.Helper()
	if want.Text+want.Reasoning == "" && len(want.Tools) == 0 {
		if a.Status < 400 {
			t.Errorf("a stream with nothing but an error became %d", a.Status)
		}
		return
	}
	got, err := fairwaytest.ReadChatStream(a.Body)
	if err != nil || got.Failure == nil || got.Done || got.Text != want.Text {
		t.Errorf("status %d (%v): %.1000s", a.Status, err, a.Body)
	}
}

// checkLedger holds that what the record says was used is what the recording
// says.
func checkLedger(t *testing.T, g *fairwaytest.Gateway, f family, r *recording, a *fairwaytest.Answer, want *fairwaytest.Said) {
	t.Helper()
	var prompt, completion, cached int64
	var ok bool
	if f.same {
		prompt, completion, cached, ok = counted(r)
	} else if want.Usage != nil {
		prompt, completion, cached, ok = want.Usage.Prompt, want.Usage.Completion, want.Usage.Cached, true
	}
	u := g.Record(t, a.ID()).Usage
	switch {
	case !ok && !u.Estimated && want.Text+want.Reasoning != "":
		t.Errorf("the recording has no usage, the record %+v is not marked as an estimate", u)
	case ok && (u.InputTotal() != prompt || u.OutputTotal() != completion || u.CacheRead != cached || u.Estimated):
		t.Errorf("the record counts %+v, want %d, %d and %d cached", u, prompt, completion, cached)
	}
}

// sameButModel compares two JSON texts but for the model's name.
func sameButModel(t *testing.T, want, got []byte) {
	t.Helper()
	var w, g map[string]any
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatal(err)
	}
	delete(w, "model")
	delete(g, "model")
	if !reflect.DeepEqual(w, g) {
		t.Errorf("the answer is\n%s\nwant\n%s", got, want)
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}
