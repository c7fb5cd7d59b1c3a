package gateway

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
)

// priceList is a catalog of the vendor house with one model at a price.
func priceList(t *testing.T, file, price string) {
	t.Helper()
	text := fmt.Sprintf(`{"vendor":"house","version":"house/%[1]s","models":[{"id":"x","context":500,"price":{"input":%[1]q,"output":"1"}},{"id":"y"}]}`, price)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func version(r *Route) string {
	if r.Target(0).Price == nil {
		return "unknown"
	}
	return r.Target(0).Price.Version
}

// TestNewerCatalog holds that a newer catalog is in force for every
// configuration at once, that calls in flight keep the facts that they began
// with, and that nothing that was learnt of targets is lost.
func TestNewerCatalog(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "prices.json")
	priceList(t, file, "3")
	path, _ := json.Marshal(file)
	config := `{"providers":{"nc":{"type":"openai_compatible","vendor":"house","base_url":"http://127.0.0.1:1/v1"}},
		"models":{"m":{"targets":[{"target":"nc/x"}]}},"expose":["nc/*"],"catalog":{"file":` + string(path) + `,"refresh":-1}}`
	store := newStorePath(t)
	a := startedApp(t, config, store)
	b := startedApp(t, config, store)
	if _, err := a.UseAccount("nc"); err != nil {
		t.Fatal(err)
	}
	e := a.engine.Load()
	before, free := a.Resolve("m"), a.Resolve("nc/y")
	if version(before) != "unknown" || before.small < 1<<40 {
		t.Fatalf("before, the price is %s, and the context %d", version(before), before.small)
	}
	before.Target(0).RefusesStreamOptions.Store(true)
	free.Answered()
	a.Resolve("nc/y").Target(0).RefusesStreamOptions.Store(true)
	openBreaker(t, a, "nc/x")
	account := a.Account("nc")

	managed := managedCatalog{e}
	if _, err := managed.Refresh(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	for name, app := range map[string]*App{"first": a, "second": b} {
		for _, model := range []string{"m", "nc/x"} {
			r := app.Resolve(model)
			if version(r) != "house/3" || r.small != 500 || r.Target(0).Facts.ContextWindow != 500 {
				t.Errorf("%s: %s has the price %s and the context %d", name, model, version(r), r.small)
			}
		}
		if app.Models().Index("nc/y") < 0 {
			t.Errorf("%s: nc/y is not listed", name)
		}
	}
	if version(before) != "unknown" {
		t.Error("a call in flight has another price than it began with")
	}
	for _, model := range []string{"m", "nc/y"} {
		if !a.Resolve(model).Target(0).RefusesStreamOptions.Load() {
			t.Errorf("that %s refuses stream_options is forgotten", model)
		}
	}
	if s := breaker(t, a, "nc/x").State(); s != resilience.Open {
		t.Errorf("the breaker is %s", s)
	}
	if r := a.Account("nc"); r == nil || r == account || r.Plan() == nil {
		t.Error("the account is gone, or has no plan")
	}
	if _, err := managed.Rollback(); err != nil || version(a.Resolve("m")) != "unknown" {
		t.Errorf("going back: %v, %s", err, version(a.Resolve("m")))
	}
	cleanup(t, b)
	priceList(t, file, "4")
	if _, err := managed.Refresh(t.Context(), false); err != nil || version(a.Resolve("m")) != "house/4" {
		t.Errorf("refreshing again: %v, %s", err, version(a.Resolve("m")))
	}
	// Without a source, the configuration that comes has the built-in facts.
	c := startedApp(t, strings.Replace(config, "catalog", "unused", 1), store)
	e.renew()
	if version(c.Resolve("m")) != "unknown" {
		t.Errorf("without a source the price is %s", version(c.Resolve("m")))
	}
	cleanup(t, c)
	cleanup(t, a)
	if got := breakerSeries(t, "nc"); len(got) != 0 {
		t.Errorf("the series of nobody are %v", got)
	}
}

// TestRenewWhileCalled resolves models while catalogs come and go; the race
// detector looks on.
func TestRenewWhileCalled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "prices.json")
	path, _ := json.Marshal(file)
	a := startedApp(t, `{"providers":{"rw":{"type":"openai_compatible","vendor":"house","base_url":"http://127.0.0.1:1/v1"}},
		"models":{"m":{"targets":[{"target":"rw/x"}]}},"expose":["rw/*"],"catalog":{"file":`+string(path)+`,"refresh":-1}}`)
	managed := managedCatalog{a.engine.Load()}
	done := make(chan struct{})
	var callers sync.WaitGroup
	for i := range 4 {
		callers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				for _, model := range []string{"m", "rw/x", fmt.Sprintf("rw/z%d-%d", i, n%8)} {
					r := a.Resolve(model)
					if r.Plan() == nil {
						t.Error("a route without a plan")
						return
					}
					r.Target(0).RefusesStreamOptions.Store(true)
					r.Answered()
				}
			}
		})
	}
	for i := range 20 {
		priceList(t, file, fmt.Sprint(2+i%5))
		if _, err := managed.Refresh(t.Context(), true); err != nil {
			t.Error(err)
		}
	}
	close(done)
	callers.Wait()
	if got := version(a.Resolve("m")); got != "house/6" {
		t.Errorf("at the end the price is %s", got)
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		24 * time.Hour: "24h", 90 * time.Minute: "1h30m", time.Minute: "1m", 90 * time.Second: "1m30s", 100 * time.Hour: "100h", 10 * time.Second: "10s",
	} {
		if got := span(d); got != want {
			t.Errorf("%s is written %s", d, got)
		}
	}
}
