package operations

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// start runs a gateway before one upstream that plays all providers.
func start(t *testing.T) (*fairwaytest.Gateway, *fairwaytest.Upstream) {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	return fairwaytest.Start(t, fairwaytest.Config{Fairway: providers(up.URL)}), up
}

// oai is a server of open models, groq a vendor that has chat alone.
func providers(url string) string {
	return `
provider oai openai_compatible {
	base_url ` + url + `/v1
	api_key sk-oai
}
provider groq openai_compatible {
	base_url ` + url + `/v1
	api_key sk-groq
	vendor groq
}
provider claude anthropic {
	base_url ` + url + `
	api_key sk-claude
}
provider gem gemini {
	base_url ` + url + `
	api_key sk-gem
}
provider co cohere {
	base_url ` + url + `
	api_key sk-co
}
provider oll ollama {
	base_url ` + url + `
}
provider az azure_openai {
	base_url ` + url + `
	api_key sk-az
	api_version 2024-10-21
}
expose oai/* groq/* claude/* gem/* co/* oll/* az/*
model mixed {
	target claude/counted
	fallback oai/other
	retry 0
}
`
}

// sameJSON compares two texts as JSON.
func sameJSON(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(got, &x); err != nil {
		t.Errorf("%s: %v: %s", what, err, got)
		return
	}
	if err := json.Unmarshal([]byte(want), &y); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(x, y) {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

// received checks the one request for a model that reached the provider.
func received(t *testing.T, up *fairwaytest.Upstream, model, uri, body string) {
	t.Helper()
	all := up.Requests(model)
	if len(all) != 1 {
		t.Errorf("%s: the provider got %d requests", model, len(all))
		return
	}
	if all[0].Method != http.MethodPost || all[0].URI != uri {
		t.Errorf("%s: the provider got %s %s, want %s", model, all[0].Method, all[0].URI, uri)
	}
	sameJSON(t, model+": the provider's request", all[0].Body, body)
}
