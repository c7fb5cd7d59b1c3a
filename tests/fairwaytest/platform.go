package fairwaytest

import (
	"encoding/json"
	"fmt"
	"testing"
)

// Ask sends a request to the management API and decodes the answer, which must
// have the status.
func (g *Gateway) Ask(t testing.TB, status int, method, path, body string, into any) {
	t.Helper()
	got, answer, err := g.AdminRequest(method, "/fairway/v1"+path, "application/json", body)
	if err != nil || got != status {
		t.Fatalf("%s %s: got %d (%v), want %d: %s", method, path, got, err, status, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(answer), into); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, answer)
	}
}

// Thing is the answer to what makes or changes something.
type Thing struct {
	ID           string `json:"id"`
	Secret       string `json:"secret"`
	State        string `json:"state"`
	Subscription string `json:"subscription"`
}

// Make makes something by the management API.
func (g *Gateway) Make(t testing.TB, path, body string) Thing {
	t.Helper()
	var made Thing
	g.Ask(t, 201, "POST", path, body, &made)
	return made
}

// Do does something to what is there.
func (g *Gateway) Do(t testing.TB, path, body string) Thing {
	t.Helper()
	var done Thing
	g.Ask(t, 200, "POST", path, body, &done)
	return done
}

// NewTenant makes a tenant with an API of all models, to which an application is
// subscribed, and returns the key of that.
func (g *Gateway) NewTenant(t testing.TB, name string) (key string) {
	t.Helper()
	g.Make(t, "/tenants", fmt.Sprintf(`{"name":%q}`, name))
	api := g.Make(t, "/tenants/"+name+"/apis", `{"name":"models","kind":"model","models":["*"]}`)
	plan := g.Make(t, "/apis/"+api.ID+"/plans", `{"name":"open","approval":"auto"}`)
	g.Do(t, "/apis/"+api.ID+"/publish", "")
	app := g.Make(t, "/tenants/"+name+"/applications", `{"name":"app"}`)
	g.Make(t, "/requests", fmt.Sprintf(`{"application":%q,"api":%q,"plan":%q}`, app.ID, api.ID, plan.ID))
	return g.Make(t, "/applications/"+app.ID+"/keys", `{"name":"key"}`).Secret
}
