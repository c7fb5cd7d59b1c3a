package gemini

import (
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// partialArg is a piece of a call's arguments, at a path such as
// $.stops[0].city; a text may come in several
// (https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc).
type partialArg struct {
	path string
	// text continues the text that is there; other values, as JSON, replace.
	text   string
	value  string
	isText bool
}

func readPartialArg(r *reader) partialArg {
	var p partialArg
	for name := range r.fields {
		switch string(name) {
		case "jsonPath":
			p.path = r.str()
		case "stringValue":
			p.text, p.isText = r.str(), true
		case "numberValue", "boolValue":
			p.value = string(r.raw())
		case "nullValue":
			r.skip()
			p.value = "null"
		default:
			r.skip()
		}
	}
	return p
}

const (
	// maxArgDepth is how deep a path may lead; maxArgItems is how long a list
	// may get, which a path could otherwise blow up with one number.
	maxArgDepth = 64
	maxArgItems = 1 << 12
)

// argNode is a value of arguments that come in pieces.
type argNode struct {
	text    []byte
	value   string
	isText  bool
	names   []string
	members []*argNode
	items   []*argNode
}

// add puts a piece in its place. A path that leads nowhere is passed over.
func (n *argNode) add(p partialArg) {
	path, ok := strings.CutPrefix(p.path, "$")
	for depth := 0; ok && path != ""; depth++ {
		if depth == maxArgDepth {
			return
		}
		n, path, ok = n.step(path)
	}
	if !ok {
		return
	}
	if p.isText {
		n.isText = true
		n.text = append(n.text, p.text...)
	} else {
		n.value = p.value
	}
}

// step follows the first step of a path, .name or ['name'] or [3].
func (n *argNode) step(path string) (next *argNode, rest string, ok bool) {
	switch {
	case path[0] == '.':
		path = path[1:]
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		return n.member(path[:end]), path[end:], end > 0
	case strings.HasPrefix(path, "['"), strings.HasPrefix(path, `["`):
		name, rest, ok := strings.Cut(path[2:], path[1:2]+"]")
		return n.member(name), rest, ok
	case path[0] == '[':
		digits, rest, ok := strings.Cut(path[1:], "]")
		i, err := strconv.Atoi(digits)
		if !ok || err != nil || i < 0 || i >= maxArgItems {
			return n, "", false
		}
		if i >= len(n.items) {
			n.items = append(n.items, make([]*argNode, i+1-len(n.items))...)
		}
		if n.items[i] == nil {
			n.items[i] = new(argNode)
		}
		return n.items[i], rest, true
	}
	return n, "", false
}

func (n *argNode) member(name string) *argNode {
	for i, known := range n.names {
		if known == name {
			return n.members[i]
		}
	}
	m := new(argNode)
	n.names, n.members = append(n.names, name), append(n.members, m)
	return m
}

func (n *argNode) append(dst []byte) []byte {
	switch {
	case n == nil:
		return append(dst, "null"...)
	case n.isText:
		return rawjson.AppendQuote(dst, string(n.text))
	case n.value != "":
		return append(dst, n.value...)
	case len(n.items) > 0:
		for i, m := range n.items {
			dst = append(dst, "[,"[min(i, 1)])
			dst = m.append(dst)
		}
		return append(dst, ']')
	case len(n.names) == 0:
		return append(dst, "null"...)
	}
	return n.object(dst)
}

func (n *argNode) object(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range n.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(rawjson.AppendQuote(dst, n.names[i]), ':')
		dst = m.append(dst)
	}
	return append(dst, '}')
}
