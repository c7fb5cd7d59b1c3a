package anthropic

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func ptr[T any](v T) *T { return &v }

// The messages that most tests are made of.
func user(text string) llm.Message   { return says(llm.RoleUser, text) }
func model(text string) llm.Message  { return says(llm.RoleAssistant, text) }
func system(text string) llm.Message { return says(llm.RoleSystem, text) }

func says(role llm.Role, text string) llm.Message {
	return llm.Message{Role: role, Parts: []llm.Part{{Kind: llm.PartText, Text: text}}}
}

func calls(list ...llm.Part) llm.Message { return llm.Message{Role: llm.RoleAssistant, Parts: list} }

func shows(list ...llm.Part) llm.Message { return llm.Message{Role: llm.RoleUser, Parts: list} }

func call(id, name, args string) llm.Part {
	return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: args}}
}

func result(id, text string) llm.Message {
	return results(gave(id, llm.Part{Kind: llm.PartText, Text: text}))
}

func results(list ...llm.Part) llm.Message { return llm.Message{Role: llm.RoleTool, Parts: list} }

func gave(id string, parts ...llm.Part) llm.Part {
	return llm.Part{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Parts: parts}}
}

func image(m llm.Media) llm.Part    { return llm.Part{Kind: llm.PartImage, Media: &m} }
func document(m llm.Media) llm.Part { return llm.Part{Kind: llm.PartDocument, Media: &m} }

// encode is the body for a request, or the error's place.
func encode(t *testing.T, r *llm.Request, target llm.Target) (string, llm.Encoded) {
	t.Helper()
	e, err := Dialect{}.AppendRequest(nil, r, target)
	var refused *llm.Error
	if errors.As(err, &refused) {
		return "refused: " + refused.Param, e
	}
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(e.Body) {
		t.Fatalf("invalid JSON: %s", e.Body)
	}
	return string(e.Body), e
}

// textBlock is a text block.
func textBlock(s string) string { return `{"type":"text","text":"` + s + `"}` }

// said1 is a message of blocks.
func said1(role string, blocks ...string) string {
	return `{"role":"` + role + `","content":[` + strings.Join(blocks, ",") + `]}`
}

func TestConversation(t *testing.T) {
	t.Parallel()
	const mid, old = "claude-opus-4-8", "claude-sonnet-4-5"
	foreign := llm.Part{Kind: llm.PartReasoning, Text: "hm", Signature: "c2ln", Issuer: llm.IssuerGoogle}
	signed := llm.Part{Kind: llm.PartReasoning, Text: "hm", Signature: "c2ln", Issuer: llm.IssuerAnthropic}
	bare := llm.Part{Kind: llm.PartReasoning, Signature: "c2ln", Issuer: llm.IssuerAnthropic}
	redacted := llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"xyz"`), Issuer: llm.IssuerAnthropic}
	serverTool := llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(`{"type":"server_tool_use","id":"s","name":"n","input":{}}`), Issuer: llm.IssuerAnthropic}
	custom := llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(`{"id":"x"}`), Issuer: llm.IssuerOpenAI}
	cached := llm.Part{Kind: llm.PartText, Text: "a", Cache: &llm.CacheHint{TTL: "1h"}}
	failed := gave("c1", llm.Part{Kind: llm.PartText, Text: "no"}, image(llm.Media{MIMEType: "image/png", Data: "iVBORw0KGgo="}))
	failed.Result.IsError = true
	hinted := gave("c1", cached)
	thinking := `{"type":"thinking","thinking":"hm","signature":"c2ln"}`
	use := `{"type":"tool_use","id":"c1","name":"f","input":{}}`
	hi := said1("user", textBlock("hi"))
	tests := []struct {
		about    string
		model    string
		messages []llm.Message
		// want is the list of messages, with the system before it if there is one.
		want string
		drop []llm.Field
	}{
		{about: "one user", messages: []llm.Message{user("hi")}, want: hi},
		{about: "adjacent users", messages: []llm.Message{user("hi"), user("ho")}, want: said1("user", textBlock("hi"), textBlock("ho"))},
		{about: "system first", messages: []llm.Message{system("a"), system("b"), user("hi")}, want: "[" + textBlock("a") + "," + textBlock("b") + "]" + hi},
		{about: "system in the middle, old model", model: old, messages: []llm.Message{user("hi"), system("b"), model("x"), user("ho")}, want: "[" + textBlock("b") + "]" + hi + "," + said1("assistant", textBlock("x")) + "," + said1("user", textBlock("ho"))},
		{about: "system in the middle", model: mid, messages: []llm.Message{system("a"), user("hi"), system("b"), model("x"), user("ho"), system("c"), system("d")}, want: "[" + textBlock("a") + "]" + hi + "," + said1("system", textBlock("b")) + "," + said1("assistant", textBlock("x")) + "," + said1("user", textBlock("ho")) + "," + said1("system", textBlock("c"), textBlock("d"))},
		{about: "system between users", model: mid, messages: []llm.Message{user("hi"), system("b"), user("ho")}, want: "[" + textBlock("b") + "]" + said1("user", textBlock("hi"), textBlock("ho"))},
		{about: "system behind the model", model: mid, messages: []llm.Message{user("hi"), model("x"), system("b"), user("ho")}, want: "[" + textBlock("b") + "]" + hi + "," + said1("assistant", textBlock("x")) + "," + said1("user", textBlock("ho"))},
		{about: "only system", messages: []llm.Message{system("a"), system("b")}, want: said1("user", textBlock("a"), textBlock("b"))},
		{about: "nothing", want: "refused: messages"},
		{about: "only white space", messages: []llm.Message{user(" \n")}, want: "refused: messages"},
		{about: "empty text between", messages: []llm.Message{user("hi"), model(" "), user("ho")}, want: said1("user", textBlock("hi"), textBlock("ho"))},
		{about: "the model first", messages: []llm.Message{model("x"), user("hi")}, want: said1("user", textBlock(".")) + "," + said1("assistant", textBlock("x")) + "," + hi},
		{about: "an answer to go on with", messages: []llm.Message{user("hi"), model("it is  \n")}, want: hi + "," + said1("assistant", textBlock("it is"))},
		{about: "white space within", messages: []llm.Message{user("hi"), model("it is  "), user("ho ")}, want: hi + "," + said1("assistant", textBlock("it is  ")) + "," + said1("user", textBlock("ho "))},
		{about: "a refusal", messages: []llm.Message{user("hi"), calls(llm.Part{Kind: llm.PartRefusal, Text: "no"})}, want: hi + "," + said1("assistant", textBlock("no"))},
		{about: "a name", messages: []llm.Message{{Role: llm.RoleUser, Name: "bob", Parts: []llm.Part{{Kind: llm.PartText, Text: "hi"}}}}, want: hi, drop: []llm.Field{llm.FieldName}},
		{about: "a cache hint", messages: []llm.Message{shows(cached)}, want: said1("user", `{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}`)},

		{about: "a call and its result", messages: []llm.Message{user("hi"), calls(call("c1", "f", "")), result("c1", "ok"), user("ho")}, want: hi + "," + said1("assistant", use) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":"ok"}`, textBlock("ho"))},
		{about: "results in a row", messages: []llm.Message{user("hi"), calls(call("c1", "f", "null"), call("c2", "f", ` {"a": 1} `)), result("c2", "2"), result("c1", "1")}, want: hi + "," + said1("assistant", use, `{"type":"tool_use","id":"c2","name":"f","input":{"a": 1}}`) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c2","content":"2"}`, `{"type":"tool_result","tool_use_id":"c1","content":"1"}`)},
		{about: "a result behind the user", messages: []llm.Message{user("hi"), calls(call("c1", "f", "")), user("wait"), result("c1", "ok")}, want: hi + "," + said1("assistant", use) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":"ok"}`, textBlock("wait"))},
		{about: "an empty result", messages: []llm.Message{user("hi"), calls(call("c1", "f", "")), results(gave("c1"))}, want: hi + "," + said1("assistant", use) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1"}`)},
		{about: "a blank result", messages: []llm.Message{user("hi"), calls(call("c1", "f", "")), result("c1", " ")}, want: hi + "," + said1("assistant", use) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":" "}`)},
		{about: "a result with an image", messages: []llm.Message{user("hi"), calls(call("c1", "f", "")), results(gave("c1", llm.Part{Kind: llm.PartText, Text: "see"}, image(llm.Media{URL: "https://x.org/a.png"})))}, want: hi + "," + said1("assistant", use) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":[`+textBlock("see")+`,{"type":"image","source":{"type":"url","url":"https://x.org/a.png"}}]}`)},
		{about: "a failure with an image", messages: []llm.Message{user("hi"), calls(call("c1", "f", "")), results(failed)}, want: hi + "," + said1("assistant", use) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":"no","is_error":true}`, `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}`)},
		{about: "a hint inside of a result", messages: []llm.Message{user("hi"), calls(call("c1", "f", "")), results(hinted)}, want: hi + "," + said1("assistant", use) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}`)},
		{about: "an orphan", messages: []llm.Message{user("hi"), result("c1", "ok")}, want: "refused: messages[1]"},
		{about: "an orphan of an earlier turn", messages: []llm.Message{user("hi"), calls(call("c1", "f", "")), result("c1", "ok"), model("x"), user("ho"), result("c1", "ok")}, want: "refused: messages[5]"},
		{about: "arguments that are none", messages: []llm.Message{user("hi"), calls(call("c1", "f", `{"a":`)), result("c1", "ok")}, want: hi + "," + said1("assistant", `{"type":"tool_use","id":"c1","name":"f","input":{"_raw":"{\"a\":"}}`) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":"ok"}`)},
		{about: "interleaved text and calls", messages: []llm.Message{user("hi"), calls(llm.Part{Kind: llm.PartText, Text: "a"}, call("c1", "f", ""), llm.Part{Kind: llm.PartText, Text: "b"}), result("c1", "ok")}, want: hi + "," + said1("assistant", textBlock("a"), use, textBlock("b")) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":"ok"}`)},

		{about: "thoughts", messages: []llm.Message{user("hi"), calls(signed, llm.Part{Kind: llm.PartText, Text: "x"})}, want: hi + "," + said1("assistant", thinking, textBlock("x"))},
		{about: "thoughts behind a call", messages: []llm.Message{user("hi"), calls(call("c1", "f", ""), signed, redacted), result("c1", "ok")}, want: hi + "," + said1("assistant", thinking, `{"type":"redacted_thinking","data":"xyz"}`, use) + "," + said1("user", `{"type":"tool_result","tool_use_id":"c1","content":"ok"}`)},
		{about: "only a signature", messages: []llm.Message{user("hi"), calls(bare, llm.Part{Kind: llm.PartText, Text: "x"})}, want: hi + "," + said1("assistant", `{"type":"thinking","thinking":"","signature":"c2ln"}`, textBlock("x"))},
		{about: "another vendor's thoughts", messages: []llm.Message{user("hi"), calls(foreign, llm.Part{Kind: llm.PartText, Text: "x"})}, want: hi + "," + said1("assistant", textBlock("x")), drop: []llm.Field{llm.FieldReasoningHistory}},
		{about: "thoughts without a signature", messages: []llm.Message{user("hi"), calls(llm.Part{Kind: llm.PartReasoning, Text: "hm"}, llm.Part{Kind: llm.PartText, Text: "x"})}, want: hi + "," + said1("assistant", textBlock("x")), drop: []llm.Field{llm.FieldReasoningHistory}},
		{about: "a server tool", messages: []llm.Message{user("hi"), calls(serverTool)}, want: hi + "," + said1("assistant", `{"type":"server_tool_use","id":"s","name":"n","input":{}}`)},
		{about: "another vendor's block", messages: []llm.Message{user("hi"), calls(custom, llm.Part{Kind: llm.PartText, Text: "x"})}, want: hi + "," + said1("assistant", textBlock("x")), drop: []llm.Field{llm.FieldOpaque}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			m := tt.model
			if m == "" {
				m = old
			}
			got, e := encode(t, &llm.Request{Messages: tt.messages, Tools: []llm.Tool{{Name: "f"}}}, llm.Target{Model: m})
			if !strings.HasPrefix(got, "refused") {
				var body struct {
					System   json.RawMessage `json:"system"`
					Messages json.RawMessage `json:"messages"`
				}
				if err := json.Unmarshal([]byte(got), &body); err != nil {
					t.Fatal(err)
				}
				got = string(body.System) + strings.TrimSuffix(strings.TrimPrefix(string(body.Messages), "["), "]")
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if diff := cmp.Diff(tt.drop, e.Dropped); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMedia(t *testing.T) {
	t.Parallel()
	const jpeg = "/9j/4AAQSkZJRg=="
	pdf := llm.Media{MIMEType: "application/pdf", Data: "JVBERi0xLjQ=", Name: "a.pdf"}
	tests := []struct {
		about string
		part  llm.Part
		want  string
		drop  llm.Field
	}{
		{about: "a data URL's image", part: image(llm.Media{MIMEType: "image/webp", Data: "AAAA"}), want: `{"type":"image","source":{"type":"base64","media_type":"image/webp","data":"AAAA"}}`},
		{about: "jpg", part: image(llm.Media{MIMEType: "image/jpg", Data: "AAAA"}), want: `{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AAAA"}}`},
		{about: "a wrong type", part: image(llm.Media{MIMEType: "image/png", Data: jpeg}), want: `{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"` + jpeg + `"}}`},
		{about: "no type", part: image(llm.Media{Data: jpeg}), want: `{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"` + jpeg + `"}}`},
		{about: "an address", part: image(llm.Media{URL: "https://x.org/a.png"}), want: `{"type":"image","source":{"type":"url","url":"https://x.org/a.png"}}`},
		{about: "a file of Anthropic's", part: image(llm.Media{FileID: "file_1"}), want: `{"type":"image","source":{"type":"file","file_id":"file_1"}}`},
		{about: "a file of another's", part: image(llm.Media{FileID: "file-1"}), drop: llm.FieldImage},
		{about: "a cloud's address", part: image(llm.Media{URL: "gs://b/a.png"}), drop: llm.FieldImage},
		{about: "another cloud's address", part: document(llm.Media{URL: "s3://b/a.pdf"}), drop: llm.FieldDocument},
		{about: "a bitmap", part: image(llm.Media{MIMEType: "image/bmp", Data: "AAAA"}), drop: llm.FieldImage},
		{about: "SVG", part: image(llm.Media{MIMEType: "image/svg+xml", Data: "AAAA"}), want: "refused: messages"},
		{about: "PDF", part: document(pdf), want: `{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0xLjQ="},"title":"a.pdf"}`},
		{about: "PDF elsewhere", part: document(llm.Media{MIMEType: "application/pdf", URL: "https://x.org/a.pdf"}), want: `{"type":"document","source":{"type":"url","url":"https://x.org/a.pdf"}}`},
		{about: "plain text", part: document(llm.Media{MIMEType: "text/markdown", Data: "aGk=", Name: "a.md"}), want: `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hi"},"title":"a.md"}`},
		{about: "another document", part: document(llm.Media{MIMEType: "application/msword", Data: "AAAA"}), drop: llm.FieldDocument},
		{about: "sound", part: llm.Part{Kind: llm.PartAudio, Media: &llm.Media{MIMEType: "audio/wav", Data: "AAAA"}}, drop: llm.FieldAudio},
		{about: "a film", part: llm.Part{Kind: llm.PartVideo, Media: &llm.Media{URL: "https://x.org/a.mp4"}}, drop: llm.FieldVideo},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r := &llm.Request{Messages: []llm.Message{shows(llm.Part{Kind: llm.PartText, Text: "hi"}, tt.part)}}
			got, e := encode(t, r, llm.Target{Model: "claude-x"})
			want := tt.want
			if !strings.HasPrefix(want, "refused") {
				if want != "" {
					want = "," + want
				}
				want = `"messages":[` + said1("user", textBlock("hi")+want) + `]`
			}
			if !strings.Contains(got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
			if tt.drop != "" && !slices.Equal(e.Dropped, []llm.Field{tt.drop}) || tt.drop == "" && e.Dropped != nil {
				t.Errorf("dropped %v, want %q", e.Dropped, tt.drop)
			}
			if file := strings.Contains(got, `"file_1"`); file != slices.Equal(e.Header, []string{"anthropic-beta", betaFiles}) {
				t.Errorf("headers %v", e.Header)
			}
		})
	}
	got, _ := encode(t, &llm.Request{Messages: []llm.Message{shows(document(pdf))}}, llm.Target{Model: "claude-x"})
	if want := `"title":"a.pdf"},{"type":"text","text":"."}]`; !strings.Contains(got, want) {
		t.Errorf("a document alone gives %s, want %s", got, want)
	}
}

// TestStable checks that equal requests give equal bytes, and that ids and names
// which have to change do so in the same way everywhere.
func TestStable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 250)
	for _, id := range []string{"a|b:c", "a b", "a.b", "", long, long + "y", "ü"} {
		r := &llm.Request{
			Messages:   []llm.Message{user("hi"), calls(call(id, "ns.f", "{}"), call("ok-1_Z", "g", "{}")), results(gave(id), gave("ok-1_Z"))},
			Tools:      []llm.Tool{{Name: "ns.f"}, {Name: "g"}},
			ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"ns.f"}},
		}
		got, e := encode(t, r, llm.Target{Model: "claude-sonnet-4-5"})
		again, _ := encode(t, r, llm.Target{Model: "claude-sonnet-4-5"})
		if got != again {
			t.Errorf("%s\nthen %s", got, again)
		}
		own := tamed(id)
		if len(own) > maxTamed || strings.Count(got, `"`+own+`"`) != 2 || strings.Count(got, `"ok-1_Z"`) != 2 {
			t.Errorf("id %q is %q in %s", id, own, got)
		}
		var name string
		for upstream, caller := range e.ToolNames {
			name = upstream
			if caller != "ns.f" {
				t.Errorf("names %v", e.ToolNames)
			}
		}
		if len(e.ToolNames) != 1 || strings.Count(got, `"name":"`+name+`"`) != 3 {
			t.Errorf("names %v in %s", e.ToolNames, got)
		}
	}
	if a, b := tamed(long), tamed(long+"y"); a == b {
		t.Errorf("two ids are both %q", a)
	}
	if a, b := tamed("a.b"), tamed("a_b"); a == b {
		t.Errorf("two names are both %q", a)
	}
}

func TestManyAnswers(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		got, _ := encode(t, &llm.Request{Messages: []llm.Message{user("hi")}, N: ptr(int64(2))}, llm.Target{Strict: strict})
		if got != "refused: n" {
			t.Errorf("two answers give %s", got)
		}
	}
}
