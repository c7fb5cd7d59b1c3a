package anthropic

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// readImage reads an image's source.
func readImage(v []byte) (llm.Part, *llm.Error) {
	m, err := readSource(v)
	if err != nil {
		return llm.Part{}, under("source", err)
	}
	if m == nil {
		return llm.Part{}, llm.Invalid("source.type", "invalid_value", "must be base64, url or file")
	}
	if m.MIMEType == "image/jpg" {
		m.MIMEType = "image/jpeg"
	}
	return llm.Part{Kind: llm.PartImage, Media: m}, nil
}

// readSource reads where media is; nil for a source that only documents have.
func readSource(v []byte) (*llm.Media, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType("", "an object")
	}
	kind, err := nonEmpty(member(v, "type"), "type")
	if err != nil {
		return nil, err
	}
	m := new(llm.Media)
	switch kind {
	case "base64":
		mime, err := nonEmpty(member(v, "media_type"), "media_type")
		if err != nil {
			return nil, err
		}
		data, err := str(member(v, "data"), "data")
		if err != nil {
			return nil, err
		}
		m.MIMEType = strings.ToLower(strings.TrimSpace(mime))
		if m.Data, err = checkData(m.MIMEType, data); err != nil {
			return nil, under("data", err)
		}
	case "url":
		if m.URL, err = nonEmpty(member(v, "url"), "url"); err != nil {
			return nil, err
		}
		if err = checkURL(m.URL); err != nil {
			return nil, under("url", err)
		}
	case "file":
		if m.FileID, err = nonEmpty(member(v, "file_id"), "file_id"); err != nil {
			return nil, err
		}
	default:
		return nil, nil
	}
	return m, nil
}

// readDocument reads a document: a file, or text that stands in the request. One
// that is made of blocks other than text stays as it came.
func readDocument(v []byte) (llm.Part, *llm.Error) {
	source := member(v, "source")
	m, err := readSource(source)
	if err != nil {
		return llm.Part{}, under("source", err)
	}
	if m != nil && m.URL != "" {
		m.MIMEType = "application/pdf" // the only kind that may stand elsewhere
	}
	if m == nil {
		plain, ok := documentText(source)
		if !ok {
			return llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerAnthropic, Data: bytes.Clone(v)}, nil
		}
		m = &llm.Media{MIMEType: "text/plain", Data: base64.StdEncoding.EncodeToString([]byte(plain))}
	}
	m.Name, err = str(member(v, "title"), "title")
	return llm.Part{Kind: llm.PartDocument, Media: m}, err
}

// documentExtras keeps what a document asks for that has no neutral meaning, so
// that it is reported.
func (d *requestDecoder) documentExtras(v []byte) {
	if c := member(v, "citations"); rawjson.True(member(c, "enabled")) {
		d.extra("messages.content.document.citations", c)
	}
	if c := member(v, "context"); len(c) > 0 {
		d.extra("messages.content.document.context", c)
	}
}

// documentText is the text of a document that is nothing else.
func documentText(source []byte) (plain string, ok bool) {
	kind, _ := str(member(source, "type"), "")
	content := member(source, "content")
	switch {
	case kind == "text":
		content = member(source, "data")
	case kind != "content":
		return "", false
	}
	if rawjson.KindOf(content) == rawjson.String {
		plain = text(content)
		return plain, plain != ""
	}
	var all []string
	for _, e := range elements(content) {
		if kind, _ := str(member(e, "type"), ""); kind != "text" {
			return "", false
		}
		one, _ := str(member(e, "text"), "")
		all = append(all, one)
	}
	plain = strings.Join(all, "\n")
	return plain, plain != ""
}
