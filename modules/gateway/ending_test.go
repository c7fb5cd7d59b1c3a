package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/fairwaygw/fairway/internal/catalog"
)

func TestEndingHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, notice, entry       string
		deprecation, sunset, link string
	}{
		{"none", "https://x.example/ends", `{"id":"m"}`, "", "", ""},
		{
			"all", "https://x.example/ends", `{"id":"m","deprecated_at":"2026-06-11","retires_at":"2026-12-11"}`,
			"@1781136000", "Fri, 11 Dec 2026 00:00:00 GMT", `<https://x.example/ends>; rel="deprecation"; type="text/html", <https://x.example/ends>; rel="sunset"; type="text/html"`,
		},
		{"no day", "https://x.example/ends", `{"id":"m","deprecated":true}`, "", "", `<https://x.example/ends>; rel="deprecation"; type="text/html"`},
		{"no page", "", `{"id":"m","deprecated_at":"2026-06-11"}`, "@1781136000", "", ""},
		{"a page that breaks out", `https://x.example/>; rel="self", <x`, `{"id":"m","deprecated_at":"2026-06-11"}`, "@1781136000", "", ""},
		{"a page that is none", "javascript:alert(1)", `{"id":"m","deprecated_at":"2026-06-11"}`, "@1781136000", "", ""},
	} {
		notice, _ := json.Marshal(c.notice)
		v, err := catalog.Read([]byte(fmt.Sprintf(`{"vendor":"x","version":"x/1","notice":%s,"models":[%s]}`, notice, c.entry)))
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		if e := endingOf(v.Models[0]); e != nil {
			e.Set(h)
		}
		if got := h.Get("Deprecation"); got != c.deprecation {
			t.Errorf("%s: Deprecation %q", c.name, got)
		}
		if got := h.Get("Sunset"); got != c.sunset {
			t.Errorf("%s: Sunset %q", c.name, got)
		}
		if got := h.Get("Link"); got != c.link {
			t.Errorf("%s: Link %q", c.name, got)
		}
	}
	// What stands in Link already stays, and the shared value does not grow.
	v, _ := catalog.Read([]byte(`{"vendor":"x","version":"x/1","notice":"https://x.example","models":[{"id":"m","deprecated":true}]}`))
	e := endingOf(v.Models[0])
	for range 2 {
		h := http.Header{"Link": {"<a>; rel=self"}}
		e.Set(h)
		if !slices.Equal(h["Link"], []string{`<https://x.example>; rel="deprecation"; type="text/html"`, "<a>; rel=self"}) {
			t.Errorf("Link is %q", h["Link"])
		}
	}
}

func TestEndingAllocatesNothing(t *testing.T) {
	v, _ := catalog.Read([]byte(`{"vendor":"x","version":"x/1","notice":"https://x.example","models":[{"id":"m","deprecated_at":"2026-06-11","retires_at":"2026-12-11"}]}`))
	e, h := endingOf(v.Models[0]), http.Header{}
	e.Set(h)
	if n := testing.AllocsPerRun(100, func() { delete(h, "Link"); e.Set(h) }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

// TestWarnsOfEndings holds that targets which the configuration names are warned
// of once when they have ended or end soon.
func TestWarnsOfEndings(t *testing.T) {
	t.Parallel()
	day := func(days int) string { return time.Now().AddDate(0, 0, days).UTC().Format(time.DateOnly) }
	file := filepath.Join(t.TempDir(), "prices.json")
	text := fmt.Sprintf(`{"vendor":"house","version":"house/1","notice":"https://house.example","models":[{"id":"over","retires_at":%q,"successor":"new"},{"id":"soon","retires_at":%q},{"id":"later","retires_at":%q},{"id":"new"}]}`,
		day(-1), day(30), day(200))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	path, _ := json.Marshal(file)
	store := newStorePath(t)
	a := provisioned(t, `{"providers":{"we":{"type":"openai_compatible","vendor":"house","base_url":"http://127.0.0.1:1/v1"}},
		"models":{"m":{"targets":[{"target":"we/new"}],"fallbacks":["we/over","we/soon","we/later"]}},"expose":["we/*"],"catalog":{"file":`+string(path)+`,"refresh":-1}}`, store)
	core, logs := observer.New(zap.WarnLevel)
	a.logger = zap.New(core)
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cleanup(t, a) })
	managed := managedCatalog{a.engine.Load()}
	for range 2 {
		if _, err := managed.Refresh(t.Context(), true); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, e := range logs.All() {
		if target, ok := e.ContextMap()["target"]; ok {
			got = append(got, fmt.Sprint(target, " ", e.ContextMap()["successor"], " ", e.Message))
		}
	}
	want := []string{
		"we/over new a configured target has ended: its vendor serves the model no more",
		"we/soon <nil> a configured target ends soon: its vendor will serve the model no more",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the warnings are %q", got)
	}
}

// A target of the built-in facts is warned of while the configuration is
// provisioned, so that validate tells it.
func TestWarnsWhenProvisioned(t *testing.T) {
	t.Parallel()
	a := configured(t, `{"providers":{"wp":{"type":"anthropic","api_keys":["sk-test"],"base_url":"http://127.0.0.1:1"}},"models":{"m":{"targets":[{"target":"wp/claude-3-opus-20240229"}]}}}`, newStorePath(t))
	if err := provision(t, a); err != nil {
		t.Fatal(err)
	}
	if !a.warned["wp/claude-3-opus-20240229"] {
		t.Errorf("warned of %v", a.warned)
	}
}
