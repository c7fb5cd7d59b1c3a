package media

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// start runs a gateway before one upstream that plays all providers.
func start(t *testing.T) (*fairwaytest.Gateway, *fairwaytest.Upstream) {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	return fairwaytest.Start(t, fairwaytest.Config{Fairway: providers(up.URL)}), up
}

func providers(url string) string {
	return `
provider oai openai_compatible {
	base_url ` + url + `/v1
	api_key sk-oai
}
provider az azure_openai {
	base_url ` + url + `
	api_key sk-az
}
provider dated azure_openai {
	base_url ` + url + `
	api_key sk-dated
	api_version 2024-10-21
}
provider claude anthropic {
	base_url ` + url + `
	api_key sk-claude
}
expose oai/* az/* dated/* claude/*
model voice {
	target oai/primary
	fallback az/secondary
	retry 1
}
`
}

// secret is in every request of a caller's headers, and must reach no provider.
const secret = "fwk_"

// clean checks that nothing of the caller's credential reached a provider.
func clean(t *testing.T, r *fairwaytest.Received) {
	t.Helper()
	for name, values := range r.Header {
		for _, v := range values {
			if strings.Contains(v, secret) || name == "Cookie" {
				t.Errorf("the provider got %s: %s", name, v)
			}
		}
	}
	if strings.Contains(r.URI, secret) {
		t.Errorf("the provider got %s", r.URI)
	}
}

// only is the one request for a model that reached the provider.
func only(t *testing.T, up *fairwaytest.Upstream, model string) *fairwaytest.Received {
	t.Helper()
	all := up.Requests(model)
	if len(all) != 1 {
		t.Fatalf("%s: the provider got %d requests", model, len(all))
	}
	clean(t, all[0])
	return all[0]
}
