package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// exchange is one recorded call.
type exchange struct {
	ID      string `json:"id"`
	Family  string `json:"family"`
	Model   string `json:"model"`
	Stream  bool   `json:"stream"`
	Request *struct {
		Body json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status   int             `json:"status"`
		Body     json.RawMessage `json:"body"`
		BodyText string          `json:"body_text"`
	} `json:"response"`
}

// body is the answer's body as it came.
func (x *exchange) body() []byte {
	if x.Response.BodyText != "" {
		return []byte(x.Response.BodyText)
	}
	return x.Response.Body
}

// recorded returns the recorded calls of this dialect, none when they are not
// here.
func recorded(t testing.TB) []exchange {
	t.Helper()
	dir := os.Getenv("FAIRWAY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "exchanges", "*anthropic*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Logf("no recordings in %s: nothing checked", dir)
	}
	var list []exchange
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		var x exchange
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatal(p, err)
		}
		if x.Family == "anthropic_messages" {
			list = append(list, x)
		}
	}
	return list
}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, x := range recorded(t) {
		body := x.body()
		if x.Response.Status != 200 {
			counts["errors"]++
			_, err := Dialect{}.DecodeResponse(body)
			var e *llm.Error
			if !errors.As(err, &e) || e.Message == "" || e.Type == "" {
				t.Errorf("%s: error %+v", x.ID, err)
			}
			continue
		}
		var r *llm.Response
		var err error
		if x.Response.BodyText != "" {
			counts["streams"]++
			r, err = decodeStream(t, bytes.NewReader(body), llm.StreamOptions{})
		} else {
			counts["whole"]++
			r, err = Dialect{}.DecodeResponse(body)
		}
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		want := read(t, body)
		if diff := cmp.Diff(want, told(t, r)); diff != "" {
			t.Errorf("%s: decoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		if r.Usage == nil || r.Usage.Suspect {
			t.Errorf("%s: usage %+v", x.ID, r.Usage)
		}
		again(t, x.ID, r, want)
	}
	t.Logf("decoded and encoded again: %v", counts)
}

// again encodes an answer on the front, whole and streamed, and reads that.
func again(t *testing.T, id string, r *llm.Response, want reading) {
	t.Helper()
	v := llm.View{Model: "public", ID: "made-up"}
	want.Model = "public"
	want.URLs = nil // which only Anthropic's own citations hold
	whole, err := Dialect{}.AppendResponse(nil, r, v)
	if err != nil {
		t.Errorf("%s: %v", id, err)
		return
	}
	if diff := cmp.Diff(want, read(t, whole)); diff != "" {
		t.Errorf("%s: encoded otherwise (-want +got):\n%s", id, diff)
	}
	streamed := encodeStream(r, v)
	checkOrder(t, streamed)
	if diff := cmp.Diff(want, read(t, streamed)); diff != "" {
		t.Errorf("%s: streamed otherwise (-want +got):\n%s", id, diff)
	}
	back, err := decodeStream(t, bytes.NewReader(streamed), llm.StreamOptions{})
	if err != nil {
		t.Errorf("%s: what was streamed does not decode: %v", id, err)
		return
	}
	if diff := cmp.Diff(want, told(t, back)); diff != "" {
		t.Errorf("%s: streamed and decoded otherwise (-want +got):\n%s", id, diff)
	}
}
