package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// ask is what an upstream understood of a request.
type ask struct {
	stream bool
	// tools are the names of the tools offered.
	tools []string
	// forced are those of which one has to be called.
	forced []offer
	// results are what the tools of the conversation said.
	results []string
	// schema is of the answer, where one is asked for.
	schema string
	// body is all of the request.
	body string
	// wrong is what a vendor would not take.
	wrong []string
}

// offer is a tool.
type offer struct{ name, schema string }

func (a *ask) refuse(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

// object is a JSON object whose fields are read one by one.
type object map[string]any

func (o object) text(name string) string       { s, _ := o[name].(string); return s }
func (o object) list(name string) []any        { l, _ := o[name].([]any); return l }
func (o object) object(name string) object     { m, _ := o[name].(map[string]any); return m }
func (o object) objects(name string) []object  { return objects(o[name]) }
func (o object) only(a *ask, at, names string) { onlyFields(a, o, at, strings.Fields(names)) }

func objects(v any) []object {
	list, _ := v.([]any)
	var all []object
	for _, v := range list {
		m, _ := v.(map[string]any)
		all = append(all, m)
	}
	return all
}

func onlyFields(a *ask, o object, at string, names []string) {
	for name := range o {
		if !slices.Contains(names, name) {
			a.refuse("%s: unknown field %q", at, name)
		}
	}
}

func raw(v any) string {
	b, _ := json.Marshal(v) // it was JSON
	return string(b)
}

// read checks a request as a vendor does, and says what is in it.
func read(f *family, r *fairwaytest.Received) *ask {
	a := new(ask)
	credentials(a, f, r)
	var body object
	if err := json.Unmarshal(r.Body, &body); err != nil {
		a.refuse("the body is no JSON: %v", err)
		return a
	}
	f.read(a, r, body)
	return a
}

// credentials checks that the provider got its own key and nobody else's.
func credentials(a *ask, f *family, r *fairwaytest.Received) {
	for name, values := range r.Header {
		value := strings.Join(values, ",")
		switch name {
		case f.keyHeader:
			if value != f.key {
				a.refuse("header %s is %q", name, value)
			}
		case "Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Cookie", "Proxy-Authorization":
			a.refuse("header %s of the client came along", name)
		}
		if strings.Contains(value, "fwk_") {
			a.refuse("header %s has the client's key", name)
		}
	}
	if r.Header.Get(f.keyHeader) == "" {
		a.refuse("no %s", f.keyHeader)
	}
	if strings.Contains(string(r.Body), "fwk_") || strings.Contains(r.URI, "fwk_") {
		a.refuse("the client's key is in the request")
	}
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		a.refuse("%s of %q", r.Method, r.Header.Get("Content-Type"))
	}
}

var (
	toolName   = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)
	geminiName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$`)
)

// offered checks a tool's name and parameters.
func (a *ask) offered(name string, allowed *regexp.Regexp, parameters any, at string) {
	if !allowed.MatchString(name) {
		a.refuse("%s: the name %q", at, name)
	}
	if slices.Contains(a.tools, name) {
		a.refuse("%s: two tools are called %q", at, name)
	}
	if p, ok := parameters.(map[string]any); parameters != nil && (!ok || p["type"] != "object" && p["type"] != "OBJECT") {
		a.refuse("%s: the parameters of %s are no object: %.200s", at, name, raw(parameters))
	}
	a.tools = append(a.tools, name)
	a.forced = append(a.forced, offer{name, raw(parameters)})
}

// force keeps of the tools offered those of which one has to be called.
func (a *ask) force(forced bool, name string) {
	a.forced = slices.DeleteFunc(a.forced, func(o offer) bool { return !forced || name != "" && name != o.name })
}

func readOpenAI(a *ask, r *fairwaytest.Received, body object) {
	if r.URI != "/v1/chat/completions" {
		a.refuse("path %s", r.URI)
	}
	body.only(a, "body", `messages model audio frequency_penalty logit_bias logprobs max_completion_tokens max_tokens metadata
		modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention prompt_cache_options reasoning_effort
		response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
		top_logprobs top_p user verbosity web_search_options`)
	a.stream, _ = body["stream"].(bool)
	if body["stream_options"] != nil && !a.stream {
		a.refuse("stream_options without stream")
	}
	for i, tool := range body.objects("tools") {
		at := fmt.Sprintf("tools[%d]", i)
		if tool.text("type") != "function" {
			a.refuse("%s: type %q", at, tool.text("type"))
			continue
		}
		f := tool.object("function")
		f.only(a, at, "name description parameters strict")
		a.offered(f.text("name"), toolName, f["parameters"], at)
	}
	if body["tools"] != nil && len(a.tools) == 0 {
		a.refuse("tools are empty")
	}
	if len(a.tools) == 0 && (body["tool_choice"] != nil || body["parallel_tool_calls"] != nil) {
		a.refuse("tool_choice or parallel_tool_calls without tools")
	}
	choice := body.object("tool_choice")
	a.force(choice != nil || body.text("tool_choice") == "required", choice.object("function").text("name"))
	if format := body.object("response_format"); format.text("type") == "json_schema" {
		a.schema = raw(format.object("json_schema")["schema"])
		if !toolName.MatchString(format.object("json_schema").text("name")) {
			a.refuse("response_format: name %q", format.object("json_schema").text("name"))
		}
	}
	messages := body.objects("messages")
	if len(messages) == 0 {
		a.refuse("no messages")
	}
	var open []string // calls without a result yet
	for i, m := range messages {
		at, role := fmt.Sprintf("messages[%d]", i), m.text("role")
		if role == "tool" {
			at := slices.Index(open, m.text("tool_call_id"))
			if at < 0 {
				a.refuse("messages[%d]: a result for %q, which was not called; open are %v", i, m.text("tool_call_id"), open)
				continue
			}
			open = slices.Delete(open, at, at+1)
			a.results = append(a.results, raw(m["content"]))
			continue
		}
		if len(open) > 0 {
			a.refuse("%s: no result for %v", at, open)
			open = nil
		}
		switch role {
		case "assistant":
			calls := m.objects("tool_calls")
			if m["content"] == nil && len(calls) == 0 && m["refusal"] == nil {
				a.refuse("%s: neither content nor tool_calls", at)
			}
			for _, c := range calls {
				var arguments object
				if err := json.Unmarshal([]byte(c.object("function").text("arguments")), &arguments); err != nil {
					a.refuse("%s: arguments %q", at, c.object("function").text("arguments"))
				}
				open = append(open, c.text("id"))
			}
		case "user", "system", "developer":
			if m["content"] == nil || raw(m["content"]) == "[]" {
				a.refuse("%s: no content", at)
			}
			for _, part := range m.objects("content") {
				if !slices.Contains([]string{"text", "image_url", "input_audio", "file"}, part.text("type")) {
					a.refuse("%s: a part of type %q", at, part.text("type"))
				}
			}
		default:
			a.refuse("%s: role %q", at, role)
		}
	}
	if len(open) > 0 {
		a.refuse("no result for %v at the end", open)
	}
}

func readAnthropic(a *ask, r *fairwaytest.Received, body object) {
	if path, _, _ := strings.Cut(r.URI, "?"); path != "/v1/messages" {
		a.refuse("path %s", r.URI)
	}
	if r.Header.Get("Anthropic-Version") == "" {
		a.refuse("no anthropic-version")
	}
	body.only(a, "body", `model messages max_tokens cache_control container context_management inference_geo mcp_servers metadata
		output_config service_tier speed stop_sequences stream system temperature thinking tool_choice tools top_k top_p`)
	a.stream, _ = body["stream"].(bool)
	if n, _ := body["max_tokens"].(float64); n < 1 {
		a.refuse("max_tokens is %v", body["max_tokens"])
	}
	for i, tool := range body.objects("tools") {
		at := fmt.Sprintf("tools[%d]", i)
		if kind := tool.text("type"); kind != "" && kind != "custom" {
			continue
		}
		tool.only(a, at, "name description input_schema strict type cache_control defer_loading eager_input_streaming input_examples allowed_callers")
		if tool["input_schema"] == nil {
			a.refuse("%s: no input_schema", at)
		}
		a.offered(tool.text("name"), toolName, tool["input_schema"], at)
	}
	if len(a.tools) == 0 && body["tool_choice"] != nil {
		a.refuse("tool_choice without tools")
	}
	choice := body.object("tool_choice")
	a.force(choice.text("type") == "any" || choice.text("type") == "tool", choice.text("name"))
	if format := body.object("output_config").object("format"); format != nil {
		a.schema = raw(format["schema"])
	}
	checkTexts(a, body["system"], "system")
	messages := body.objects("messages")
	if len(messages) == 0 || messages[0].text("role") != "user" {
		a.refuse("the first message is not the user's")
	}
	var open []string
	for i, m := range messages {
		at, role := fmt.Sprintf("messages[%d]", i), m.text("role")
		// Claude Code has such a system message, which the newest models take.
		if role != "user" && role != "assistant" && (role != "system" || i == 0) {
			a.refuse("%s: role %q", at, role)
		}
		if text, ok := m["content"].(string); ok && strings.TrimSpace(text) == "" || raw(m["content"]) == "[]" || m["content"] == nil {
			a.refuse("%s: empty", at)
		}
		checkTexts(a, m["content"], at)
		blocks := m.objects("content")
		for j, b := range blocks {
			switch kind := b.text("type"); kind {
			case "tool_result":
				at := slices.Index(open, b.text("tool_use_id"))
				if at < 0 {
					a.refuse("messages[%d]: a result for %q, which was not called; open are %v", i, b.text("tool_use_id"), open)
					continue
				}
				if j > 0 && blocks[j-1].text("type") != "tool_result" {
					a.refuse("messages[%d]: results stand after other blocks", i)
				}
				open = slices.Delete(open, at, at+1)
				a.results = append(a.results, raw(b["content"]))
			case "tool_use", "text", "image", "document", "thinking", "redacted_thinking":
			default:
				a.refuse("%s: a block of type %q", at, kind)
			}
		}
		if len(open) > 0 {
			a.refuse("%s: no result for %v", at, open)
			open = nil
		}
		for _, b := range blocks {
			if b.text("type") != "tool_use" {
				continue
			}
			if _, ok := b["input"].(map[string]any); !ok || !toolName.MatchString(b.text("id")) || role != "assistant" {
				a.refuse("%s: a call %s", at, raw(b))
			}
			open = append(open, b.text("id"))
		}
	}
	if len(open) > 0 {
		a.refuse("no result for %v at the end", open)
	}
}

// checkTexts refuses blocks of text that are blank.
func checkTexts(a *ask, content any, at string) {
	for _, b := range objects(content) {
		if b.text("type") == "text" && strings.TrimSpace(b.text("text")) == "" {
			a.refuse("%s: a blank text", at)
		}
	}
}

var geminiPath = regexp.MustCompile(`^/v1beta/models/[^:/]+:(generateContent|streamGenerateContent\?alt=sse)$`)

func readGemini(a *ask, r *fairwaytest.Received, body object) {
	if !geminiPath.MatchString(r.URI) {
		a.refuse("path %s", r.URI)
	}
	a.stream = strings.Contains(r.URI, ":stream")
	body.only(a, "body", "contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent serviceTier store")
	body.object("generationConfig").only(a, "generationConfig", `stopSequences responseMimeType responseSchema responseJsonSchema _responseJsonSchema
		responseModalities candidateCount maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty
		responseLogprobs logprobs enableEnhancedCivicAnswers speechConfig thinkingConfig imageConfig mediaResolution`)
	for i, tool := range body.objects("tools") {
		tool.only(a, "tools", "functionDeclarations googleSearch codeExecution urlContext googleMaps computerUse fileSearch googleSearchRetrieval mcpServers")
		for j, f := range tool.objects("functionDeclarations") {
			at := fmt.Sprintf("tools[%d].functionDeclarations[%d]", i, j)
			f.only(a, at, "name description behavior parameters parametersJsonSchema response responseJsonSchema")
			parameters := f["parametersJsonSchema"]
			if parameters == nil {
				parameters = f["parameters"]
				openAPI(a, f.object("parameters"), at)
			}
			a.offered(f.text("name"), geminiName, parameters, at)
		}
	}
	choice := body.object("toolConfig").object("functionCallingConfig")
	name := ""
	if names := choice.list("allowedFunctionNames"); len(names) == 1 {
		name, _ = names[0].(string)
	}
	a.force(choice.text("mode") == "ANY", name)
	config := body.object("generationConfig")
	for _, name := range []string{"responseJsonSchema", "_responseJsonSchema", "responseSchema"} {
		if config[name] != nil {
			a.schema = raw(config[name])
			if config.text("responseMimeType") != "application/json" {
				a.refuse("a schema without responseMimeType")
			}
		}
	}
	contents := body.objects("contents")
	if len(contents) == 0 || contents[0].text("role") == "model" {
		a.refuse("the first content is not the user's")
	}
	var open []string
	signed := true
	for i, c := range contents {
		at, role := fmt.Sprintf("contents[%d]", i), c.text("role")
		if role != "user" && role != "model" && role != "" {
			a.refuse("%s: role %q", at, role)
		}
		if len(c.list("parts")) == 0 {
			a.refuse("%s: no parts", at)
		}
		var calls []string
		answered := 0
		for _, p := range c.objects("parts") {
			p.only(a, at, `text inlineData functionCall functionResponse fileData executableCode codeExecutionResult thought thoughtSignature
				partMetadata videoMetadata mediaResolution toolCall toolResponse`)
			if f := p.object("functionCall"); f != nil {
				if len(calls) == 0 {
					signed = p.text("thoughtSignature") != ""
				}
				calls = append(calls, f.text("name"))
			}
			if f := p.object("functionResponse"); f != nil {
				at := slices.Index(open, f.text("name"))
				if at < 0 || f.object("response") == nil {
					a.refuse("contents[%d]: a response %s; open are %v", i, raw(f), open)
					continue
				}
				open = slices.Delete(open, at, at+1)
				a.results = append(a.results, raw(f["response"]))
				answered++
			}
		}
		if answered > 0 && answered != len(c.list("parts")) {
			a.refuse("%s: responses stand among other parts", at)
		}
		if len(open) > 0 {
			a.refuse("%s: no response for %v", at, open)
		}
		if !signed {
			a.refuse("%s: the first call has no thoughtSignature", at)
		}
		open = calls
	}
	if len(open) > 0 {
		a.refuse("no response for %v at the end", open)
	}
}

// openAPI refuses what Gemini's own kind of schema does not know.
func openAPI(a *ask, schema object, at string) {
	schema.only(a, at, `type format title description nullable enum maxItems minItems properties required minProperties maxProperties
		minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum`)
	for _, s := range schema.object("properties") {
		if s, ok := s.(map[string]any); ok {
			openAPI(a, s, at)
		}
	}
	if items := schema.object("items"); items != nil {
		openAPI(a, items, at)
	}
	for _, s := range schema.objects("anyOf") {
		openAPI(a, s, at)
	}
}
