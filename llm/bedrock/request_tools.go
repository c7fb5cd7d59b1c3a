package bedrock

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Names of tools that the caller knows nothing of: one that stands in for the
// form of the answer, and one for conversations with calls of tools that are no
// longer there, which Bedrock wants to see some tool for.
const (
	schemaToolName = "structured_output"
	dummyTool      = `{"toolSpec":{"name":"unavailable","description":"Cannot be called.","inputSchema":{"json":{"type":"object","properties":{}}}}}`
)

// toolConfig writes the tools and what restricts them.
func (e *requestEncoder) toolConfig() {
	before := len(e.dst)
	e.key("toolConfig")
	e.raw(`{"tools":[`)
	empty := len(e.dst)
	functions := 0
	c := e.r.ToolChoice
	none := c != nil && c.Mode == llm.ToolNone
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch {
		case none:
			// Bedrock cannot be told that none may be called.
		case t.Hosted != nil && t.Issuer == issuer:
			e.item()
			e.value(t.Hosted)
		case t.Hosted != nil:
			e.drop(llm.FieldHostedTool)
		case c != nil && len(c.Names) > 0 && !e.named() && !slices.Contains(c.Names, t.Name):
		default:
			functions++
			e.function(t)
		}
	}
	if e.schemaTool {
		e.outputTool()
	}
	if len(e.dst) == empty {
		if !e.called {
			e.dst = e.dst[:before]
			return
		}
		e.raw(dummyTool)
	}
	e.raw("]")
	e.toolChoice(functions > 0)
	e.raw("}")
	e.dropIf(llm.FieldParallelTools, functions > 0 && e.r.ParallelTools != nil && !*e.r.ParallelTools)
}

// named reports whether one certain tool must be called and the model can be
// told so.
func (e *requestEncoder) named() bool {
	c := e.r.ToolChoice
	return c.Mode == llm.ToolRequired && len(c.Names) == 1 && e.family.names() && !e.schemaTool
}

func (e *requestEncoder) function(t *llm.Tool) {
	e.item()
	e.raw(`{"toolSpec":{"name":`)
	e.str(e.toolName(t.Name))
	if !blank(t.Description) {
		e.stringField("description", t.Description)
	}
	e.raw(`,"inputSchema":{"json":`)
	e.dst = appendObjectSchema(e.dst, t.Parameters)
	e.raw("}")
	if t.Strict != nil && *t.Strict {
		if e.family.schemas(&e.t.Facts) {
			e.raw(`,"strict":true`)
		} else {
			e.drop(llm.FieldToolStrict)
		}
	}
	e.raw("}}")
	e.cachePoint(t.Cache, e.family.cachesTools())
}

// outputTool writes the stand-in for the form of the answer. The caller's own
// tools keep their names.
func (e *requestEncoder) outputTool() {
	name := schemaToolName
	for slices.ContainsFunc(e.r.Tools, func(t llm.Tool) bool { return toolName(t.Name) == name }) {
		name += "_"
	}
	e.out.OutputTool = name
	description := e.r.Output.Description
	if blank(description) {
		description = "Gives the answer in the form that was asked for."
	}
	e.item()
	e.raw(`{"toolSpec":{"name":"` + name + `"`)
	e.stringField("description", description)
	e.raw(`,"inputSchema":{"json":`)
	e.dst = appendObjectSchema(e.dst, e.r.Output.Schema)
	e.raw("}}}")
}

// toolChoice writes which tools are to be called. Where the stand-in is beside
// functions, some tool must be called: either is an answer.
func (e *requestEncoder) toolChoice(functions bool) {
	c := e.r.ToolChoice
	required := c != nil && c.Mode == llm.ToolRequired && functions
	switch {
	case e.schemaTool && !functions:
		e.raw(`,"toolChoice":{"tool":{"name":"` + e.out.OutputTool + `"}}`)
	case e.schemaTool:
		e.raw(`,"toolChoice":{"any":{}}`)
	case !required:
	case e.named():
		e.raw(`,"toolChoice":{"tool":{"name":`)
		e.str(e.toolName(c.Names[0]))
		e.raw("}}")
	case e.family.chooses():
		e.raw(`,"toolChoice":{"any":{}}`)
	default:
		e.drop(llm.FieldToolChoice)
	}
}

// maxToolName is the length of the longest name that Bedrock takes.
const maxToolName = 64

// toolName is a name as Bedrock takes it: letters, digits, underscores and
// dashes. A name that had to be changed ends in a hash of the caller's, so that
// equal names stay equal and others do not become so.
func (e *requestEncoder) toolName(name string) string {
	own := toolName(name)
	if own != name {
		if e.out.ToolNames == nil {
			e.out.ToolNames = map[string]string{}
		}
		e.out.ToolNames[own] = name
	}
	return own
}

func toolName(name string) string {
	valid := name != "" && len(name) <= maxToolName
	for i := 0; i < len(name) && valid; i++ {
		valid = nameByte(name[i])
	}
	if valid {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	suffix := "_" + hex.EncodeToString(sum[:4])
	out := make([]byte, 0, maxToolName)
	for i := 0; i < len(name) && len(out) < maxToolName-len(suffix); i++ {
		c := name[i]
		if !nameByte(c) {
			c = '_'
		}
		out = append(out, c)
	}
	return string(append(out, suffix...))
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// isObject reports whether text, without space around it, is a JSON object.
func isObject(text string) bool {
	return strings.HasPrefix(text, "{") && json.Valid([]byte(text))
}

// appendArguments appends a call's arguments, which must be an object. What is
// none is kept beside a name that says so, for nobody must believe that the tool
// was called with nothing.
func appendArguments(dst []byte, text string) []byte {
	text = strings.TrimSpace(text)
	switch {
	case text == "" || text == "null":
		return append(dst, "{}"...)
	case isObject(text):
		return append(dst, text...)
	}
	return append(rawjson.AppendQuote(append(dst, `{"_raw":`...), text), '}')
}

// appendObjectSchema appends a JSON Schema of a function's parameters, which
// must say that it is an object's even where the caller's does not, or where
// there is none.
func appendObjectSchema(dst []byte, schema json.RawMessage) []byte {
	if rawjson.KindOf(schema) != rawjson.Object {
		return append(dst, `{"type":"object","properties":{}}`...)
	}
	for _, name := range []string{"type", "$ref", "anyOf", "oneOf", "allOf"} {
		if member(schema, name) != nil {
			return append(dst, schema...)
		}
	}
	dst = append(dst, `{"type":"object"`...)
	rest := bytes.TrimSpace(schema[1:])
	if rest[0] != '}' {
		dst = append(dst, ',')
	}
	return append(dst, rest...)
}
