package responses

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func inspected(t testing.TB, body string) *llm.Inspection {
	t.Helper()
	in := new(llm.Inspection)
	if err := (Dialect{}).Inspect([]byte(body), in); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestRefers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]References{
		`{"model":"m","input":"x"}`:              {Store: true},
		`{"model":"m","input":"x","store":null}`: {Store: true},
		`{"model":"m","input":"x","store":true,"previous_response_id":null,"conversation":null}`:        {Store: true},
		`{"model":"m","input":"x","store":false}`:                                                       {},
		`{"model":"m","previous_response_id":"r\u0065sp"}`:                                              {Store: true, Previous: "resp"},
		`{"model":"m","conversation":{"id":"c"}}`:                                                       {Store: true, Conversation: true},
		`{"model":"m","input":[{"type":"item_reference","id":"msg_\u0031"}]}`:                           {Store: true, Items: []string{"msg_1"}},
		`{"model":"m","input":[{"type":"reasoning","id":"rs_1","summary":[]}]}`:                         {Store: true, Items: []string{"rs_1"}},
		`{"model":"m","input":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"x"}]}`: {Store: true},
		`{"model":"m","input":[{"type":"message","id":"msg_1","role":"user","content":"x"}]}`:           {Store: true},
	} {
		if diff := cmp.Diff(want, Refers(inspected(t, body))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", body, diff)
		}
	}
	for body, place := range map[string]string{
		`{"model":"m","input":"x","previous_response_id":7}`:        "previous_response_id",
		`{"model":"m","input":"x","previous_response_id":""}`:       "previous_response_id",
		`{"model":"m","input":"x","store":"yes"}`:                   "store",
		`{"model":"m","input":[{"type":"item_reference"}]}`:         "input[0].id",
		`{"model":"m","input":[{"type":"item_reference","id":""}]}`: "input[0].id",
	} {
		err, _ := (Dialect{}).Inspect([]byte(body), new(llm.Inspection)).(*llm.Error)
		if err == nil || err.Param != place {
			t.Errorf("%s: got %v, want an error at %s", body, err, place)
		}
	}
	// Memory that is used again remembers nothing.
	in := inspected(t, `{"model":"m","previous_response_id":"a","input":[{"type":"item_reference","id":"b"}],"store":false}`)
	in.Reset()
	if err := (Dialect{}).Inspect([]byte(`{"model":"m","input":"x"}`), in); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(References{Store: true}, Refers(in)); diff != "" {
		t.Error(diff)
	}
}

func TestAssemble(t *testing.T) {
	t.Parallel()
	items := map[string]string{"msg_1": `{"id":"msg_1","type":"message","role":"assistant","content":"kept"}`}
	find := func(id string) ([]byte, bool) {
		item, ok := items[id]
		return []byte(item), ok
	}
	turns := []Turn{
		{
			Input:  []byte(`[{"role":"user","content":"one"},{"id":"rs_0","type":"reasoning","summary":[],"encrypted_content":"sealed"}]`),
			Output: []byte(`[{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"anthropic:s"},{"id":"rs_2","type":"reasoning","summary":[{"type":"summary_text","text":"t"}]},{"id":"msg_0","type":"message","role":"assistant","content":[]}]`),
		},
		{Input: []byte(`[]`), Output: []byte(`[7,{"id":"rs_3","type":"reasoning","encrypted_content":"other","summary":[]}]`), Foreign: true},
	}
	const said = `{"role":"user","content":"one"},{"type":"reasoning","summary":[],"encrypted_content":"sealed"},{"type":"reasoning","summary":[],"encrypted_content":"anthropic:s"},`
	for name, c := range map[string]struct {
		body     string
		verbatim bool
		want     string
	}{
		"in the dialect": {
			`{"model":"m","previous_response_id":"r","x":1e400,"input":"now"}`, true,
			`{"model":"m","previous_response_id":null,"x":1e400,"input":[` + said + `{"type":"message","role":"assistant","content":[]},{"role":"user","content":"now"}]}`,
		},
		"in another": {
			`{"input":[{"type":"item_reference","id":"msg_1"},{"role":"user","content":"now"}],"model":"m","previous_response_id":"r"}`, false,
			`{"input":[` + said + `{"type":"reasoning","summary":[{"type":"summary_text","text":"t"}]},{"type":"message","role":"assistant","content":[]},{"type":"reasoning","summary":[]},{"type":"message","role":"assistant","content":"kept"},{"role":"user","content":"now"}],"model":"m","previous_response_id":null}`,
		},
		"nothing new is said": {
			` { "previous_response_id":"r","model":"m"}`, true,
			` {"input":[` + said + `{"type":"message","role":"assistant","content":[]}], "previous_response_id":null,"model":"m"}`,
		},
		"a thought that nobody knows": {
			`{"model":"m","input":[{"type":"reasoning","id":"rs_9","summary":[]},{"role":"user","content":"now"}],"previous_response_id":"r"}`, true,
			`{"model":"m","input":[` + said + `{"type":"message","role":"assistant","content":[]},{"role":"user","content":"now"}],"previous_response_id":null}`,
		},
	} {
		in := inspected(t, c.body)
		own, err := OwnInput(nil, []byte(c.body), in, find)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := Assemble(nil, []byte(c.body), in, turns, own, c.verbatim)
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		inspected(t, string(got))
	}
	body := `{"model":"m","input":[{"type":"item_reference","id":"msg_9"}]}`
	if _, err := OwnInput(nil, []byte(body), inspected(t, body), find); err == nil || err.Code != "item_not_found" {
		t.Error(err)
	}
}

func TestKept(t *testing.T) {
	t.Parallel()
	for _, want := range []Kept{
		{Previous: "resp_\"0", Input: []byte(`[1]`), Response: []byte(`{"id":"a","output":[{"id":"x"},{},{"id":"y"}],"status":"completed","store":true}`)},
		{Input: []byte(`[]`), Response: []byte(`{"id":"a"}`)},
	} {
		if diff := cmp.Diff(want, ReadKept(want.Append(nil))); diff != "" {
			t.Error(diff)
		}
	}
	for body, want := range map[string]Answer{
		`{"id":"a","output":[],"status":"completed","store":true}`: {ID: "a", Output: []byte(`[]`), Stored: true, Whole: true},
		`{"id":"a","status":"incomplete","store":false}`:           {ID: "a", Whole: true},
		`{"id":"a","status":"failed"}`:                             {ID: "a"},
		`[]`:                                                       {},
		``:                                                         {},
	} {
		if diff := cmp.Diff(want, ReadAnswer([]byte(body))); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

// TestCollector gathers what a stream says, also where its end leaves it out.
func TestCollector(t *testing.T) {
	t.Parallel()
	item := "event: response.output_item.done\ndata: {\"type\":\"x\",\"item\":{\"id\":\"i\"}}\n\n"
	end := func(rest string) string {
		return "event: response.completed\ndata: {\"type\":\"x\",\"response\":{\"id\":\"a\"" + rest + "}}\n\n"
	}
	for name, c := range map[string]struct{ events, want string }{
		"all at the end":     {item + end(`,"output":[{"id":"z"}],"n":1`), `{"id":"a","output":[{"id":"z"}],"n":1}`},
		"an empty list":      {item + item + end(`,"output":[ ],"n":1`), `{"id":"a","output":[{"id":"i"},{"id":"i"}],"n":1}`},
		"no list":            {item + end(`,"n":1`), `{"output":[{"id":"i"}],"id":"a","n":1}`},
		"nothing was said":   {end(`,"output":[]`), `{"id":"a","output":[]}`},
		"it failed":          {item + "event: response.failed\ndata: {\"response\":{\"id\":\"a\"}}\n\n", ""},
		"it broke off":       {item, ""},
		"text that looks so": {"event: response.output_text.delta\ndata: {\"delta\":\"event: response.completed\"}\n\n", ""},
	} {
		var whole, pieces Collector
		whole.Add([]byte(c.events))
		for event := range strings.SplitAfterSeq(c.events, "\n\n") {
			pieces.Add([]byte(event))
		}
		for _, k := range []*Collector{&whole, &pieces} {
			if got := string(k.Answer()); got != c.want {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
	}
}

// FuzzAssemble holds that what is assembled out of any request that is taken is
// one that is taken, and refers to nothing.
func FuzzAssemble(f *testing.F) {
	for _, body := range []string{
		`{"model":"m","previous_response_id":"r","input":"x"}`, `{"previous_response_id":"r","model":"m"}`,
		`{"model":"m","input":[{"type":"item_reference","id":"i"},{"type":"reasoning","id":"j"},{"role":"user","content":"x"}],"previous_response_id":"r"}`,
		`{"model":"m","input":[],"previous_response_id":"r"}`,
	} {
		f.Add(body, `[{"id":"a","type":"reasoning","encrypted_content":"x"},{"role":"user","content":"x"}]`)
	}
	f.Fuzz(func(t *testing.T, body, list string) {
		var in llm.Inspection
		var items []map[string]any
		if (Dialect{}).Inspect([]byte(body), &in) != nil || json.Unmarshal([]byte(list), &items) != nil {
			return
		}
		// What is kept was taken once.
		kept := `{"model":"m","input":` + list + `}`
		if (Dialect{}).Inspect([]byte(kept), new(llm.Inspection)) != nil {
			return
		}
		own, err := OwnInput(nil, []byte(body), &in, func(string) ([]byte, bool) { return []byte(`{"role":"assistant","content":"x"}`), true })
		if err != nil {
			t.Fatal(err)
		}
		for _, verbatim := range []bool{false, true} {
			got := Assemble(nil, []byte(body), &in, []Turn{{Input: []byte(list), Output: []byte(list), Foreign: verbatim}}, own, verbatim)
			var again llm.Inspection
			if err := (Dialect{}).Inspect(got, &again); err != nil && !strings.Contains(err.Error(), "this is required") {
				t.Fatalf("%v: %s", err, got)
			}
			if again.State != nil && Refers(&again).Previous != "" {
				t.Fatalf("it still refers to something: %s", got)
			}
		}
	})
}
