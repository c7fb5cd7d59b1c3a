package operations

import (
	"slices"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestModelPages goes through the list as Anthropic's SDKs do: page by page,
// each from the last name of the one before.
func TestModelPages(t *testing.T) {
	t.Parallel()
	up := fairwaytest.NewUpstream(t)
	more := ""
	want := []string{"mixed", "oai/z"}
	for _, name := range []string{"a", "b", "c", "d"} {
		more += "model " + name + " {\n\ttarget oai/" + name + "\n}\n"
		want = append(want, name)
	}
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: "provider oai openai_compatible {\n\tbase_url " + up.URL + "/v1\n}\nmodel mixed {\n\ttarget oai/x\n}\nexpose oai/z\n" + more})
	slices.Sort(want)
	version := []string{"Anthropic-Version", "2023-06-01"}
	type entry struct{ Type, ID string }
	type page struct {
		Data    []entry
		HasMore bool   `json:"has_more"`
		FirstID string `json:"first_id"`
		LastID  string `json:"last_id"`
	}
	for _, limit := range []string{"1", "2", "3", "1000"} {
		var got []string
		for after := ""; ; {
			path := "/v1/models?limit=" + limit
			if after != "" {
				path += "&after_id=" + after
			}
			var p page
			if a := g.Call(t, "GET", path, "", version...); a.Status != 200 {
				t.Fatalf("%s: %d %s", path, a.Status, a.Body)
			} else if a.JSON(t, &p); len(p.Data) == 0 || p.FirstID != p.Data[0].ID || p.LastID != p.Data[len(p.Data)-1].ID {
				t.Fatalf("%s: %s", path, a.Body)
			}
			for _, m := range p.Data {
				if m.Type != "model" {
					t.Errorf("%+v", m)
				}
				got = append(got, m.ID)
			}
			if len(got) > len(want) || !p.HasMore {
				break
			}
			after = p.LastID
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %s: %q, want %q", limit, got, want)
		}
	}
	// A name that is gone keeps its place.
	var p page
	if g.Call(t, "GET", "/v1/models?after_id=bb", "", version...).JSON(t, &p); len(p.Data) != 4 || p.FirstID != "c" {
		t.Errorf("after a name that is gone: %+v", p)
	}
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/v1/models/a", 200},
		{"GET", "/anthropic/v1/models/mixed", 200},
		{"GET", "/v1/models/oai%2Fz", 200},
		{"HEAD", "/v1/models", 200},
		{"GET", "/v1/models/nothing", 404},
		{"GET", "/v1/models?limit=0", 400},
		{"GET", "/v1/models?limit=1001", 400},
		{"POST", "/v1/models", 405},
	} {
		a := g.Call(t, c.method, c.path, "", version...)
		var m entry
		if a.Status != c.status || c.status == 200 && c.method == "GET" && func() bool { a.JSON(t, &m); return m.Type != "model" || m.ID == "" }() {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.Status, a.Body)
		}
	}
}
