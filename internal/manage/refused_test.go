package manage

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
)

func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.newApplication("a")
	apps, keys := "/fairway/v1/tenants/default/applications", "/fairway/v1/applications/"+a.ID+"/keys"
	none := platform.NewApplicationID(time.Now())
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code, field        string
	}{
		"no path":             {"GET", "/fairway/v1/nothing", "", 404, "not-found", ""},
		"no prefix":           {"GET", "/tenants", "", 404, "not-found", ""},
		"double slash":        {"GET", "/fairway/v1//tenants", "", 404, "not-found", ""},
		"dots":                {"GET", "/fairway/v1/x/../tenants", "", 404, "not-found", ""},
		"trailing slash":      {"GET", "/fairway/v1/tenants/", "", 404, "not-found", ""},
		"upper case":          {"GET", "/FAIRWAY/V1/TENANTS", "", 404, "not-found", ""},
		"no tenant":           {"GET", "/fairway/v1/tenants/acme/applications", "", 404, "not-found", ""},
		"no tenant, POST":     {"POST", "/fairway/v1/tenants/acme/applications", `{"name":"a"}`, 404, "not-found", ""},
		"no application":      {"GET", "/fairway/v1/applications/" + string(none), "", 404, "not-found", ""},
		"not an id":           {"GET", "/fairway/v1/applications/' OR 1=1--", "", 404, "not-found", ""},
		"a slash in an id":    {"GET", "/fairway/v1/applications/a%2fb", "", 404, "not-found", ""},
		"no application keys": {"GET", "/fairway/v1/applications/" + string(none) + "/keys", "", 404, "not-found", ""},
		"no application key":  {"POST", "/fairway/v1/applications/" + string(none) + "/keys", `{"name":"a"}`, 404, "not-found", ""},
		"no key":              {"GET", "/fairway/v1/keys/key_x", "", 404, "not-found", ""},
		"no key to revoke":    {"POST", "/fairway/v1/keys/key_x/revoke", "", 404, "not-found", ""},
		"no call":             {"GET", "/fairway/v1/calls/call_x", "", 404, "not-found", ""},
		"no tenant's calls":   {"GET", "/fairway/v1/calls?tenant=acme", "", 404, "not-found", ""},

		"no name":          {"POST", apps, `{}`, 400, "invalid-request", "name"},
		"no body":          {"POST", apps, ``, 400, "invalid-request", "name"},
		"null name":        {"POST", apps, `{"name":null}`, 400, "invalid-request", "name"},
		"number as name":   {"POST", apps, `{"name":1}`, 400, "invalid-request", "name"},
		"control in name":  {"POST", apps, `{"name":"a\u0000"}`, 400, "invalid-request", "name"},
		"lone surrogate":   {"POST", apps, `{"name":"a\ud800"}`, 400, "invalid-request", "name"},
		"long name":        {"POST", apps, `{"name":"` + strings.Repeat("a", 101) + `"}`, 400, "invalid-request", "name"},
		"name like an id":  {"POST", apps, `{"name":"` + a.ID + `"}`, 400, "invalid-request", "name"},
		"unknown fields":   {"POST", apps, `{"name":"b","tenant_id":"x","id":1}`, 400, "unknown-field", "tenant_id"},
		"other case":       {"POST", apps, `{"Name":"b"}`, 400, "unknown-field", "Name"},
		"twice":            {"POST", apps, `{"name":"b","name":"c"}`, 400, "invalid-json", ""},
		"escaped twice":    {"POST", apps, `{"name":"b","n\u0061me":"c"}`, 400, "invalid-json", ""},
		"list":             {"POST", apps, `[]`, 400, "invalid-json", ""},
		"cut off":          {"POST", apps, `{"name":"b"`, 400, "invalid-json", ""},
		"trailing comma":   {"POST", apps, `{"name":"b",}`, 400, "invalid-json", ""},
		"two documents":    {"POST", apps, `{"name":"b"}{}`, 400, "invalid-json", ""},
		"byte order mark":  {"POST", apps, "\ufeff" + `{"name":"b"}`, 400, "invalid-json", ""},
		"deep":             {"POST", apps, strings.Repeat(`{"name":`, 7000) + "1" + strings.Repeat(`}`, 7000), 400, "invalid-request", "name"},
		"too deep":         {"POST", apps, `{"name":` + strings.Repeat(`[`, 20000), 400, "invalid-json", ""},
		"large":            {"POST", apps, `{"name":"` + strings.Repeat("a", maxBody) + `"}`, 413, "request-too-large", ""},
		"past expiry":      {"POST", keys, `{"name":"k","expires_at":"2001-01-01T00:00:00Z"}`, 400, "invalid-request", "expires_at"},
		"year 1":           {"POST", keys, `{"name":"k","expires_at":"0001-01-01T00:00:00Z"}`, 400, "invalid-request", "expires_at"},
		"far expiry":       {"POST", keys, `{"name":"k","expires_at":"9999-12-31T00:00:00Z"}`, 400, "invalid-request", "expires_at"},
		"text as expiry":   {"POST", keys, `{"name":"k","expires_at":"soon"}`, 400, "invalid-request", "expires_at"},
		"own secret":       {"POST", keys, `{"name":"k","secret":"fwk_x","revoked_at":null}`, 400, "unknown-field", "secret"},
		"field in revoke":  {"POST", "/fairway/v1/keys/key_x/revoke", `{"at":1}`, 400, "unknown-field", "at"},
		"limit 0":          {"GET", apps + "?limit=0", "", 400, "invalid-request", "limit"},
		"limit text":       {"GET", apps + "?limit=1e3", "", 400, "invalid-request", "limit"},
		"limit high":       {"GET", "/fairway/v1/calls?limit=1001", "", 400, "invalid-request", "limit"},
		"cursor":           {"GET", apps + "?cursor=%27", "", 400, "invalid-request", "cursor"},
		"calls cursor":     {"GET", "/fairway/v1/calls?cursor=x", "", 400, "invalid-request", "cursor"},
		"since":            {"GET", "/fairway/v1/calls?since=-", "", 400, "invalid-request", "since"},
		"empty since":      {"GET", "/fairway/v1/calls?since=", "", 400, "invalid-request", "since"},
		"since and cursor": {"GET", "/fairway/v1/calls?since=now&cursor=1.1", "", 400, "invalid-request", "cursor"},
		"status":           {"GET", "/fairway/v1/calls?status=4x", "", 400, "invalid-request", "status"},
		"status 6xx":       {"GET", "/fairway/v1/calls?status=6xx", "", 400, "invalid-request", "status"},
		"from":             {"GET", "/fairway/v1/calls?from=yesterday", "", 400, "invalid-request", "from"},
		"until":            {"GET", "/fairway/v1/calls?until=0001-01-01T00:00:00Z", "", 400, "invalid-request", "until"},
		"parameter":        {"GET", "/fairway/v1/calls?sort=id&order=1", "", 400, "unknown-field", "order"},
		"parameter twice":  {"GET", "/fairway/v1/calls?model=a&model=b", "", 400, "invalid-request", "model"},
		"bad query":        {"GET", "/fairway/v1/calls?a=%zz", "", 400, "invalid-request", ""},
		"key in the query": {"POST", apps + "?name=x", `{"name":"b"}`, 400, "unknown-field", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			p := w.refused(w.send(c.method, strings.ReplaceAll(c.path, " ", "%20"), c.body), c.status, c.code)
			if p.Field != c.field || p.Detail == "" {
				t.Errorf("%+v, want field %q", p, c.field)
			}
		})
	}
	p := w.refused(w.send("POST", apps, `{"x":1,"name":"b","y":2}`), 400, "unknown-field")
	if p.Detail != `unknown fields: "x", "y"` {
		t.Error(p.Detail)
	}
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data; boundary=x"} {
		w.refused(w.send("POST", apps, `{"name":"b"}`, "Content-Type", media), 415, "unsupported-media-type")
	}
	get[api.Application](w, w.send("POST", apps, `{"name":"c"}`, "Content-Type", "application/json; charset=utf-8"), 201)
	if l := get[api.List[api.Application]](w, w.send("GET", apps, ""), 200); len(l.Items) != 2 {
		t.Error("a request that was refused has made something:", l)
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, allow := range map[string]string{
		"/tenants": "GET, HEAD, POST", "/tenants/default/applications": "GET, HEAD, POST", "/applications/x": "DELETE, GET, HEAD, PATCH",
		"/applications/x/keys": "GET, HEAD, POST", "/keys/x": "GET, HEAD, PATCH", "/keys/x/revoke": "POST", "/calls": "GET, HEAD", "/calls/x": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			resp := w.send(method, "/fairway/v1"+path, "")
			if strings.Contains(allow, method) {
				if resp.Code == http.StatusMethodNotAllowed {
					t.Errorf("%s %s is refused", method, path)
				}
				continue
			}
			w.refused(resp, 405, "method-not-allowed")
			if got := resp.Header().Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow is %q, want %q", method, path, got, allow)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"name":"a","expires_at":"2027-01-01T00:00:00Z"}`)
	f.Add(`{"name":[{}],"x":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		var in, std api.NewKey
		err := decode([]byte(body), &in)
		if err == nil && json.Unmarshal([]byte(body), &std) != nil {
			t.Errorf("%q is taken, and encoding/json refuses it", body)
		}
		if err == nil && in.Name != std.Name {
			t.Errorf("%q is read differently", body)
		}
		if p := problemOf(err); err != nil && (p.Status < 400 || p.Status > 499) {
			t.Errorf("%q: %v", body, err)
		}
	})
}
