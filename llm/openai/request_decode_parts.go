package openai

import (
	"path"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// readPart reads one part of content. Beside OpenAI's own kinds it knows those
// of Mistral, Alibaba and OpenRouter, whose clients speak the dialect.
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
	case "text":
		p.Kind = llm.PartText
		p.Text, err = textOf(v, "text")
	case "refusal":
		p.Kind = llm.PartRefusal
		p.Text, err = textOf(v, "refusal")
	case "thinking":
		p.Kind = llm.PartReasoning
		p.Text, err = mistralThinking(member(v, "thinking"))
	case "image_url":
		p, err = readURLPart(v, kind, llm.PartImage)
	case "video_url":
		p, err = readURLPart(v, kind, llm.PartVideo)
	case "document_url":
		p, err = readURLPart(v, kind, llm.PartDocument)
		if err == nil {
			p.Media.Name, err = str(member(v, "document_name"), "document_name")
		}
	case "input_audio":
		p, err = readAudio(member(v, kind))
	case "file":
		p, err = readFile(member(v, kind))
	default:
		return llm.Part{}, llm.Invalid("type", "invalid_value", "unknown kind of content part")
	}
	if err != nil {
		return llm.Part{}, err
	}
	own := kind == "refusal" || kind == "thinking"
	if p.Media != nil && (role == llm.RoleSystem || role == llm.RoleAssistant) || own && role != llm.RoleAssistant {
		return llm.Part{}, llm.Invalid("type", "invalid_value", "this kind of content part cannot stand in a message of this role")
	}
	p.Cache, err = cacheHint(member(v, "cache_control"))
	return p, err
}

func textOf(v []byte, key string) (string, *llm.Error) {
	t := member(v, key)
	if rawjson.KindOf(t) != rawjson.String {
		return "", wrongType(key, "a string")
	}
	return str(t, key)
}

// mistralThinking reads thoughts, which are text or a list of text parts.
func mistralThinking(v []byte) (string, *llm.Error) {
	if rawjson.KindOf(v) == rawjson.String {
		return str(v, "thinking")
	}
	if err := list(v, "thinking"); err != nil {
		return "", err
	}
	var b strings.Builder
	for i, e := range elements(v) {
		text, err := str(member(e, "text"), "text")
		if err != nil {
			return "", within("thinking", i, err)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// readURLPart reads media by address: {"url":…}, or the address itself.
func readURLPart(part []byte, key string, kind llm.PartKind) (llm.Part, *llm.Error) {
	v, at := member(part, key), key
	var detail string
	if rawjson.KindOf(v) == rawjson.Object {
		var err *llm.Error
		if detail, err = str(member(v, "detail"), key+".detail"); err != nil {
			return llm.Part{}, err
		}
		v, at = member(v, "url"), key+".url"
	}
	text, err := nonEmpty(v, at)
	if err != nil {
		return llm.Part{}, err
	}
	m, err := readMediaURL(text, at)
	if err != nil {
		return llm.Part{}, err
	}
	m.Detail = detail
	return llm.Part{Kind: mediaKind(m, kind), Media: m}, nil
}

// readAudio reads sound: {"data":…,"format":…}, or the data itself.
func readAudio(v []byte) (llm.Part, *llm.Error) {
	const at = "input_audio"
	var format string
	place := at
	if rawjson.KindOf(v) == rawjson.Object {
		var err *llm.Error
		if format, err = str(member(v, "format"), at+".format"); err != nil {
			return llm.Part{}, err
		}
		v, place = member(v, "data"), at+".data"
	}
	data, err := nonEmpty(v, place)
	if err != nil {
		return llm.Part{}, err
	}
	var m *llm.Media
	if strings.Contains(data[:min(len(data), 8)], ":") {
		m, err = readMediaURL(data, place)
	} else {
		m, err = readMediaData("", data, place)
	}
	if err != nil {
		return llm.Part{}, err
	}
	if format != "" {
		m.MIMEType = "audio/" + format
	}
	return llm.Part{Kind: llm.PartAudio, Media: m}, nil
}

// readFile reads a file, which is uploaded already, or in the request, or
// (OpenRouter) at an address.
func readFile(v []byte) (llm.Part, *llm.Error) {
	const at = "file"
	if rawjson.KindOf(v) != rawjson.Object {
		return llm.Part{}, missing(at)
	}
	id, err := str(member(v, "file_id"), at+".file_id")
	if err != nil {
		return llm.Part{}, err
	}
	name, err := str(member(v, "filename"), at+".filename")
	if err != nil {
		return llm.Part{}, err
	}
	if id != "" {
		return llm.Part{Kind: llm.PartDocument, Media: &llm.Media{FileID: id, Name: name}}, nil
	}
	data, err := nonEmpty(member(v, "file_data"), at+".file_data")
	if err != nil {
		return llm.Part{}, err
	}
	var m *llm.Media
	if strings.Contains(data[:min(len(data), 8)], ":") {
		m, err = readMediaURL(data, at+".file_data")
	} else {
		m, err = readMediaData(fileType(name), data, at+".file_data")
	}
	if err != nil {
		return llm.Part{}, err
	}
	m.Name = name
	return llm.Part{Kind: mediaKind(m, llm.PartDocument), Media: m}, nil
}

// fileTypes are the types of files by the ends of their names. The operating
// system's table is not asked, for answers must not depend on the machine.
var fileTypes = map[string]string{
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
}

// fileType is a file's type by its name; without one it is a PDF, the only kind
// that OpenAI takes.
func fileType(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if ext == "" {
		return "application/pdf"
	}
	if t, ok := fileTypes[ext]; ok {
		return t
	}
	return "application/octet-stream"
}
