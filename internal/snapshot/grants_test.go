package snapshot

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// changesOf is a store that has just what is put there.
type changesOf struct {
	version int64
	feed    []func(platform.Changes)
	sent    int
}

func (c *changesOf) Version(context.Context) (int64, error) { return c.version, nil }

func (c *changesOf) Changes(_ context.Context, since int64, to platform.Changes) (int64, error) {
	if since == 0 {
		c.sent = 0
	}
	for ; c.sent < len(c.feed); c.sent++ {
		c.feed[c.sent](to)
	}
	return c.version, nil
}

func (c *changesOf) put(change func(platform.Changes)) {
	c.version++
	c.feed = append(c.feed, change)
}

func (c *changesOf) api(id, tenant, name string, visibility platform.Visibility, state platform.APIState, models ...string) {
	a := platform.API{ID: platform.APIID(id), Tenant: platform.TenantID(tenant), Name: name, Kind: platform.KindModel, Visibility: visibility,
		Versions: []platform.Version{{Number: 1, State: platform.StateDraft, Draft: platform.Spec{Models: models}}}}
	if err := a.Move(1, platform.EventPublish, platform.Operator(""), noon, platform.APIChange{}); err != nil {
		panic(err)
	}
	a.Versions[0].State = state
	c.put(func(to platform.Changes) { to.API(&a) })
}

func (c *changesOf) application(id, tenant string) {
	c.put(func(to platform.Changes) {
		to.Tenant(&platform.Tenant{ID: platform.TenantID(tenant), Name: "name-of-" + tenant})
		to.Application(&platform.Application{ID: platform.ApplicationID(id), Tenant: platform.TenantID(tenant)})
	})
}

func (c *changesOf) grant(id, application, api string, state platform.SubscriptionState, more ...func(*platform.Grant)) {
	g := platform.Grant{Subscription: platform.SubscriptionID(id), Application: platform.ApplicationID(application), API: platform.APIID(api), State: state, Changed: c.version}
	for _, m := range more {
		m(&g)
	}
	c.put(func(to platform.Changes) { to.Grant(&g) })
}

func (c *changesOf) request(id, application, api string, state platform.RequestState) {
	at := noon.Add(time.Duration(c.version))
	c.put(func(to platform.Changes) {
		to.Request(&platform.Request{ID: platform.RequestID(id), Application: platform.ApplicationID(application), API: platform.APIID(api),
			Kind: platform.AskNew, State: state, Created: at, Decided: at, Note: "note"})
	})
}

// step is what has happened, and how things stand between the application and
// the model then.
type step struct {
	do   func(*changesOf)
	want State
	sub  string
}

func TestStanding(t *testing.T) {
	t.Parallel()
	const hour = int64(time.Hour)
	at := noon.UnixNano()
	grant := func(id string, state platform.SubscriptionState, more ...func(*platform.Grant)) func(*changesOf) {
		return func(c *changesOf) { c.grant(id, "app_1", "api_1", state, more...) }
	}
	request := func(id string, state platform.RequestState) func(*changesOf) {
		return func(c *changesOf) { c.request(id, "app_1", "api_1", state) }
	}
	for name, steps := range map[string][]step{
		"nothing": {},
		"asks, is refused, asks again, is approved, is revoked": {
			{request("req_1", platform.ReqPending), Pending, ""},
			{request("req_1", platform.ReqRejected), Rejected, ""},
			{request("req_2", platform.ReqPending), Pending, ""},
			{request("req_2", platform.ReqApproved), None, ""},
			{grant("sub_1", platform.SubActive), Active, "sub_1"},
			{grant("sub_1", platform.SubSuspended), Suspended, ""},
			{grant("sub_1", platform.SubActive), Active, "sub_1"},
			{grant("sub_1", platform.SubRevoked), Revoked, ""},
			{request("req_3", platform.ReqPending), Pending, ""},
			{grant("sub_2", platform.SubActive), Active, "sub_2"},
			{request("req_3", platform.ReqApproved), Active, "sub_2"},
		},
		"withdraws": {{request("req_1", platform.ReqPending), Pending, ""}, {request("req_1", platform.ReqWithdrawn), None, ""}},
		"paused": {
			{grant("sub_1", platform.SubActive, func(g *platform.Grant) { g.Paused = true }), Paused, ""},
			{grant("sub_1", platform.SubActive), Active, "sub_1"},
		},
		"the clock": {
			{grant("sub_1", platform.SubScheduled, func(g *platform.Grant) { g.Starts = at + hour }), Scheduled, ""},
			{grant("sub_1", platform.SubScheduled, func(g *platform.Grant) { g.Starts = at }), Active, "sub_1"},
			{grant("sub_1", platform.SubActive, func(g *platform.Grant) { g.Ends = at + 1 }), Active, "sub_1"},
			{grant("sub_1", platform.SubActive, func(g *platform.Grant) { g.Ends = at }), Expired, ""},
			{grant("sub_1", platform.SubSuspended, func(g *platform.Grant) { g.Until = at }), Active, "sub_1"},
			{grant("sub_1", platform.SubSuspended, func(g *platform.Grant) { g.Until = at + 1 }), Suspended, ""},
		},
		"narrowed": {
			{grant("sub_1", platform.SubActive, func(g *platform.Grant) { g.Models = `["other"]` }), None, ""},
			{grant("sub_1", platform.SubActive, func(g *platform.Grant) { g.Models = `["fa*"]` }), Active, "sub_1"},
		},
	} {
		c := new(changesOf)
		c.application("app_1", "ten_1")
		c.api("api_1", "ten_1", "chat", platform.VisiblePrivate, platform.StatePublished, "fast")
		l := New(c, Options{})
		for i, s := range append([]step{{func(*changesOf) {}, None, ""}}, steps...) {
			s.do(c)
			if err := l.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			// Step by step and at once leads to the same.
			whole := New(&changesOf{version: c.version, feed: c.feed}, Options{})
			if err := whole.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			for how, snap := range map[string]*Snapshot{"by steps": l.Snapshot(), "at once": whole.Snapshot()} {
				granted, refusal := snap.Model(snap.Application("app_1"), "fast", noon)
				if granted.Subscription != s.sub || granted.API == nil && (refusal.State != s.want || refusal.API == nil) {
					t.Errorf("%s, step %d, %s: %+v %+v, want %s %q", name, i, how, granted, refusal, s.want, s.sub)
				}
			}
		}
	}
}

func TestMostSpecific(t *testing.T) {
	t.Parallel()
	c := new(changesOf)
	c.application("app_1", "ten_1")
	for i, models := range [][]string{{"*"}, {"openai/*"}, {"openai/gpt"}} {
		api := fmt.Sprintf("api_%d", i)
		c.api(api, "ten_1", api, platform.VisiblePrivate, platform.StatePublished, models...)
		c.grant(fmt.Sprintf("sub_%d", i), "app_1", api, platform.SubActive)
	}
	l := New(c, Options{})
	if err := l.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := l.Snapshot()
	a := s.Application("app_1")
	for model, want := range map[string]string{"fast": "sub_0", "openai/x": "sub_1", "openai/gpt": "sub_2"} {
		if g, _ := s.Model(a, model, noon); g.Subscription != want {
			t.Errorf("%s by %q, want %s", model, g.Subscription, want)
		}
	}
}

// TestWhatOneMayKnow: of an API that is another tenant's own nobody learns.
func TestWhatOneMayKnow(t *testing.T) {
	t.Parallel()
	c := new(changesOf)
	c.application("app_1", "ten_1")
	c.api("api_1", "ten_2", "theirs", platform.VisiblePrivate, platform.StatePublished, "secret")
	c.api("api_2", "ten_2", "open", platform.VisiblePublic, platform.StatePublished, "open")
	c.api("api_3", "ten_1", "old", platform.VisiblePrivate, platform.StateRetired, "old")
	c.grant("sub_3", "app_1", "api_3", platform.SubEnded)
	c.api("api_4", "ten_1", "halted", platform.VisiblePrivate, platform.StateBlocked, "halted")
	c.grant("sub_4", "app_1", "api_4", platform.SubActive)
	l := New(c, Options{})
	if err := l.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := l.Snapshot()
	for model, want := range map[string]struct {
		state State
		api   string
	}{"secret": {None, ""}, "nothing": {None, ""}, "open": {None, "api_2"}, "old": {Ended, "api_3"}, "halted": {Active, "api_4"}} {
		g, r := s.Model(s.Application("app_1"), model, noon)
		got := ""
		if r.API != nil {
			got = r.API.ID
		}
		if g.API != nil || r.State != want.state || got != want.api {
			t.Errorf("%s: %+v %s %q", model, g, r.State, got)
		}
	}
	if s.API("ten_2", "open") == nil || s.API("ten_1", "open") != nil || s.TenantNamed("name-of-ten_1") == nil {
		t.Error("paths are not those of tenants")
	}
}

func TestDeleted(t *testing.T) {
	t.Parallel()
	c := new(changesOf)
	c.application("app_1", "ten_1")
	c.application("app_2", "ten_2")
	l := New(c, Options{})
	c.put(func(to platform.Changes) {
		to.Application(&platform.Application{ID: "app_1", Tenant: "ten_1", Deleted: noon})
		to.Tenant(&platform.Tenant{ID: "ten_2", Deleted: noon})
	})
	if err := l.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"app_1", "app_2", "app_3"} {
		if l.Snapshot().Application(id) != nil {
			t.Error(id, "is there")
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var old table[int]
	for round := range 5 {
		e := old.edit()
		for n := range 1000 {
			e.put(fmt.Sprint(n*(round+1)), round)
		}
		before := old.count
		next := e.table
		if old.count != before {
			t.Error("an edit changed the table that it began with")
		}
		for n := range 1000 {
			if v, ok := next.get(fmt.Sprint(n * (round + 1))); !ok || v != round {
				t.Fatal(n, v, ok)
			}
		}
		if v, ok := old.get("0"); ok && v != round-1 {
			t.Error("the old table sees the new value")
		}
		n := 0
		next.all(func(int) bool { n++; return true })
		if n != next.count {
			t.Error(n, next.count)
		}
		old = next
	}
	if _, ok := old.get("x"); ok {
		t.Error("x is found")
	}
}

// thousands is a store of many applications with ten subscriptions each.
func thousands(applications int) *changesOf {
	c := new(changesOf)
	for i := range 10 {
		c.api(fmt.Sprintf("api_%026d", i), "ten_1", fmt.Sprint("api", i), platform.VisiblePublic, platform.StatePublished, fmt.Sprint("model", i))
	}
	c.put(func(to platform.Changes) {
		to.Tenant(&platform.Tenant{ID: "ten_1", Name: "one"})
		for n := range applications {
			to.Application(&platform.Application{ID: platform.ApplicationID(fmt.Sprintf("app_%026d", n)), Tenant: "ten_1"})
			for i := range 10 {
				to.Grant(&platform.Grant{
					Subscription: platform.SubscriptionID(fmt.Sprintf("sub_%026d", n*10+i)), Application: platform.ApplicationID(fmt.Sprintf("app_%026d", n)),
					API: platform.APIID(fmt.Sprintf("api_%026d", i)), Plan: "pln_1", State: platform.SubActive, Limits: `{"requests_per_minute":60}`,
				})
			}
		}
	})
	return c
}

// BenchmarkGrants puts a million subscriptions of 100,000 applications into a
// snapshot.
func BenchmarkGrants(b *testing.B) {
	c := thousands(100_000)
	var l *Live
	for b.Loop() {
		l = New(c, Options{})
		if err := l.Load(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	with := heap()
	runtime.KeepAlive(l)
	l = nil
	b.ReportMetric(float64(with-heap())/1_000_000, "B/subscription")
	runtime.KeepAlive(c)
}

// BenchmarkModel looks up by which subscription a model may be called.
func BenchmarkModel(b *testing.B) {
	l := New(thousands(1000), Options{})
	if err := l.Load(context.Background()); err != nil {
		b.Fatal(err)
	}
	s := l.Snapshot()
	a := s.Application(fmt.Sprintf("app_%026d", 7))
	b.ReportAllocs()
	for b.Loop() {
		if g, _ := s.Model(a, "model7", noon); g.API == nil {
			b.Fatal("not granted")
		}
	}
}

// BenchmarkGrantChange changes one subscription of a million.
func BenchmarkGrantChange(b *testing.B) {
	c := thousands(100_000)
	l := New(c, Options{})
	if err := l.Load(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.grant(fmt.Sprintf("sub_%026d", 5), fmt.Sprintf("app_%026d", 0), fmt.Sprintf("api_%026d", 5), platform.SubSuspended)
		if err := l.Refresh(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
