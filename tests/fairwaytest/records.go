package fairwaytest

import (
	"encoding/json"
	"net/http"
	"net/url"
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
	Operation   string
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
		Model  string
		Status int
		Class  string
		Reason string
		// Price is the version of the price that the cost was reckoned by.
		Price string
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
	AudioSeconds int64 `json:"audio_seconds"`
	Estimated    bool
	Suspect      bool
	Unknown      bool
}

// InputTotal is all of the prompt.
func (c Consumed) InputTotal() int64 {
	return c.Input + c.CacheRead + c.CacheWrite5m + c.CacheWrite1h + c.AudioInput + c.ImageInput + c.ToolPrompt
}

// OutputTotal is all of the answer.
func (c Consumed) OutputTotal() int64 { return c.Output + c.Reasoning + c.AudioOutput + c.ImageOutput }

// Records are the newest call records, as the command line shows them.
func (g *Gateway) Records(t testing.TB) []Record {
	t.Helper()
	out := g.Must(t, "calls", "--json", "--limit", "1000")
	var page struct{ Items []Record }
	if err := json.Unmarshal([]byte(out), &page); err != nil {
		t.Fatalf("the records do not decode: %v: %.500s", err, out)
	}
	return page.Items
}

// AllRecords are all call records, by the management API.
func (g *Gateway) AllRecords(t testing.TB) []Record {
	t.Helper()
	var all []Record
	for cursor := ""; ; {
		status, body, err := g.AdminRequest(http.MethodGet, "/fairway/v1/calls?limit=1000&cursor="+url.QueryEscape(cursor), "", "")
		if err != nil || status != http.StatusOK {
			t.Fatalf("listing the records: status %d (%v): %s", status, err, body)
		}
		var page struct {
			Items []Record
			Next  string
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatalf("the records do not decode: %v: %.500s", err, body)
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		cursor = page.Next
	}
}

// Record waits for the record of a call.
func (g *Gateway) Record(t testing.TB, id string) Record {
	t.Helper()
	if id == "" {
		t.Fatal("the call has no id")
	}
	var record Record
	Eventually(t, 10*time.Second, "the record of "+id, func() bool {
		status, body, err := g.AdminRequest(http.MethodGet, "/fairway/v1/calls/"+id, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if status != http.StatusOK {
			return false
		}
		if err := json.Unmarshal([]byte(body), &record); err != nil {
			t.Fatalf("the record does not decode: %v: %s", err, body)
		}
		return true
	})
	return record
}
