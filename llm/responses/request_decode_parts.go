package responses

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// readContent reads content: text or a list of parts. Empty text is no part.
func readContent(v []byte, role llm.Role, at string) ([]llm.Part, *llm.Error) {
	switch rawjson.KindOf(v) {
	case rawjson.Null, rawjson.None:
		return nil, nil
	case rawjson.String:
		if t := text(v); t != "" {
			return []llm.Part{{Kind: llm.PartText, Text: t}}, nil
		}
		return nil, nil
	case rawjson.Array:
	default:
		return nil, wrongType(at, "a string or a list of parts")
	}
	var parts []llm.Part
	for i, e := range elements(v) {
		p, err := readPart(e, role)
		if err != nil {
			return nil, within(at, i, err)
		}
		if p.Kind == llm.PartText && p.Text == "" {
			continue
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// readPart reads one part of content. Clients mix up which kind of text stands
// where, so all of them are taken anywhere.
func readPart(v []byte, role llm.Role) (llm.Part, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return llm.Part{}, wrongType("", "an object")
	}
	kind, err := nonEmpty(member(v, "type"), "type")
	if err != nil {
		return llm.Part{}, err
	}
	var p llm.Part
	switch kind {
	case "input_text", "output_text", "text", "summary_text":
		p.Kind = llm.PartText
		p.Text, err = textMember(v, "text")
		if err == nil {
			p.Citations = readCitations(member(v, "annotations"))
		}
	case "refusal":
		p.Kind = llm.PartRefusal
		p.Text, err = textMember(v, "refusal")
	case "reasoning_text":
		p.Kind = llm.PartReasoning
		p.Text, err = textMember(v, "text")
	case "input_image":
		p, err = readImage(v)
	case "input_file":
		p, err = readFile(v)
	case "input_audio":
		p, err = readAudio(v)
	default:
		return llm.Part{}, llm.Invalid("type", codeValue, "unknown kind of content part")
	}
	if err != nil {
		return llm.Part{}, err
	}
	own := p.Kind == llm.PartRefusal || p.Kind == llm.PartReasoning
	if p.Media != nil && (role == llm.RoleSystem || role == llm.RoleAssistant) || own && role != llm.RoleAssistant {
		return llm.Part{}, llm.Invalid("type", codeValue, "this kind of content part cannot stand in a message of this role")
	}
	if rawjson.KindOf(member(v, "prompt_cache_breakpoint")) == rawjson.Object {
		p.Cache = new(llm.CacheHint)
	}
	return p, nil
}

func textMember(v []byte, key string) (string, *llm.Error) {
	t := member(v, key)
	if rawjson.KindOf(t) != rawjson.String {
		return "", wrongType(key, "a string")
	}
	return text(t), nil
}

// readCitations reads the sources on the web among a text's annotations.
func readCitations(v []byte) []llm.Citation {
	var list []llm.Citation
	for _, e := range elements(v) {
		var r reader
		r.read(e)
		if c, ok := readCitation(&r); ok {
			list = append(list, c)
		}
	}
	return list
}
