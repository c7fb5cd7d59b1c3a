package corpus

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// recording is one recorded call.
type recording struct {
	ID      string
	API     string
	Family  string
	Model   string
	Stream  bool
	Tags    []string
	Request *struct {
		Path string
		Body json.RawMessage
	}
	Response struct {
		Status   int
		Headers  map[string]string
		Body     json.RawMessage
		BodyText string `json:"body_text"`
	}
}

// body is the answer's body as it came.
func (r *recording) body() string {
	if r.Response.BodyText != "" {
		return r.Response.BodyText
	}
	return string(r.Response.Body)
}

// folder is where the recordings are: what FAIRWAY_CORPUS names, else beside
// the checkout. They are not part of it.
func folder() string {
	if dir := os.Getenv("FAIRWAY_CORPUS"); dir != "" {
		return dir
	}
	root, err := fairwaytest.Root()
	if err != nil {
		return ""
	}
	return filepath.Join(root, "..", "shared", "corpus")
}

// recordings are those of some families, by family.
func recordings(t *testing.T, families ...string) map[string][]*recording {
	t.Helper()
	index, err := os.Open(filepath.Join(folder(), "index.jsonl"))
	if err != nil {
		t.Skipf("the corpus of recordings is absent: %v", err)
	}
	defer index.Close()
	found := map[string][]*recording{}
	lines := bufio.NewScanner(index)
	for lines.Scan() {
		var entry struct{ File, Family string }
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f != entry.Family {
				continue
			}
			b, err := os.ReadFile(filepath.Join(folder(), entry.File))
			if err != nil {
				t.Fatal(err)
			}
			r := new(recording)
			if err := json.Unmarshal(b, r); err != nil {
				t.Fatal(entry.File, err)
			}
			found[f] = append(found[f], r)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// reply plays the recorded answer. Streams are cut where no server would cut
// them, for a reader must not care.
func (r *recording) reply() fairwaytest.Reply {
	var headers []string
	for name, value := range r.Response.Headers {
		headers = append(headers, name, value)
	}
	body, status := r.body(), r.Response.Status
	return func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
		c.Head(status, headers...)
		const piece = 97
		for len(body) > 0 {
			n := min(piece, len(body))
			if r.Response.BodyText == "" {
				n = len(body)
			}
			c.Chunk(body[:n])
			body = body[n:]
		}
		body = r.body() // for the next attempt
		c.End()
	}
}

// payloads are the JSON texts of a recorded answer: the one of a whole answer,
// those of a stream's events, or those of an array.
func (r *recording) payloads() ([]json.RawMessage, error) {
	text := strings.TrimSpace(strings.TrimPrefix(r.body(), "\ufeff"))
	switch {
	case strings.HasPrefix(text, "["):
		var list []json.RawMessage
		err := json.Unmarshal([]byte(text), &list)
		return list, err
	case strings.HasPrefix(text, "{"):
		return []json.RawMessage{json.RawMessage(text)}, nil
	}
	var list []json.RawMessage
	for line := range strings.Lines(text) {
		data, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "data:")
		if data = strings.TrimSpace(data); !ok || data == "[DONE]" {
			continue
		}
		if !json.Valid([]byte(data)) {
			return nil, fmt.Errorf("the recording has data that is no JSON: %.100s", data)
		}
		list = append(list, json.RawMessage(data))
	}
	return list, nil
}
