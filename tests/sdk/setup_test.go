package sdk

import (
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// start runs a gateway before the simulator, which echoes, and before an
// upstream that plays a provider that fails.
func start(t *testing.T) (*fairwaytest.Gateway, *fairwaytest.Upstream) {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	up.On("broken", fairwaytest.JSON(500, `{"error":{"message":"failed","type":"server_error","param":null,"code":null}}`))
	up.On("breaks", fairwaytest.Then(fairwaytest.Chunks("fi", "ne")[:2], func(c *fairwaytest.Conn, _ *fairwaytest.Received) { c.Reset() }))
	up.On("late", fairwaytest.Then(fairwaytest.Chunks("fi", "ne")[:2], func(c *fairwaytest.Conn, r *fairwaytest.Received) { c.Hold(r) }))
	return fairwaytest.Start(t, fairwaytest.Config{Fairway: `
provider simulator
provider up openai_compatible {
	base_url ` + up.URL + `/v1
	api_key sk-test
}
expose simulator/* up/broken up/breaks up/late
`}), up
}

// schema is of a tool's parameters.
var schema = map[string]any{
	"type":       "object",
	"properties": map[string]any{"city": map[string]any{"type": "string"}, "days": map[string]any{"type": "integer", "minimum": 1}},
	"required":   []string{"city", "days"},
}
