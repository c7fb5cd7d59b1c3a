package gemini

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

func call(id, name, args string) llm.Part {
	return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: args}}
}

func result(id, text string) llm.Message {
	return llm.Message{Role: llm.RoleTool, Parts: []llm.Part{{
		Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Parts: []llm.Part{{Kind: llm.PartText, Text: text}}},
	}}}
}

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

func TestContents(t *testing.T) {
	t.Parallel()
	const three = "gemini-3-flash-preview"
	dummy := `,"thoughtSignature":"skip_thought_signature_validator"`
	signed := call("c1", "f", "{}")
	signed.Signature, signed.Issuer = "c2ln", llm.IssuerGoogle
	foreign := call("c1", "f", "{}")
	foreign.Signature, foreign.Issuer = "c2ln", llm.IssuerAnthropic
	tests := []struct {
		about    string
		model    string
		vendor   string
		messages []llm.Message
		want     string
	}{
		{about: "one user", messages: []llm.Message{user("hi")}, want: `"contents":[{"role":"user","parts":[{"text":"hi"}]}]`},
		{
			about:    "system first and in the middle",
			messages: []llm.Message{system("a"), user("hi"), system("b"), user("ho")},
			want:     `"systemInstruction":{"parts":[{"text":"a"},{"text":"b"}]},"contents":[{"role":"user","parts":[{"text":"hi"},{"text":"ho"}]}]`,
		},
		{
			about: "only system", messages: []llm.Message{system("a")},
			want: `"systemInstruction":{"parts":[{"text":"a"}]},"contents":[{"role":"user","parts":[{"text":" "}]}]`,
		},
		{about: "nothing", want: `"contents":[{"role":"user","parts":[{"text":" "}]}]`},
		{
			about: "adjacent roles merge", messages: []llm.Message{user("a"), user("b"), model("c"), model("d"), user("e")},
			want: `"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"},{"text":"d"}]},{"role":"user","parts":[{"text":"e"}]}]`,
		},
		{
			about: "the model first", messages: []llm.Message{model("c"), user("e")},
			want: `"contents":[{"role":"user","parts":[{"text":" "}]},{"role":"model","parts":[{"text":"c"}]},{"role":"user","parts":[{"text":"e"}]}]`,
		},
		{
			about: "an empty user and an empty model", messages: []llm.Message{user("a"), model(""), model("b"), user("")},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"user","parts":[{"text":" "}]}]`,
		},
		{
			about: "escapes", messages: []llm.Message{user("\"}]\u2028\x00é\xff")},
			want: `"contents":[{"role":"user","parts":[{"text":"\"}]` + "\u2028" + `\u0000é` + "\ufffd" + `"}]}]`,
		},
		{
			about: "a tool round", messages: []llm.Message{user("a"), calls(call("c1", "f", `{"x":1}`)), result("c1", "ok"), model("b")},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},` +
				`{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{"x":1}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"ok"}}}]},` +
				`{"role":"model","parts":[{"text":"b"}]}]`,
		},
		{
			about: "Vertex AI takes no ids", vendor: "vertex",
			messages: []llm.Message{user("a"), calls(call("c1", "f", `{"x":1}`)), result("c1", "ok")},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},` +
				`{"role":"model","parts":[{"functionCall":{"name":"f","args":{"x":1}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"ok"}}}]}]`,
		},
		{
			about:    "results in the order of the calls, the user apart",
			messages: []llm.Message{user("a"), calls(call("c1", "f", ""), call("c2", "g", "null")), result("c2", "2"), result("c1", "1"), user("b")},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},` +
				`{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}},{"functionCall":{"id":"c2","name":"g","args":{}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"1"}}},{"functionResponse":{"id":"c2","name":"g","response":{"output":"2"}}}]},` +
				`{"role":"user","parts":[{"text":"b"}]}]`,
		},
		{
			about:    "an id that is used again",
			messages: []llm.Message{user("a"), calls(call("c", "f", "")), result("c", "1"), calls(call("c", "g", "")), result("c", "2")},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},` +
				`{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{"output":"1"}}}]},` +
				`{"role":"model","parts":[{"functionCall":{"id":"c","name":"g","args":{}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"id":"c","name":"g","response":{"output":"2"}}}]}]`,
		},
		{about: "a result without its call", messages: []llm.Message{user("a"), result("c1", "ok")}, want: "refused: messages[1]"},
		{
			about: "arguments that are no object", messages: []llm.Message{user("a"), calls(call("c1", "f", `{"x":`), call("c2", "f", `[1]`))},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[` +
				`{"functionCall":{"id":"c1","name":"f","args":{"_raw":"{\"x\":"}}},{"functionCall":{"id":"c2","name":"f","args":{"_raw":"[1]"}}}]}]`,
		},
		{
			about: "a lost signature", model: three,
			messages: []llm.Message{user("a"), calls(call("c1", "f", ""), call("c2", "f", "")), result("c1", "1"), result("c2", "2"), calls(call("c3", "f", ""))},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},` +
				`{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}` + dummy + `},{"functionCall":{"id":"c2","name":"f","args":{}}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"1"}}},{"functionResponse":{"id":"c2","name":"f","response":{"output":"2"}}}]},` +
				`{"role":"model","parts":[{"functionCall":{"id":"c3","name":"f","args":{}}` + dummy + `}]}]`,
		},
		{
			about: "a kept signature", model: three, messages: []llm.Message{user("a"), calls(signed, call("c2", "f", ""))},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},` +
				`{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"c2","name":"f","args":{}}}]}]`,
		},
		{
			about: "another vendor's signature", model: three, messages: []llm.Message{user("a"), calls(foreign)},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}` + dummy + `}]}]`,
		},
		{
			about: "a model before 3 needs none", model: "gemini-2.5-pro", messages: []llm.Message{user("a"), calls(foreign)},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}}]}]`,
		},
		{
			about: "Google's own parts", messages: []llm.Message{user("a"), calls(
				llm.Part{Kind: llm.PartReasoning, Text: "hm", Issuer: llm.IssuerGoogle},
				llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(`{"executableCode":{"code":"1"}}`), Issuer: llm.IssuerGoogle},
				continuationPart("tok"),
				llm.Part{Kind: llm.PartText, Text: "b", Signature: "c2ln", Issuer: llm.IssuerGoogle},
				llm.Part{Kind: llm.PartText, Signature: "c2ln", Issuer: llm.IssuerGoogle},
			)},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"hm","thought":true},` +
				`{"executableCode":{"code":"1"}},{"text":"b","thoughtSignature":"c2ln"},{"text":"","thoughtSignature":"c2ln"}]}]`,
		},
		{
			about: "a refusal is text", messages: []llm.Message{user("a"), calls(llm.Part{Kind: llm.PartRefusal, Text: "no"})},
			want: `"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"no"}]}]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, e := encode(t, &llm.Request{Messages: tt.messages}, llm.Target{Model: tt.model, Vendor: tt.vendor})
			want := tt.want
			if !strings.HasPrefix(want, "refused") {
				want = "{" + want + "}"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(e.Dropped) > 0 {
				t.Errorf("dropped %v", e.Dropped)
			}
		})
	}
}

func TestToolResults(t *testing.T) {
	t.Parallel()
	image := llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}}
	text := func(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }
	tests := []struct {
		about   string
		model   string
		parts   []llm.Part
		isError bool
		want    string
	}{
		{about: "nothing", want: `{"response":{"output":""}}`},
		{about: "text", parts: []llm.Part{text("ok")}, want: `{"response":{"output":"ok"}}`},
		{about: "several texts", parts: []llm.Part{text("a"), text("b")}, want: `{"response":{"output":"a\nb"}}`},
		{about: "an object", parts: []llm.Part{text(` {"a":[1,2]} `)}, want: `{"response":{"a":[1,2]}}`},
		{about: "a list", parts: []llm.Part{text(`[1,2]`)}, want: `{"response":{"output":[1,2]}}`},
		{about: "a number stays text", parts: []llm.Part{text(`42`)}, want: `{"response":{"output":"42"}}`},
		{about: "nearly an object", parts: []llm.Part{text(`{"a":`)}, want: `{"response":{"output":"{\"a\":"}}`},
		{about: "an error", isError: true, parts: []llm.Part{text("bad")}, want: `{"response":{"error":"bad"}}`},
		{about: "an error object", isError: true, parts: []llm.Part{text(`{"code":1}`)}, want: `{"response":{"error":{"code":1}}}`},
		{
			about: "media inside", model: "gemini-3-pro-preview", parts: []llm.Part{text("see"), image},
			want: `{"response":{"output":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}`,
		},
		{
			about: "media behind", model: "gemini-2.5-pro", parts: []llm.Part{text("see"), image},
			want: `{"response":{"output":"see"}}}]},{"role":"user","parts":[{"text":"From tool call f:"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r := &llm.Request{Messages: []llm.Message{user("a"), calls(call("c", "f", "")), {
				Role:  llm.RoleTool,
				Parts: []llm.Part{{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: "c", Parts: tt.parts, IsError: tt.isError}}},
			}}}
			got, _ := encode(t, r, llm.Target{Model: tt.model})
			got = strings.ReplaceAll(got, `\u000a`, `\n`)
			want := `{"functionResponse":{"id":"c","name":"f",` + tt.want[1:]
			if !strings.Contains(got, want) {
				t.Errorf("%s\nlacks %s", got, want)
			}
		})
	}
}

func TestMedia(t *testing.T) {
	t.Parallel()
	const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVQImWNwav0CAALIAbzDqqRyAAAAAElFTkSuQmCC"
	tests := []struct {
		about string
		kind  llm.PartKind
		media llm.Media
		want  string
	}{
		{"an image", llm.PartImage, llm.Media{MIMEType: "image/webp", Data: "AAAA"}, `{"inlineData":{"mimeType":"image/webp","data":"AAAA"}}`},
		{"a misspelled type", llm.PartImage, llm.Media{MIMEType: "image/jpg", Data: "AAAA"}, `{"inlineData":{"mimeType":"image/jpeg","data":"AAAA"}}`},
		{"a type by content", llm.PartImage, llm.Media{Data: png}, `{"inlineData":{"mimeType":"image/png","data":"` + png + `"}}`},
		{"a document of no known type", llm.PartDocument, llm.Media{Data: "AAAA"}, `{"inlineData":{"mimeType":"application/pdf","data":"AAAA"}}`},
		{"a document by name", llm.PartDocument, llm.Media{Data: "AAAA", Name: "a.CSV"}, `{"inlineData":{"mimeType":"text/csv","data":"AAAA"}}`},
		{"sound", llm.PartAudio, llm.Media{MIMEType: "audio/mp3", Data: "AAAA"}, `{"inlineData":{"mimeType":"audio/mp3","data":"AAAA"}}`},
		{"an address", llm.PartImage, llm.Media{URL: "https://x.example/a.webp?b=c"}, `{"fileData":{"mimeType":"image/webp","fileUri":"https://x.example/a.webp?b=c"}}`},
		{"an address without an end", llm.PartImage, llm.Media{URL: "https://x.example/a"}, `{"fileData":{"mimeType":"image/jpeg","fileUri":"https://x.example/a"}}`},
		{"a document's address", llm.PartDocument, llm.Media{URL: "https://x.example/a.pdf"}, `{"fileData":{"mimeType":"application/pdf","fileUri":"https://x.example/a.pdf"}}`},
		{"YouTube", llm.PartImage, llm.Media{URL: "https://www.youtube.com/watch?v=1"}, `{"fileData":{"mimeType":"video/mp4","fileUri":"https://www.youtube.com/watch?v=1"}}`},
		{"Cloud Storage", llm.PartVideo, llm.Media{URL: "gs://b/a.mov"}, `{"fileData":{"mimeType":"video/mov","fileUri":"gs://b/a.mov"}}`},
		{"another cloud", llm.PartImage, llm.Media{URL: "s3://b/a.png"}, "refused: messages[0].content[0]"},
		{"a local file", llm.PartImage, llm.Media{URL: "file:///etc/passwd"}, "refused: messages[0].content[0]"},
		{"a file of Google's", llm.PartDocument, llm.Media{FileID: "files/x", MIMEType: "text/plain"}, `{"fileData":{"mimeType":"text/plain","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x"}}`},
		{"a file of another vendor", llm.PartDocument, llm.Media{FileID: "file-x"}, "refused: messages[0].content[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r := &llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{{Kind: tt.kind, Media: &tt.media}}}}}
			got, _ := encode(t, r, llm.Target{})
			want := tt.want
			if !strings.HasPrefix(want, "refused") {
				want = `{"contents":[{"role":"user","parts":[` + want + `]}]}`
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestDropped(t *testing.T) {
	t.Parallel()
	cache := &llm.CacheHint{}
	redacted := llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"x"`), Issuer: llm.IssuerAnthropic}
	tests := []struct {
		about  string
		field  llm.Field
		change func(*llm.Request)
	}{
		{"a name", llm.FieldName, func(r *llm.Request) { r.Messages[0].Name = "bob" }},
		{"a cache hint", llm.FieldCacheControl, func(r *llm.Request) { r.Messages[0].Parts[0].Cache = cache }},
		{"unsigned thoughts", llm.FieldReasoningHistory, func(r *llm.Request) {
			r.Messages = append(r.Messages, calls(llm.Part{Kind: llm.PartReasoning, Text: "hm"}))
		}},
		{"another vendor's thoughts", llm.FieldReasoningHistory, func(r *llm.Request) { r.Messages = append(r.Messages, calls(redacted)) }},
		{"another vendor's part", llm.FieldOpaque, func(r *llm.Request) {
			r.Messages = append(r.Messages, calls(llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(`{}`), Issuer: llm.IssuerOpenAI}))
		}},
		{"an image of the system's", llm.FieldImage, func(r *llm.Request) {
			r.Messages = append(r.Messages, llm.Message{Role: llm.RoleSystem, Parts: []llm.Part{{Kind: llm.PartImage, Media: &llm.Media{Data: "AAAA"}}}})
		}},
		{"another vendor's tool", llm.FieldHostedTool, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Hosted: json.RawMessage(`{"type":"web_search"}`), Issuer: llm.IssuerOpenAI}}
		}},
		{"a strict tool", llm.FieldToolStrict, func(r *llm.Request) { r.Tools = []llm.Tool{{Name: "f", Strict: ptr(true)}} }},
		{"one call at a time", llm.FieldParallelTools, func(r *llm.Request) {
			r.Tools, r.ParallelTools = []llm.Tool{{Name: "f"}}, ptr(false)
		}},
		{"six stop sequences", llm.FieldStop, func(r *llm.Request) { r.Stop = strings.Split("abcdef", "") }},
		{"a blank stop sequence", llm.FieldStop, func(r *llm.Request) { r.Stop = []string{"\n"} }},
		{"no tokens", llm.FieldMaxTokens, func(r *llm.Request) { r.MaxTokens = ptr(int64(0)) }},
		{"a long seed", llm.FieldSeed, func(r *llm.Request) { r.Seed = ptr(int64(1 << 40)) }},
		{"likelihoods of others alone", llm.FieldTopLogProbs, func(r *llm.Request) { r.TopLogProbs = ptr(int64(2)) }},
		{"logit bias", llm.FieldLogitBias, func(r *llm.Request) { r.LogitBias = json.RawMessage(`{"1":2}`) }},
		{"a user", llm.FieldUser, func(r *llm.Request) { r.User = "u" }},
		{"metadata", llm.FieldMetadata, func(r *llm.Request) { r.Metadata = json.RawMessage(`{"a":"b"}`) }},
		{"an unknown tier", llm.FieldServiceTier, func(r *llm.Request) { r.ServiceTier = "scale" }},
		{"verbosity", llm.FieldVerbosity, func(r *llm.Request) { r.Verbosity = "low" }},
		{"an unknown modality", llm.FieldModalities, func(r *llm.Request) { r.Modalities = []string{"smell"} }},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r := &llm.Request{Messages: []llm.Message{user("hi")}}
			tt.change(r)
			_, e := encode(t, r, llm.Target{Model: "gemini-2.5-flash"})
			if !slices.Equal(e.Dropped, []llm.Field{tt.field}) {
				t.Errorf("dropped %v, want %s", e.Dropped, tt.field)
			}
			if got, _ := encode(t, r, llm.Target{Model: "gemini-2.5-flash", Strict: true}); got != "refused: "+string(tt.field) {
				t.Errorf("a strict target gives %s", got)
			}
		})
	}
}

func TestAppendRequestIsDeterministic(t *testing.T) {
	t.Parallel()
	r := &llm.Request{
		Messages: []llm.Message{user("a"), calls(call("c1", "bad name!", `{"x":1}`)), result("c1", "ok")},
		Tools:    []llm.Tool{{Name: "bad name!", Parameters: json.RawMessage(`{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"string"}}}`)}},
		Extra: map[string]json.RawMessage{
			"safetySettings": json.RawMessage(`[]`), "labels": json.RawMessage(`{"a":"b"}`), "foo": json.RawMessage(`1`),
			"generationConfig": json.RawMessage(`{"mediaResolution":"LOW","speechConfig":{"a":1}}`),
		},
	}
	first, e := encode(t, r, llm.Target{Model: "gemini-1.5-pro", Vendor: "vertex"})
	for range 20 {
		if again, _ := encode(t, r, llm.Target{Model: "gemini-1.5-pro", Vendor: "vertex"}); again != first {
			t.Fatalf("%s\nthen %s", first, again)
		}
	}
	slices.Sort(e.Extra)
	if !slices.Equal(e.Extra, []string{"generationConfig", "labels", "safetySettings"}) {
		t.Errorf("carried %v", e.Extra)
	}
}
