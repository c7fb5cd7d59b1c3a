package responses

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
)

// CountTokens is /v1/responses/input_tokens
// (https://platform.openai.com/docs/api-reference/responses/input-tokens),
// which takes what Responses takes.
var CountTokens llm.Dialect = operation.New(operation.Form{
	Label:  "responses-count",
	Of:     llm.OpCountTokens,
	Vendor: Dialect{},
	Fields: []operation.Field{
		{Name: "input", Is: operation.TextOrList, Required: true},
		{Name: "instructions", Is: operation.Text},
		{Name: "tools", Is: operation.List},
		{Name: "text", Is: operation.Object},
		{Name: "reasoning", Is: operation.Object},
		{Name: "previous_response_id", Is: operation.Text},
		{Name: "conversation"},
	},
	Free: inspectFree,
	Decode: func(body []byte) (*llm.Request, error) {
		var in llm.Inspection
		if err := (Dialect{}).Inspect(body, &in); err != nil {
			return nil, err
		}
		r, err := Dialect{}.DecodeRequest(body)
		if err != nil {
			return nil, err
		}
		for _, name := range [...]string{"previous_response_id", "conversation"} {
			if v := r.Extra[name]; len(v) > 0 && string(v) != "null" {
				return nil, operation.Unsupported(name, "what came before is kept elsewhere and cannot be counted; send all of the input instead")
			}
		}
		return r, nil
	},
	Write: func(dst []byte, r *llm.Response, _ llm.View) []byte {
		var n int64
		if r.Usage != nil {
			n = r.Usage.InputTotal()
		}
		dst = strconv.AppendInt(append(dst, `{"object":"response.input_tokens","input_tokens":`...), n, 10)
		return append(dst, '}')
	},
	Answer:   "input_tokens",
	Unbilled: true,
})
