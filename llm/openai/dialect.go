// Package openai is the chat-completions dialect of OpenAI, as OpenAI and the
// many vendors and servers that took it over speak it.
//
// As an upstream it reads what those vendors really send: usage under several
// names and in several places, reasoning in four fields, content as a list,
// tool calls without index, id or type, streams without an end marker. As a
// front it writes what OpenAI's own libraries expect, and nothing else.
//
// The wire format is described at
// https://platform.openai.com/docs/api-reference/chat.
package openai

import "github.com/fairwaygw/fairway/llm"

// Dialect speaks chat completions. It holds no state; its zero value is ready.
type Dialect struct{}

// Name is "openai".
func (Dialect) Name() string { return "openai" }

// FieldName returns the field's own text: neutral fields are named after this
// dialect.
func (Dialect) FieldName(f llm.Field) string { return string(f) }

var _ llm.Dialect = Dialect{}
