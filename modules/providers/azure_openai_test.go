package providers

import (
	"errors"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func TestAzureDeployments(t *testing.T) {
	t.Setenv("FAIRWAY_TEST_VERSION", "2024-10-21")
	s, got := vendor(t)
	p := mustLoad(t, "azure_openai", `{"base_url":"`+s.URL+`/proxy%2Fa/","api_keys":["key"],"api_version":"{env.FAIRWAY_TEST_VERSION}"}`)
	for model, want := range map[string]string{
		"gpt-5-mini":      "gpt-5-mini",
		"team a/b":        "team%20a%2Fb",
		"x?api-version=1": "x%3Fapi-version%3D1",
		"..":              "",
		"":                "",
	} {
		*got = nil
		err := call(t, p, &llm.Outgoing{Model: model, Body: []byte(`{"model":"m"}`)})
		if want == "" {
			var e *llm.Error
			if !errors.As(err, &e) || e.Class != llm.ClassCallerFault || len(*got) > 0 {
				t.Errorf("%q: got %v, %v", model, err, *got)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		r := (*got)[0]
		if want := "/proxy%2Fa/openai/deployments/" + want + "/chat/completions?api-version=2024-10-21"; r.uri != want {
			t.Errorf("got %s, want %s", r.uri, want)
		}
		if r.header.Get("Api-Key") != "key" || r.header.Get("Authorization") != "" || r.body != `{"model":"m"}` {
			t.Errorf("got %+v", r)
		}
	}
}

func TestAzureThatCannotBeProvisioned(t *testing.T) {
	for config, want := range map[string]string{
		`{"api_keys":["k"]}`:                        "base_url is missing",
		`{"base_url":"https://x.openai.azure.com"}`: "api_keys is empty",
		`{"base_url":"https://x.openai.azure.com","api_keys":["k"],"api_version":"v1"}`:                    "must be a date",
		`{"base_url":"https://x.openai.azure.com","api_keys":["k"],"api_version":"{env.NO_SUCH_THING}"}`:   "NO_SUCH_THING",
		`{"base_url":"https://x.openai.azure.com/openai/deployments/x/chat/completions","api_keys":["k"]}`: "leave /chat/completions out",
	} {
		if _, err := load(t, "azure_openai", config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", config, err, want)
		}
	}
}
