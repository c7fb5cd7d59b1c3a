package gemini

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// grounding is what an answer rests on: sources, and which pieces of the text
// rest on which of them.
type grounding struct {
	sources  []source
	supports []support
}

type source struct{ uri, title string }

type support struct {
	segment
	// sources are positions in the list of sources.
	sources []int
}

// segment is a piece of the text, from start up to end in bytes, and perhaps
// where it is from.
type segment struct {
	source
	part, start, end int
}

func (g *grounding) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "groundingChunks":
			for range r.items {
				g.sources = append(g.sources, readSource(r))
			}
		case "groundingSupports":
			for range r.items {
				g.supports = append(g.supports, readSupport(r))
			}
		default:
			r.skip()
		}
	}
}

// readSource reads one source, which stands under the name of its kind: web,
// retrievedContext, maps or image.
func readSource(r *reader) source {
	var s source
	for range r.fields {
		for name := range r.fields {
			switch string(name) {
			case "uri", "sourceUri":
				once(&s.uri, r)
			case "title":
				s.title = r.str()
			default:
				r.skip()
			}
		}
	}
	return s
}

func readSupport(r *reader) support {
	var s support
	for name := range r.fields {
		switch string(name) {
		case "segment":
			s.segment = readSegment(r)
		case "groundingChunkIndices":
			for range r.items {
				s.sources = append(s.sources, int(r.integer()))
			}
		default:
			r.skip()
		}
	}
	return s
}

func readSegment(r *reader) segment {
	var s segment
	for name := range r.fields {
		switch string(name) {
		case "startIndex":
			s.start = int(r.integer())
		case "endIndex":
			s.end = int(r.integer())
		case "partIndex":
			s.part = int(r.integer())
		case "uri":
			s.uri = r.str()
		case "title":
			s.title = r.str()
		default:
			r.skip()
		}
	}
	return s
}

// each gives the citations to a function: one for each source of a piece of
// the text, or the sources alone when no piece is named.
func (g *grounding) each(f func(segment)) {
	if len(g.supports) == 0 {
		for _, s := range g.sources {
			f(segment{source: s})
		}
		return
	}
	for i := range g.supports {
		s := &g.supports[i]
		for _, n := range s.sources {
			if n >= 0 && n < len(g.sources) {
				piece := s.segment
				piece.source = g.sources[n]
				f(piece)
			}
		}
	}
}

// citation is a segment's, its offsets counted in characters of the text. It is
// false when there is nothing to point to.
func (s *segment) citation(text string) (llm.Citation, bool) {
	c := llm.Citation{URL: s.uri, Title: s.title}
	start, end := min(max(s.start, 0), len(text)), min(max(s.end, 0), len(text))
	if start < end {
		c.Start = utf8.RuneCountInString(text[:start])
		c.End = c.Start + utf8.RuneCountInString(text[start:end])
	}
	return c, c.URL != ""
}

// citedSources gathers citations into the form that the dialect tells them in.
type citedSources struct{ grounding }

// add adds a citation that stands in a part with a text.
func (g *citedSources) add(c *llm.Citation, text string, part int) {
	s := source{c.URL, c.Title}
	at := slices.Index(g.sources, s)
	if at < 0 {
		at = len(g.sources)
		g.sources = append(g.sources, s)
	}
	if c.End <= c.Start || c.Start < 0 {
		return
	}
	start := byteOffset(text, c.Start)
	g.supports = append(g.supports, support{
		segment: segment{part: part, start: start, end: start + byteOffset(text[start:], c.End-c.Start), source: s},
		sources: []int{at},
	})
}

// byteOffset is where the nth character of a text begins.
func byteOffset(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

// append appends the grounding as a member, unless there is none.
func (g *citedSources) append(dst []byte) []byte {
	if len(g.sources) == 0 {
		return dst
	}
	for i, s := range g.sources {
		dst = append(dst, [...]string{`,"groundingMetadata":{"groundingChunks":[{"web":{"uri":`, `,{"web":{"uri":`}[min(i, 1)]...)
		dst = rawjson.AppendQuote(dst, s.uri)
		dst = rawjson.AppendQuote(append(dst, `,"title":`...), s.title)
		dst = append(dst, "}}"...)
	}
	dst = append(dst, ']')
	for i := range g.supports {
		s := &g.supports[i]
		dst = append(dst, [...]string{`,"groundingSupports":[{"segment":{"partIndex":`, `,{"segment":{"partIndex":`}[min(i, 1)]...)
		dst = strconv.AppendInt(dst, int64(s.part), 10)
		dst = strconv.AppendInt(append(dst, `,"startIndex":`...), int64(s.start), 10)
		dst = strconv.AppendInt(append(dst, `,"endIndex":`...), int64(s.end), 10)
		dst = strconv.AppendInt(append(dst, `},"groundingChunkIndices":[`...), int64(s.sources[0]), 10)
		dst = append(dst, "]}"...)
	}
	if len(g.supports) > 0 {
		dst = append(dst, ']')
	}
	return append(dst, '}')
}
