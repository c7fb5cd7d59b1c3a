package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/manage"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
	"github.com/fairwaygw/fairway/internal/store"
)

func newHandler(t *testing.T) (http.Handler, *store.SQLite) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "fairway.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return manage.New(manage.Options{Store: s, Hasher: secret.NewHasher([32]byte{1}), Actor: manage.Operator}), s
}

// TestClient speaks to the API in every way.
func TestClient(t *testing.T) {
	t.Parallel()
	for name, reach := range map[string]func(t *testing.T, h http.Handler) *Client{
		"in process": func(_ *testing.T, h http.Handler) *Client { return InProcess(h) },
		"tcp": func(t *testing.T, h http.Handler) *Client {
			server := httptest.NewServer(h)
			t.Cleanup(server.Close)
			return dial(t, strings.TrimPrefix(server.URL, "http://"))
		},
		"url": func(t *testing.T, h http.Handler) *Client {
			server := httptest.NewServer(h)
			t.Cleanup(server.Close)
			return dial(t, server.URL+"/fairway/v1/")
		},
		"unix": func(t *testing.T, h http.Handler) *Client {
			path := filepath.Join(t.TempDir(), "s")
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewUnstartedServer(h)
			_ = server.Listener.Close()
			server.Listener = l
			server.Start()
			t.Cleanup(server.Close)
			return dial(t, "unix/"+path+"|0600")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, s := newHandler(t)
			testClient(t, reach(t, h), s)
		})
	}
}

func dial(t *testing.T, address string) *Client {
	t.Helper()
	c, err := Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func testClient(t *testing.T, c *Client, s *store.SQLite) {
	ctx := t.Context()
	tenants, err := c.Tenants(ctx)
	if err != nil || len(tenants) != 1 {
		t.Fatal(tenants, err)
	}
	const tenant = "default"
	var a api.Application
	for i := range 60 { // more than a part of a list
		if a, err = c.CreateApplication(ctx, tenant, fmt.Sprintf("app_%d / ?&%%", i)); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := c.Applications(ctx, tenant); err != nil || len(all) != 60 {
		t.Error(len(all), err)
	}
	for _, word := range []string{a.ID, a.Name, strings.ToUpper(a.Name)} {
		if got, err := c.Application(ctx, tenant, word); err != nil || !reflect.DeepEqual(got, a) {
			t.Error(word, got, err)
		}
	}
	for _, word := range []string{"none", "app_none"} {
		if _, err := c.Application(ctx, tenant, word); !is(err, api.CodeNotFound) || !strings.Contains(err.Error(), word) {
			t.Error(err)
		}
	}
	if _, err = c.CreateApplication(ctx, tenant, a.Name); !is(err, api.CodeExists) {
		t.Error(err)
	}
	if _, err = c.CreateApplication(ctx, "no/../tenant", "x"); !is(err, api.CodeNotFound) {
		t.Error(err)
	}

	expires := time.Now().Add(time.Hour).UTC()
	k, err := c.CreateKey(ctx, a.ID, api.NewKey{Name: "k", ExpiresAt: &expires})
	if err != nil || !secret.Check(k.Secret) || !k.ExpiresAt.Equal(expires) {
		t.Fatal(k, err)
	}
	if keys, err := c.Keys(ctx, a.ID); err != nil || len(keys) != 1 || keys[0].ID != k.ID || keys[0].Secret != "" {
		t.Error(keys, err)
	}
	if got, err := c.RevokeKey(ctx, k.ID); err != nil || got.State != "revoked" {
		t.Error(got, err)
	}
	if got, err := c.Key(ctx, k.ID); err != nil || got.State != "revoked" {
		t.Error(got, err)
	}

	_, since, err := c.CallsSince(ctx, CallQuery{}, SinceNow)
	if err != nil {
		t.Fatal(err)
	}
	var recs []ledger.Record
	cost := ledger.Nano(1500)
	for n := range 3 {
		recs = append(recs, ledger.Record{
			ID: fmt.Sprint("call_", n), Time: time.Unix(int64(n), 5).UTC(), Tenant: string(platform.DefaultTenant),
			Application: a.ID, Model: "fast", Status: 200 + n, Cost: &cost,
		})
	}
	if err := s.Ingest(ctx, recs, ledger.Checkpoint{}); err != nil {
		t.Fatal(err)
	}
	calls, next, err := c.Calls(ctx, CallQuery{Application: a.ID, Limit: 2}, "")
	if err != nil || len(calls) != 2 || calls[0].ID != "call_2" || *calls[0].Cost != cost || next == "" {
		t.Fatal(calls, next, err)
	}
	if calls, next, err = c.Calls(ctx, CallQuery{Application: a.ID, Limit: 2}, next); err != nil || len(calls) != 1 || next != "" {
		t.Error(calls, next, err)
	}
	q := CallQuery{Tenant: "default", Model: "fast", Status: "2xx", From: time.Unix(1, 5), Until: time.Unix(2, 5)}
	if calls, _, err = c.Calls(ctx, q, ""); err != nil || len(calls) != 1 || calls[0].ID != "call_1" {
		t.Error(calls, err)
	}
	if calls, since, err = c.CallsSince(ctx, CallQuery{}, since); err != nil || len(calls) != 3 || calls[0].ID != "call_0" {
		t.Error(calls, err)
	}
	if calls, _, err = c.CallsSince(ctx, CallQuery{}, since); err != nil || len(calls) != 0 {
		t.Error(calls, err)
	}
	if call, err := c.Call(ctx, "call_1"); err != nil || call.Status != 201 {
		t.Error(call, err)
	}
	if _, err := c.Call(ctx, "call_9"); !is(err, api.CodeNotFound) {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := c.Tenants(ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func is(err error, code string) bool {
	p, ok := asProblem(err)
	return ok && p.Code == code
}

func TestDialRefuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "http://", "ftp://host", "http://user:pass@host", "host:port:port", "http://host?x=1", " "} {
		if _, err := Dial(address); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
	for address, want := range map[string]string{
		"localhost:2019": "http://localhost:2019/fairway/v1", "tcp/[::1]:2019": "http://[::1]:2019/fairway/v1",
		"https://host/": "https://host/fairway/v1", "https://host/console/api/v1": "https://host/console/api/v1",
		"unix//run/x.sock|0200": "http://127.0.0.1/fairway/v1",
	} {
		if c := dial(t, address); c.base != want {
			t.Errorf("%q: %q, want %q", address, c.base, want)
		}
	}
}

// TestSomethingElse has servers that are not the API.
func TestSomethingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status            int
		contentType, body string
		want              string
	}{
		"no API":        {404, "text/html", "<h1>404</h1>", "404 Not Found"},
		"admin":         {404, "application/json", `{"error":"no such path"}`, "404 Not Found"},
		"redirect":      {302, "", "", "302 Found"},
		"no JSON":       {200, "text/html", "<h1>hello</h1>", "reading the answer"},
		"empty problem": {500, "application/problem+json", "{}", "500 Internal Server Error"},
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.contentType)
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		if _, err := InProcess(h).Tenants(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := dial(t, "unix/"+filepath.Join(t.TempDir(), "none")).Tenants(t.Context()); err == nil || !strings.Contains(err.Error(), "reaching the management API") {
		t.Error(err)
	}
}
