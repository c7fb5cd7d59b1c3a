package anthropic

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// CountTokens is /v1/messages/count_tokens
// (https://platform.claude.com/docs/en/api/messages/count_tokens), which takes
// what Messages takes, but for the fields that are about the answer.
var CountTokens llm.Dialect = operation.New(operation.Form{
	Label:  "anthropic-count",
	Of:     llm.OpCountTokens,
	Vendor: Dialect{},
	Names:  fieldNames,
	Fields: []operation.Field{
		{Name: "messages", Is: operation.List, Required: true},
		{Name: "system", Is: operation.TextOrList},
		{Name: "tools", Is: operation.List},
		{Name: "tool_choice", Is: operation.Object},
		{Name: "thinking", Is: operation.Object},
		{Name: "output_config", Is: operation.Object},
		{Name: "cache_control", Is: operation.Object},
	},
	Free:   inspectFree,
	Decode: decodeCount,
	Write: func(dst []byte, r *llm.Response, _ llm.View) []byte {
		var n int64
		if r.Usage != nil {
			n = r.Usage.InputTotal()
		}
		return append(strconv.AppendInt(append(dst, `{"input_tokens":`...), n, 10), '}')
	},
	Answer:   "input_tokens",
	Unbilled: true,
})

// decodeCount reads a request as one for an answer, which has a bound.
func decodeCount(body []byte) (*llm.Request, error) {
	bounded := false
	c := rawjson.Trust(body, 0)
	for c.Object(); c.NextField(); c.Skip() {
		bounded = bounded || string(c.Key()) == "max_tokens"
	}
	if !bounded {
		body = append([]byte(`{"max_tokens":1,`), rawjson.TrimSpace(body)[1:]...)
	}
	var in llm.Inspection
	if err := (Dialect{}).Inspect(body, &in); err != nil {
		return nil, err
	}
	return Dialect{}.DecodeRequest(body)
}
