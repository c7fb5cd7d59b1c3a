package state

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func say(model, text, rest string) string {
	return `{"model":` + fairwaytest.Quote(model) + `,"input":` + fairwaytest.Quote(text) + rest + `}`
}

func after(id string) string { return `,"previous_response_id":` + fairwaytest.Quote(id) }

// TestConversation goes on from answers of a provider that keeps nothing, whole
// and streamed, over a reload, a restart and a crash.
func TestConversation(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	whole := func(text string) fairwaytest.Reply { return fairwaytest.JSON(200, fairwaytest.Completion(text)) }
	r.up.On("m", whole("one"), fairwaytest.SSE(fairwaytest.Completed("t", "wo")...), whole("three"), whole("four"), whole("five"))

	first := r.respond(t, say("plain/m", "1", `,"instructions":"be brief"`))
	if !strings.HasPrefix(first.ID, "resp_") || !first.Store || first.Previous != nil {
		t.Errorf("the first answer: %+v", first)
	}
	second := r.respond(t, say("plain/m", "2", `,"stream":true`+after(first.ID)))
	if second.ID == first.ID || second.Previous == nil || *second.Previous != first.ID {
		t.Errorf("the second answer: %+v", second)
	}
	// Instructions are those of one turn alone.
	expect(t, "the second turn", turns(t, r.up.Last(t, "m")), "user: 1\nassistant: one\nuser: 2")
	r.reload(t)
	third := r.respond(t, say("plain/m", "3", `,"instructions":"be long"`+after(second.ID)))
	expect(t, "after a reload", turns(t, r.up.Last(t, "m")), "system: be long\nuser: 1\nassistant: one\nuser: 2\nassistant: two\nuser: 3")
	r.Stop(t)
	r.launch(t)
	fourth := r.respond(t, say("plain/m", "4", after(third.ID)))
	expect(t, "after a restart", turns(t, r.up.Last(t, "m")), "user: 1\nassistant: one\nuser: 2\nassistant: two\nuser: 3\nassistant: three\nuser: 4")
	// What was answered at once before a crash is not lost.
	r.Kill()
	r.launch(t)
	r.respond(t, say("plain/m", "5", after(fourth.ID)))
	if got := turns(t, r.up.Last(t, "m")); !strings.HasSuffix(got, "user: 4\nassistant: four\nuser: 5") {
		t.Error("after a crash:", got)
	}
	// Another branch begins where it is told to.
	r.respond(t, say("plain/m", "2b", after(first.ID)))
	expect(t, "a branch", turns(t, r.up.Last(t, "m")), "user: 1\nassistant: one\nuser: 2b")
}

// TestConversationAcrossVendors goes on at another dialect in each turn.
func TestConversationAcrossVendors(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.up.On("m",
		fairwaytest.JSON(200, fairwaytest.AnthropicTool("look", `{"at":"sky"}`)),
		fairwaytest.JSON(200, fairwaytest.GeminiContent(`{"text":"blue"}`)),
		fairwaytest.JSON(200, fairwaytest.Completion("done")),
	)
	tools := `,"tools":[{"type":"function","name":"look","parameters":{"type":"object"}}]`
	first := r.respond(t, say("claude/m", "look!", tools))
	if len(first.Output) != 1 || first.Output[0].Type != "function_call" {
		t.Fatalf("%+v", first)
	}
	call := first.Output[0]
	second := r.respond(t, `{"model":"gem/m","input":[{"type":"function_call_output","call_id":"`+call.CallID+`","output":"a sky"}]`+tools+after(first.ID)+`}`)
	body := string(r.up.Last(t, "m").Body)
	for _, want := range []string{`"look!"`, `"functionCall":{"id":"` + call.CallID + `","name":"look","args":{"at":"sky"}}`, `"functionResponse":{"id":"` + call.CallID + `","name":"look","response":{"output":"a sky"}}`} {
		if !strings.Contains(body, want) {
			t.Errorf("Gemini was not told %s: %s", want, body)
		}
	}
	r.respond(t, say("plain/m", "and?", after(second.ID)))
	expect(t, "the third turn", turns(t, r.up.Last(t, "m")),
		"user: look!\nassistant: "+call.CallID+` look{"at":"sky"}`+"\ntool: a sky for "+call.CallID+"\nassistant: blue\nuser: and?")
}

// TestTenants holds that nobody reaches what another tenant has been told.
func TestTenants(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.up.On("m", fairwaytest.JSON(200, fairwaytest.Completion("a secret")))
	r.up.On("own", fairwaytest.JSON(200, openAI("own", "another secret")))
	for _, model := range []string{"plain/m", "first/own"} {
		ours := r.respond(t, say(model, "hello", ""))
		for _, when := range []string{"in memory", "after a restart"} {
			r.refused(t, when, 400, "previous_response_not_found", say(model, "go on", after(ours.ID)), r.theirs()...)
			for i := range ours.Output {
				refer := `{"model":"` + model + `","input":[{"type":"item_reference","id":"` + ours.Output[i].ID + `"},{"role":"user","content":"go on"}]}`
				r.refused(t, when+", by an item", 400, "item_not_found", refer, r.theirs()...)
			}
			for _, call := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"GET", "/input_items"}, {"POST", "/cancel"}} {
				a := r.Call(t, call[0], "/v1/responses/"+ours.ID+call[1], "", r.theirs()...)
				if a.Status != 404 || strings.Contains(string(a.Body), "secret") {
					t.Errorf("%s, %s: %d %s", when, call, a.Status, a.Body)
				}
			}
			// Reasoning that stands there by its id alone is left out.
			thoughts := `{"model":"` + model + `","input":[{"type":"reasoning","id":"rs_own","summary":[]},{"role":"user","content":"go on"}],"store":false}`
			r.respond(t, thoughts, r.theirs()...)
			if body := string(r.up.All()[len(r.up.All())-1].Body); strings.Contains(body, "rs_own") {
				t.Errorf("%s: reasoning of another tenant was named: %s", when, body)
			}
			if a := r.Call(t, http.MethodGet, "/v1/responses/"+ours.ID, ""); a.Status != 200 || !strings.Contains(string(a.Body), "secret") {
				t.Errorf("%s: the owner got %d %s", when, a.Status, a.Body)
			}
			r.Stop(t)
			r.launch(t)
		}
	}
}

// TestItemReferences is how the AI SDK comes back with a second turn.
func TestItemReferences(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.up.On("m", fairwaytest.JSON(200, fairwaytest.Completion("one")), fairwaytest.JSON(200, fairwaytest.Completion("two")))
	first := r.respond(t, say("plain/m", "1", ""))
	turn := `{"model":"plain/m","input":[{"role":"user","content":"1"},{"type":"item_reference","id":"` + first.Output[0].ID + `"},{"role":"user","content":[{"type":"input_text","text":"2"}]}]}`
	second := r.respond(t, turn)
	expect(t, "the second turn", turns(t, r.up.Last(t, "m")), "user: 1\nassistant: one\nuser: 2")
	// What was referred to stands in full in what is kept.
	r.respond(t, say("plain/m", "3", after(second.ID)))
	expect(t, "the third turn", turns(t, r.up.Last(t, "m")), "user: 1\nassistant: one\nuser: 2\nassistant: two\nuser: 3")
	r.refused(t, "unknown", 400, "item_not_found", strings.Replace(turn, first.Output[0].ID, "msg_none", 1))
}

// TestNothingKept holds that who wants nothing kept gets that.
func TestNothingKept(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.up.On("m", fairwaytest.JSON(200, fairwaytest.Completion("one")))
	for _, stream := range []string{"", `,"stream":true`} {
		if stream != "" {
			r.up.On("m", fairwaytest.SSE(fairwaytest.Completed("one")...))
		}
		got := r.respond(t, say("plain/m", "1", `,"store":false`+stream))
		if got.Store {
			t.Error("the answer says that it is stored")
		}
		r.refused(t, "not stored", 400, "previous_response_not_found", say("plain/m", "2", after(got.ID)))
		r.refused(t, "its item", 400, "item_not_found", `{"model":"plain/m","input":[{"type":"item_reference","id":"`+got.Output[0].ID+`"}]}`)
		if a := r.Call(t, http.MethodGet, "/v1/responses/"+got.ID, ""); a.Status != 404 {
			t.Error(a.Status, string(a.Body))
		}
	}
}

// TestStateOff holds that nothing is kept where the operator does not want it.
func TestStateOff(t *testing.T) {
	t.Parallel()
	r := start(t, "response_state off\n")
	r.up.On("m", fairwaytest.JSON(200, fairwaytest.Completion("one")))
	got := r.respond(t, say("plain/m", "1", `,"store":true`))
	if got.Store {
		t.Error("the answer says that it is stored")
	}
	r.refused(t, "off", 400, "unsupported_parameter", say("plain/m", "2", after(got.ID)))
	if a := r.Call(t, http.MethodGet, "/v1/responses/"+got.ID, ""); a.Status != 404 {
		t.Error(a.Status, string(a.Body))
	}
}

// TestKeptAnswers holds what can be done with an answer by its id.
func TestKeptAnswers(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.up.On("m", fairwaytest.JSON(200, fairwaytest.Completion("one")))
	a := r.Post(t, "/v1/responses", `{"model":"plain/m","input":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"}]}`)
	var got response
	a.JSON(t, &got)
	path := "/v1/responses/" + got.ID
	call := func(method, path string, status int) *fairwaytest.Answer {
		t.Helper()
		a := r.Call(t, method, path, "")
		if a.Status != status {
			t.Errorf("%s %s: %d %s, want %d", method, path, a.Status, a.Body, status)
		}
		return a
	}
	expect(t, "the answer", string(call("GET", path, 200).Body), string(a.Body))
	expect(t, "with a prefix", string(call("GET", "/openai"+path, 200).Body), string(a.Body))

	type page struct {
		Data []item
		More bool   `json:"has_more"`
		Last string `json:"last_id"`
	}
	said := func(query string) (page, string) {
		var p page
		call("GET", path+"/input_items"+query, 200).JSON(t, &p)
		text := ""
		for i := range p.Data {
			if p.Data[i].ID == "" || p.Data[i].Type != "message" {
				t.Errorf("an item is not whole: %+v", p.Data[i])
			}
			text += p.Data[i].text()
		}
		return p, text
	}
	for query, want := range map[string]string{"": "cba", "?order=asc": "abc", "?order=desc&limit=2": "cb"} {
		if _, text := said(query); text != want {
			t.Errorf("%s: got %s, want %s", query, text, want)
		}
	}
	p, _ := said("?order=asc&limit=2")
	if rest, text := said("?order=asc&after=" + p.Last); !p.More || rest.More || text != "c" {
		t.Errorf("the second page: %v %v %s", p.More, rest.More, text)
	}
	for _, query := range []string{"?limit=0", "?limit=101", "?limit=x", "?order=up"} {
		call("GET", path+"/input_items"+query, 400)
	}
	call("POST", path+"/cancel", 400)
	call("PUT", path, 405)
	call("GET", path+"/nothing", 404)
	call("GET", "/v1/responses/resp_none", 404)
	call("GET", path+"?stream=true", 400)

	var deleted struct {
		ID      string
		Deleted bool
	}
	call("DELETE", path, 200).JSON(t, &deleted)
	if deleted.ID != got.ID || !deleted.Deleted {
		t.Errorf("%+v", deleted)
	}
	call("GET", path, 404)
	call("DELETE", path, 404)
	r.refused(t, "deleted", 400, "previous_response_not_found", say("plain/m", "2", after(got.ID)))
	r.refused(t, "its item", 400, "item_not_found", `{"model":"plain/m","input":[{"type":"item_reference","id":"`+got.Output[0].ID+`"}]}`)
	r.Kill()
	r.launch(t)
	call("GET", path, 404)
}

// TestConversationsOfVendors are refused where they cannot be gone on from.
func TestConversationsOfVendors(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	a := r.Post(t, "/v1/responses", say("plain/m", "1", `,"conversation":"conv_1"`))
	if e := a.Error(t); a.Status != 400 || e.ParamOf() != "conversation" {
		t.Error(a.Status, string(a.Body))
	}
	if n := len(r.up.All()); n != 0 {
		t.Errorf("%d calls reached a provider", n)
	}
}

// unmarshal reads a provider's request.
func unmarshal(t *testing.T, r *fairwaytest.Received, into any) {
	t.Helper()
	if err := json.Unmarshal(r.Body, into); err != nil {
		t.Fatal(err)
	}
}
