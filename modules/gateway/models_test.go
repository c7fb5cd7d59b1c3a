package gateway

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listed is a configuration with every way to be callable.
const listed = `{"providers":{
		"sim":{"type":"simulator"},
		"openai":{"type":"openai_compatible","base_url":"http://127.0.0.1:9/v1","vendor":"openai"},
		"house":{"type":"openai_compatible","base_url":"http://127.0.0.1:9/v1"}
	},
	"models":{"fast":{"targets":[{"target":"openai/gpt-4o-mini"}],"fallbacks":["sim/echo"]},"sim/slow":{"targets":[{"target":"house/qwen"}]}},
	"expose":["sim/*","house/*","openai/gpt-4o-m*","house/llama"]}`

func TestModelsList(t *testing.T) {
	t.Parallel()
	a := provisioned(t, listed, "unused")
	var got []string
	for _, m := range a.Models() {
		got = append(got, m.Name+" of "+m.Owner)
	}
	want := []string{"fast of openai", "house/llama of house", "openai/gpt-4o-mini of openai", "sim/echo of sim", "sim/slow of house"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, m := range a.Models() {
		if a.Models().Index(m.Name) != i {
			t.Errorf("%s is not found", m.Name)
		}
	}
	if i := a.Models().Index("nobody"); i != -1 {
		t.Errorf("an unknown name is at %d", i)
	}
}

// TestFindModel holds that what is callable is found, listed or not, and by the
// same rules as calls are.
func TestFindModel(t *testing.T) {
	t.Parallel()
	a := startedApp(t, listed)
	for name, owner := range map[string]string{
		"fast": "openai", "sim/slow": "house", "sim/echo": "sim", "sim/status-503": "sim", "house/anything/at:all": "house", "openai/gpt-4o-mini-2024-07-18": "openai", "openai/gpt-4o-m": "openai",
		"FAST": "", "openai/gpt-4o": "", "sim/": "", "sim": "", "": "", "nobody/x": "",
		"sim/a..b": "", "sim/a//b": "", "sim/a?b": "", "sim/a#b": "", "sim/a%2fb": "", `sim/a\b`: "", "sim/a b": "", "sim/a\nb": "", "sim/a\xff": "",
		"sim/" + strings.Repeat("x", 252): "sim", "sim/" + strings.Repeat("x", 253): "",
	} {
		m, ok := a.FindModel(name)
		if ok != (owner != "") || m.Owner != owner {
			t.Errorf("%q: got %+v, %v", name, m, ok)
		}
		if callable := a.Resolve(name) != nil; callable != ok {
			t.Errorf("%q: it is found %v, and callable %v", name, ok, callable)
		}
	}
	if i := slices.IndexFunc(a.Models(), func(m Model) bool { return m.Name == "sim/status-503" }); i >= 0 {
		t.Error("what was only asked for is listed")
	}
}

func TestModelNotFound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", strings.Repeat("x", 5000), "a\x00\n\x1b[31m`"} {
		e := ModelNotFound(name)
		if e.Status != 404 || e.Code != "model_not_found" || len(e.Message) > 300 || strings.ContainsAny(e.Message, "\x00\n\x1b") {
			t.Errorf("got %+v", e)
		}
	}
}
