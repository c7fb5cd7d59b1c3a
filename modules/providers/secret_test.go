package providers

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv("FAIRWAY_TEST_KEY", "from-env")
	t.Setenv("FAIRWAY_TEST_EMPTY", "")
	t.Setenv("FAIRWAY_TEST_LINES", "hush\nX-Evil: 1")
	write(t, path("key"), "from-file", 0o600)
	write(t, path("line"), "from-file\r\n", 0o400)
	write(t, path("two"), "hush\n\n", 0o600)
	write(t, path("empty"), "", 0o600)
	write(t, path("blank"), "\n", 0o600)
	write(t, path("open"), "from-file\n", 0o644)
	write(t, path("group"), "from-file\n", 0o640)
	write(t, path("large"), strings.Repeat("x", maxSecret+1), 0o600)

	const place = "api_keys[0]"
	for name, c := range map[string]struct {
		raw, want string
		err       string
		warnings  []string
	}{
		"env":                   {"{env.FAIRWAY_TEST_KEY}", "from-env", "", nil},
		"file":                  {"{file." + path("key") + "}", "from-file", "", nil},
		"a line break":          {"{file." + path("line") + "}", "from-file", "", nil},
		"text around":           {"a-{env.FAIRWAY_TEST_KEY}-b", "a-from-env-b", "", nil},
		"literal":               {"hush", "hush", "", []string{"move it to the environment"}},
		"others can read":       {"{file." + path("open") + "}", "from-file", "", []string{"others can read"}},
		"the group can read":    {"{file." + path("group") + "}", "from-file", "", []string{"others can read"}},
		"unset":                 {"{env.FAIRWAY_TEST_UNSET}", "", "FAIRWAY_TEST_UNSET is not set", nil},
		"set to nothing":        {"{env.FAIRWAY_TEST_EMPTY}", "", "FAIRWAY_TEST_EMPTY is empty", nil},
		"missing file":          {"{file." + path("none") + "}", "", path("none") + " does not exist", nil},
		"empty file":            {"{file." + path("empty") + "}", "", path("empty") + " is empty", nil},
		"blank file":            {"{file." + path("blank") + "}", "", path("blank") + " is empty", nil},
		"large file":            {"{file." + path("large") + "}", "", "too large", nil},
		"folder":                {"{file." + dir + "}", "", "reading the file", nil},
		"two line breaks":       {"{file." + path("two") + "}", "", "line break", nil},
		"lines in a variable":   {"{env.FAIRWAY_TEST_LINES}", "", "line break", nil},
		"a control character":   {"hush\x07", "", "line break or another", []string{"move it"}},
		"beyond ASCII":          {"hushä", "", "line break or another", []string{"move it"}},
		"a space":               {"hush ", "", "begins or ends with a space", []string{"move it"}},
		"empty":                 {"", "", "is empty", []string{"move it"}},
		"another placeholder":   {"{http.request.header.hush}", "", "other than {env.NAME} and {file./path}", nil},
		"system placeholder":    {"{system.hostname}", "", "other than", nil},
		"an open placeholder":   {"{env.FAIRWAY_TEST_KEY", "", "other than", nil},
		"a Caddyfile's":         {"{$FAIRWAY_TEST_KEY}", "", "other than", nil},
		"a placeholder in one":  {"{env.{env.X}}", "", "{env.X", nil},
		"the second is missing": {"{env.FAIRWAY_TEST_KEY}{env.FAIRWAY_TEST_UNSET}", "", "FAIRWAY_TEST_UNSET is not set", nil},
	} {
		t.Run(name, func(t *testing.T) {
			log, logs := observed()
			got, err := resolve(place, c.raw, log)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), place)) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			var said []string
			for _, entry := range logs.All() {
				text, _ := json.Marshal(entry.ContextMap())
				said = append(said, entry.Message+string(text))
			}
			if len(said) != len(c.warnings) {
				t.Errorf("got %q, want %q", said, c.warnings)
			}
			for i := range min(len(said), len(c.warnings)) {
				if !strings.Contains(said[i], c.warnings[i]) || !strings.Contains(said[i], place) {
					t.Errorf("got %q, want %q", said[i], c.warnings[i])
				}
			}
			all := strings.Join(said, "\n")
			if err != nil {
				all += err.Error()
			}
			for _, secret := range []string{"hush", "from-env", "from-file"} {
				if strings.Contains(all, secret) {
					t.Errorf("%s is told: %s", secret, all)
				}
			}
		})
	}
}

// What is marshaled again, such as by an admin API, has placeholders.
func TestSecretsAreNotWrittenBack(t *testing.T) {
	t.Setenv("FAIRWAY_TEST_KEY", "from-env")
	t.Setenv("FAIRWAY_TEST_HOST", "127.0.0.1:1")
	p := mustLoad(t, "openai_compatible",
		`{"api_keys":["{env.FAIRWAY_TEST_KEY}"],"base_url":"http://{env.FAIRWAY_TEST_HOST}/v1","headers":{"X":"{env.FAIRWAY_TEST_KEY}"}}`)
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"api_keys":["{env.FAIRWAY_TEST_KEY}"],"base_url":"http://{env.FAIRWAY_TEST_HOST}/v1","headers":{"X":"{env.FAIRWAY_TEST_KEY}"}}`
	if string(b) != want {
		t.Errorf("got %s", b)
	}
	if got := p.(llm.Describer).Endpoint(); got != "http://127.0.0.1:1/v1" {
		t.Errorf("got %s", got)
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ kind, config, err string }{
		"no base URL":     {"openai_compatible", `{}`, "base_url is missing"},
		"unset base URL":  {"openai_compatible", `{"base_url":"{env.FAIRWAY_TEST_UNSET}"}`, "base_url"},
		"bad base URL":    {"openai_compatible", `{"base_url":"{env.FAIRWAY_TEST_BAD}"}`, "must begin with http"},
		"bad vendor":      {"openai_compatible", `{"base_url":"http://x/v1","vendor":"Open AI"}`, "vendor"},
		"bad header":      {"openai_compatible", `{"base_url":"http://x/v1","headers":{"a b":"c"}}`, "not the name of a header"},
		"header with key": {"openai_compatible", `{"base_url":"http://x/v1","headers":{"authorization":"c"}}`, "Authorization cannot be set"},
		"header of none":  {"openai_compatible", `{"base_url":"http://x/v1","headers":{"X":"{env.FAIRWAY_TEST_UNSET}"}}`, "headers.X: the environment variable"},
		"no key":          {"anthropic", `{}`, "api_keys is empty"},
		"no key, either":  {"gemini", `{"api_keys":[]}`, "api_keys is empty"},
		"one key of two":  {"gemini", `{"api_keys":["a","{env.FAIRWAY_TEST_UNSET}"]}`, "api_keys[1]: the environment variable FAIRWAY_TEST_UNSET is not set"},
		"version":         {"anthropic", `{"base_url":"https://api.anthropic.com/v1","api_keys":["a"]}`, "leave /v1 out"},
		"unknown field":   {"gemini", `{"api_key":"secret"}`, "api_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FAIRWAY_TEST_BAD", "ftp://user:secret@x")
			_, err := load(t, c.kind, c.config)
			if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "secret@") {
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
}
