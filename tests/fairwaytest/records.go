package fairwaytest

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// Record is a call record as the command line shows it.
type Record struct {
	ID          string
	Tenant      string
	Application string
	Key         string
	Front       string
	Model       string
	Stream      bool
	Status      int
	Class       string
	Reason      string
	Finish      string
	Usage       Consumed
	Cost        *json.Number
	Attempts    []struct {
		Target string
		Status int
		Class  string
		Reason string
	}
}

// Consumed is what a call used by its record: disjoint parts, whose sum is what
// the provider counted.
type Consumed struct {
	Input        int64
	CacheRead    int64 `json:"cache_read"`
	CacheWrite5m int64 `json:"cache_write_5m"`
	CacheWrite1h int64 `json:"cache_write_1h"`
	AudioInput   int64 `json:"audio_input"`
	ImageInput   int64 `json:"image_input"`
	ToolPrompt   int64 `json:"tool_prompt"`
	Output       int64
	Reasoning    int64
	AudioOutput  int64 `json:"audio_output"`
	ImageOutput  int64 `json:"image_output"`
	Estimated    bool
	Suspect      bool
}

// InputTotal is all of the prompt.
func (c Consumed) InputTotal() int64 {
	return c.Input + c.CacheRead + c.CacheWrite5m + c.CacheWrite1h + c.AudioInput + c.ImageInput + c.ToolPrompt
}

// OutputTotal is all of the answer.
func (c Consumed) OutputTotal() int64 { return c.Output + c.Reasoning + c.AudioOutput + c.ImageOutput }

// Records are the newest call records.
func (g *Gateway) Records(t testing.TB) []Record {
	t.Helper()
	out := g.Must(t, "calls", "--json", "--limit", "1000")
	var page struct{ Items []Record }
	if err := json.Unmarshal(bytes.TrimSpace([]byte(out)), &page); err != nil {
		t.Fatalf("the records do not decode: %v: %.500s", err, out)
	}
	return page.Items
}

// Record waits for the record of a call.
func (g *Gateway) Record(t testing.TB, id string) Record {
	t.Helper()
	if id == "" {
		t.Fatal("the call has no id")
	}
	var found []Record
	Eventually(t, 10*time.Second, "the record of "+id, func() bool {
		found = nil
		for _, r := range g.Records(t) {
			if r.ID == id {
				found = append(found, r)
			}
		}
		return len(found) > 0
	})
	if len(found) > 1 {
		t.Fatalf("%d records of %s", len(found), id)
	}
	return found[0]
}
