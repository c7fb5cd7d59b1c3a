package state

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// sent is what a provider of the Responses API was told.
type sent struct {
	Previous *string `json:"previous_response_id"`
	Input    any
}

// said is the input in short.
func (s *sent) said() string {
	text, ok := s.Input.(string)
	if ok {
		return text
	}
	var words []string
	items, _ := s.Input.([]any)
	for _, i := range items {
		m, _ := i.(map[string]any)
		switch m["type"] {
		case "reasoning", "item_reference":
			id, _ := m["id"].(string)
			sealed, _ := m["encrypted_content"].(string)
			words = append(words, "("+id+sealed+")")
		default:
			words = append(words, (&item{Content: m["content"]}).text())
		}
	}
	return strings.Join(words, " ")
}

// TestSticky holds that a conversation stays with the account and the key that
// have it, and that it is told as a whole wherever else it goes.
func TestSticky(t *testing.T) {
	t.Parallel()
	r := start(t, `
model both {
	target first/own weight 1
	target second/own weight 1
	fallback plain/other
	retry 0
}
model away {
	target second/own
}
`)
	whole := func(id string) fairwaytest.Reply { return fairwaytest.JSON(200, openAI(id, "said "+id)) }
	r.up.On("own", whole("a"))
	first := r.respond(t, say("both", "1", ""))
	if first.ID != "resp_a" {
		t.Fatalf("the provider's id does not pass: %+v", first)
	}
	home := r.up.Last(t, "own")
	key := home.Header.Get("Authorization")
	if home.URI != "/v1/responses" {
		t.Error("sent to", home.URI)
	}

	// However the choice would fall, the key is the same, and bytes pass.
	r.up.On("own", fairwaytest.Stream(openAIEvents("b", "said b"), 7))
	previous := first.ID
	for range 8 {
		body := say("both", "2", after(previous)+`,"unknown":1e400,"stream":true`)
		r.respond(t, body)
		got := r.up.Last(t, "own")
		if got.Header.Get("Authorization") != key {
			t.Errorf("went to %s, not to %s", got.Header.Get("Authorization"), key)
		}
		expect(t, "what passes", string(got.Body), strings.Replace(body, `"both"`, `"own"`, 1))
	}
	r.Stop(t)
	r.launch(t)
	r.up.On("own", whole("x"))
	r.respond(t, say("both", "2", after("resp_b")))
	if got := r.up.Last(t, "own").Header.Get("Authorization"); got != key {
		t.Errorf("after a restart: went to %s, not to %s", got, key)
	}

	// Another account does not have it, and cannot read what is sealed there.
	other := "away"
	if strings.Contains(key, "second") {
		other = "first/own"
	}
	r.up.On("own", whole("c"))
	r.respond(t, say(other, "3", after("resp_b")))
	var got sent
	unmarshal(t, r.up.Last(t, "own"), &got)
	if got.Previous != nil {
		t.Error("another account was given the id", *got.Previous)
	}
	expect(t, "at another account", got.said(), "1 said a 2 said b 3")

	// Nor does another vendor.
	r.up.On("other", fairwaytest.JSON(200, fairwaytest.Completion("from elsewhere")))
	last := r.Post(t, "/v1/responses", say("plain/other", "4", after("resp_b")))
	if last.Status != 200 {
		t.Fatal(last.Status, string(last.Body))
	}
	expect(t, "at another vendor", turns(t, r.up.Last(t, "other")), "user: 1\nassistant: said a\nuser: 2\nassistant: said b\nuser: 4")
}

// TestFallbackOfKept holds that a call that goes on from an answer at a vendor
// tells all of it to the fallback, and goes on from there.
func TestFallbackOfKept(t *testing.T) {
	t.Parallel()
	r := start(t, `
model m {
	target first/own
	fallback claude/other
}
`)
	r.up.On("own",
		fairwaytest.JSON(200, openAI("a", "one")),
		fairwaytest.JSON(500, `{"error":{"message":"broken","type":"server_error"}}`),
	)
	r.up.On("other", fairwaytest.JSON(200, fairwaytest.AnthropicMessage("two")))
	first := r.respond(t, say("m", "1", ""))
	second := r.respond(t, say("m", "2", after(first.ID)))
	body := string(r.up.Last(t, "other").Body)
	for _, want := range []string{`"1"`, `"one"`, `"2"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the fallback was not told %s: %s", want, body)
		}
	}
	if strings.Contains(body, "sealed") {
		t.Error("the fallback was told what only OpenAI can read:", body)
	}
	// OpenAI is back, and does not know the second answer.
	r.up.On("own", fairwaytest.JSON(200, openAI("c", "three")))
	r.respond(t, say("first/own", "3", after(second.ID)))
	var got sent
	unmarshal(t, r.up.Last(t, "own"), &got)
	if got.Previous != nil {
		t.Error("the provider was given an id of ours:", *got.Previous)
	}
	// Its own account reads what it has sealed.
	expect(t, "back at the first", got.said(), "1 (sealed-a) one 2 two 3")
}

// TestVendorForgot holds that all of the conversation is told when the vendor
// does not have it any more.
func TestVendorForgot(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.up.On("own",
		fairwaytest.JSON(200, openAI("a", "one")),
		fairwaytest.JSON(400, `{"error":{"message":"Previous response with id 'resp_a' not found.","type":"invalid_request_error","param":"previous_response_id","code":"previous_response_not_found"}}`),
		fairwaytest.JSON(200, openAI("b", "two")),
	)
	first := r.respond(t, say("second/own", "1", ""))
	r.respond(t, say("second/own", "2", after(first.ID)))
	var got sent
	unmarshal(t, r.up.Last(t, "own"), &got)
	if got.Previous != nil || got.said() != "1 (sealed-a) one 2" {
		t.Errorf("got %v %s", got.Previous, got.said())
	}
}

// TestReferencesAtHome passes references on to the account that has the items.
func TestReferencesAtHome(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.up.On("own", fairwaytest.JSON(200, openAI("a", "one")), fairwaytest.JSON(200, openAI("b", "two")))
	r.respond(t, say("second/own", "1", ""))
	turn := `{"model":"own","input":[{"role":"user","content":"1"},{"type":"item_reference","id":"rs_a"},{"type":"item_reference","id":"msg_a"},{"role":"user","content":"2"}]}`
	r.respond(t, strings.Replace(turn, `"own"`, `"second/own"`, 1))
	expect(t, "at home", string(r.up.Last(t, "own").Body), turn)
	r.respond(t, strings.Replace(turn, `"own"`, `"first/own"`, 1))
	var got sent
	unmarshal(t, r.up.Last(t, "own"), &got)
	expect(t, "elsewhere", got.said(), "1 one 2")
}
