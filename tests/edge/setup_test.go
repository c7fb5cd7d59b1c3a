package edge

import (
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// providerKey is what only the provider may ever see.
const providerKey = "sk-provider-secret-3f9a71"

// oneProvider is the configuration of a gateway before one provider, whose
// models are all callable as up/….
func oneProvider(up *fairwaytest.Upstream) string {
	return "provider up openai_compatible {\n\tbase_url " + up.URL + "/v1\n\tapi_key {env.UP_KEY}\n}\nexpose up/*"
}

// start runs a gateway before one provider that answers "ok" and "stream".
func start(t *testing.T, config fairwaytest.Config) (*fairwaytest.Gateway, *fairwaytest.Upstream) {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	up.On("ok", fairwaytest.JSON(200, fairwaytest.Completion("fine")))
	up.On("stream", fairwaytest.SSE(fairwaytest.Completed("fi", "ne")...))
	config.Fairway += "\n" + oneProvider(up)
	config.Env = append(config.Env, "UP_KEY="+providerKey)
	return fairwaytest.Start(t, config), up
}
