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
	Usage       struct {
		Input      int64
		CacheRead  int64 `json:"cache_read"`
		Output     int64
		Reasoning  int64
		Estimated  bool
		Suspect    bool
		CacheWrite int64 `json:"cache_write_5m"`
	}
	Cost     *json.Number
	Attempts []struct {
		Target string
		Status int
		Class  string
		Reason string
	}
}

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
