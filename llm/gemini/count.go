package gemini

import (
	"encoding/json"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// CountTokens is countTokens (https://ai.google.dev/api/tokens). What is
// counted are contents, or a whole request for an answer.
var CountTokens llm.Dialect = counting{operation.New(operation.Form{
	Label:  "gemini-count",
	Of:     llm.OpCountTokens,
	Vendor: Dialect{},
	Names:  map[llm.Field]string{},
	Fields: []operation.Field{
		{Name: "contents"},
		{Name: "generateContentRequest", Alias: "generate_content_request", Is: operation.Object},
		{Name: "systemInstruction", Alias: "system_instruction"},
		{Name: "tools"},
		{Name: "generationConfig", Alias: "generation_config", Is: operation.Object},
	},
	Free:   inspectFree,
	InPath: true,
	Nested: []string{"generateContentRequest", "generate_content_request"},
	Decode: decodeCount,
	Write: func(dst []byte, r *llm.Response, _ llm.View) []byte {
		var n int64
		if r.Usage != nil {
			n = r.Usage.InputTotal()
		}
		return append(strconv.AppendInt(append(dst, `{"totalTokens":`...), n, 10), '}')
	},
	Unbilled: true,
})}

// counting is the form with what its fields cannot say: one of two is needed.
type counting struct{ *operation.Form }

// Inspect checks a request.
func (c counting) Inspect(body []byte, in *llm.Inspection) error {
	if err := c.Form.Inspect(body, in); err != nil {
		return err
	}
	contents, whole := counted(body)
	switch {
	case contents == nil && whole == nil:
		return missing("contents")
	case contents != nil && whole != nil:
		return llm.Invalid("generateContentRequest", "invalid_value", "contents are given beside it; only one of the two can be counted")
	}
	return nil
}

// counted are the two fields that say what is to be counted.
func counted(body []byte) (contents, whole json.RawMessage) {
	c := rawjson.Trust(body, 0)
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "contents":
			contents = present(c.Value())
		case "generateContentRequest", "generate_content_request":
			whole = present(c.Value())
		default:
			c.Skip()
		}
	}
	return contents, whole
}

func present(v []byte) json.RawMessage {
	if rawjson.KindOf(v) == rawjson.Null {
		return nil
	}
	return v
}

// decodeCount reads what is to be counted.
func decodeCount(body []byte) (*llm.Request, error) {
	_, whole := counted(body)
	if whole == nil {
		whole = body
	}
	var in llm.Inspection
	if err := (Dialect{}).Inspect(whole, &in); err != nil {
		return nil, err
	}
	return Dialect{}.DecodeRequest(whole)
}

// Interface guards.
var (
	_ llm.Dialect     = counting{}
	_ llm.Passthrough = counting{}
)
