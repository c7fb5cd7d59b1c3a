package resilience

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// recording is one recorded call, as far as its failure goes.
type recording struct {
	ID       string `json:"id"`
	Response struct {
		Status   int               `json:"status"`
		Headers  map[string]string `json:"headers"`
		Body     json.RawMessage   `json:"body"`
		BodyText string            `json:"body_text"`
	} `json:"response"`
}

// recordedErrors returns the recordings that the index says hold an error, and
// the others that hold an answer.
func recordedErrors(t *testing.T) (failed, inStream, answered []recording) {
	t.Helper()
	dir := os.Getenv("FAIRWAY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	index, err := os.Open(filepath.Join(dir, "index.jsonl"))
	if err != nil {
		t.Skipf("no recordings in %s", dir)
	}
	defer index.Close()
	lines := bufio.NewScanner(index)
	for lines.Scan() {
		var entry struct {
			File   string
			Status int
			Tags   []string
		}
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, entry.File))
		if err != nil {
			t.Fatal(err)
		}
		var r recording
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(entry.File, err)
		}
		switch {
		case entry.Status >= 400:
			failed = append(failed, r)
		case slices.Contains(entry.Tags, "error_in_stream"):
			inStream = append(inStream, r)
		default:
			answered = append(answered, r)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return failed, inStream, answered
}

// usual is the class of most failures of a status.
var usual = map[int]llm.Class{
	400: llm.ClassCallerFault, 401: llm.ClassCredential, 403: llm.ClassCredential, 404: llm.ClassModelAccess,
	429: llm.ClassRateLimit, 500: llm.ClassServer, 501: llm.ClassUnknown,
}

// unusual are the recordings that say something else than their status.
var unusual = map[string]llm.Class{
	"bedrock-converse-e90160d4":         llm.ClassModelAccess, // "model identifier is invalid"
	"bedrock-count-tokens-138fcce3":     llm.ClassModelAccess,
	"bedrock-invoke-3abbd118":           llm.ClassModelAccess, // 403 "don't have access to the model"
	"cohere-v2-chat-ccea78a3":           llm.ClassContextWindow,
	"gemini-generate-content-89caed86":  llm.ClassCredential, // 400 "API key not valid"
	"gemini-models-4bc60e44":            llm.ClassCredential,
	"llamacpp-chat-86cb7fbc":            llm.ClassCallerFault, // 500 "image input is not supported"
	"llamacpp-chat-c5d08aa6":            llm.ClassCallerFault, // 500 "cannot use both"
	"llamacpp-chat-dcf6611b":            llm.ClassContextWindow,
	"ollama-cloud-openai-chat-cfcddc33": llm.ClassContextWindow,
	"openai-responses-bc3d22fa":         llm.ClassModelAccess, // 400 on Responses
	"openrouter-chat-969faf22":          llm.ClassContextWindow,
	"openrouter-embeddings-750db510":    llm.ClassModelAccess,
	"voyage-embeddings-0d4d66c3":        llm.ClassModelAccess,
	"xai-responses-d06665aa":            llm.ClassCredential, // 400 "Incorrect API key"
}

// inStreams are the classes of errors inside streams.
var inStreams = map[string]llm.Class{
	"groq-chat-9a175d06":        llm.ClassBadOutput,
	"openai-responses-c39351f4": llm.ClassQuota,
}

func TestRecordedErrors(t *testing.T) {
	t.Parallel()
	failed, inStream, answered := recordedErrors(t)
	seen := map[llm.Class]int{}
	for _, r := range failed {
		want, ok := unusual[r.ID]
		if !ok {
			want = usual[r.Response.Status]
		}
		e := llm.ParseError(r.Response.Status, header(r), body(r))
		if got := Classify(e); got != want {
			t.Errorf("%s: %d %q %q %q is %v, want %v", r.ID, e.Status, e.Type, e.Code, e.Message, got, want)
		} else {
			seen[got]++
		}
		checkForCaller(t, e)
	}
	for _, r := range inStream {
		e := streamError(r)
		if e == nil {
			t.Errorf("%s: no error found", r.ID)
			continue
		}
		if got := Classify(e); got != inStreams[r.ID] {
			t.Errorf("%s: %q %q %q is %v, want %v", r.ID, e.Type, e.Code, e.Message, got, inStreams[r.ID])
		}
		checkForCaller(t, e)
	}
	// A Retry-After on an answer is no refusal.
	patient := 0
	for _, r := range answered {
		if header(r).Get("Retry-After") == "" {
			continue
		}
		patient++
		if got := Classify(llm.ParseError(r.Response.Status, header(r), body(r))); got == llm.ClassRateLimit {
			t.Errorf("%s: an answer with Retry-After is %v", r.ID, got)
		}
	}
	t.Logf("%d errors %v, %d in streams, %d answers with Retry-After", len(failed), seen, len(inStream), patient)
}

func header(r recording) http.Header {
	h := http.Header{}
	for name, value := range r.Response.Headers {
		h.Set(name, value)
	}
	return h
}

func body(r recording) []byte {
	if len(r.Response.Body) > 0 {
		return r.Response.Body
	}
	return []byte(r.Response.BodyText)
}

// streamError is the first error event of a stream.
func streamError(r recording) *llm.Error {
	for line := range strings.Lines(r.Response.BodyText) {
		data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		var event struct {
			Error json.RawMessage
		}
		if ok && json.Unmarshal([]byte(data), &event) == nil && len(event.Error) > 0 && event.Error[0] == '{' {
			return llm.ParseError(r.Response.Status, nil, []byte(data))
		}
	}
	return nil
}
