package anthropic

import (
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
