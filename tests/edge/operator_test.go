package edge

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestSecretsStayOutOfTheConfiguration holds that what was read from the
// environment or a file is not in anything that Caddy keeps or shows.
func TestSecretsStayOutOfTheConfiguration(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	const fileKey = "sk-secret-in-a-file-77b1"
	if err := os.WriteFile(file, []byte(fileKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	up := fairwaytest.NewUpstream(t)
	up.On("refused", fairwaytest.JSON(401, `{"error":{"message":"Incorrect API key provided: `+fileKey+`","type":"invalid_request_error","code":"invalid_api_key"}}`))
	g, _ := start(t, fairwaytest.Config{
		Fairway: "provider filed openai_compatible {\n\tbase_url " + up.URL + "/v1\n\tapi_key {file." + file + "}\n}\nexpose filed/*",
	})
	if a := g.Chat(t, fairwaytest.Ask("up/ok")); a.Status != 200 {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	a := g.Chat(t, fairwaytest.Ask("filed/refused"))
	if got := up.Last(t, "refused").Header.Get("Authorization"); got != "Bearer "+fileKey {
		t.Errorf("the provider got %q", got)
	}
	status, shown, err := g.AdminRequest(http.MethodGet, "/config/", "", "")
	if err != nil || status != 200 {
		t.Fatalf("GET /config/: %d %v", status, err)
	}
	var saved string
	fairwaytest.Eventually(t, 5*time.Second, "autosave.json", func() bool {
		b, err := os.ReadFile(filepath.Join(g.Dir(), "config", "caddy", "autosave.json"))
		saved = string(b)
		return err == nil && len(b) > 0
	})
	_, metrics, err := g.AdminRequest(http.MethodGet, "/metrics", "", "")
	if err != nil {
		t.Fatal(err)
	}
	records := fmt.Sprint(g.Records(t))
	for place, text := range map[string]string{
		"GET /config/": shown, "autosave.json": saved, "the log": g.Log(), "the metrics": metrics, "the records": records, "the answer": string(a.Body) + fmt.Sprint(a.Header),
	} {
		for _, secret := range []string{providerKey, fileKey, g.Key} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has the secret %s", place, secret)
			}
		}
	}
	if !strings.Contains(shown, "{env.UP_KEY}") || !strings.Contains(saved, "{env.UP_KEY}") {
		t.Error("the configuration does not keep the placeholder")
	}
	err = filepath.Walk(filepath.Join(g.Dir(), "data"), func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return nil //nolint:nilerr // a file that went away has no secret
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // the same
		}
		for _, secret := range []string{providerKey, fileKey, g.Key} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s has the secret %s", path, secret)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestSeriesAreBounded holds that callers cannot fill the metrics with names of
// their own making.
func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{Site: "handle /metrics {\n\tmetrics\n}\nhandle {\n\tfairway\n}"})
	ask := func(i int) {
		random := fmt.Sprintf("r%x", rand.Uint64())
		switch i % 4 {
		case 0:
			g.Chat(t, fairwaytest.Ask(random))
		case 1:
			up.On(random, fairwaytest.JSON(200, fairwaytest.Completion("fine")))
			g.Chat(t, fairwaytest.Ask("up/"+random))
		case 2:
			g.Post(t, "/v1/"+random, "{}")
		case 3:
			g.Call(t, strings.ToUpper(random), "/v1/chat/completions", "", "User-Agent", random)
		}
	}
	series := func() map[string]bool {
		names := map[string]bool{}
		for line := range strings.Lines(string(g.Call(t, http.MethodGet, "/metrics", "").Body)) {
			name, _, _ := strings.Cut(line, " ")
			if strings.HasPrefix(name, "fairway_") {
				names[name] = true
			}
		}
		return names
	}
	for i := range 40 {
		ask(i)
	}
	before := series()
	if len(before) == 0 {
		t.Fatal("there are no metrics")
	}
	for i := range 20_000 {
		ask(i)
	}
	var added []string
	for name := range series() {
		if !before[name] {
			added = append(added, name)
		}
		if strings.Contains(name, g.Key) || strings.Contains(name, "shop") || strings.Contains(name, "key_") || strings.Contains(name, "app_") {
			t.Errorf("a series names a caller: %s", name)
		}
	}
	if len(added) > 1 {
		t.Errorf("%d new series, want at most 1: %.2000v", len(added), added)
	}
}
