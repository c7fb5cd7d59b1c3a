package platform

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)

func TestKeyState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expires, revoked time.Time
		want             KeyState
	}{
		"for ever":            {want: KeyLive},
		"expires later":       {expires: now.Add(1), want: KeyLive},
		"expires now":         {expires: now, want: KeyExpired},
		"expired":             {expires: now.Add(-1), want: KeyExpired},
		"revoked":             {revoked: now.Add(-1), want: KeyRevoked},
		"revoked and expired": {expires: now.Add(-1), revoked: now.Add(-2), want: KeyRevoked},
	} {
		k := Key{Expires: c.expires, Revoked: c.revoked}
		if got := k.State(now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if s := KeyState(9).String(); s != "unknown" {
		t.Error(s)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	var made []string
	for i := range 100 {
		id := NewKeyID(now.Add(time.Duration(i) * time.Millisecond))
		if !id.Valid() {
			t.Fatalf("%q is not valid", id)
		}
		made = append(made, string(id))
	}
	if !slices.IsSorted(made) || len(slices.Compact(made)) != 100 {
		t.Error("ids do not sort by time, or meet")
	}
	if !NewApplicationID(now).Valid() || !NewTenantID(now).Valid() || !DefaultTenant.Valid() {
		t.Error("an id that was made here is not valid")
	}
	app := string(NewApplicationID(now))
	for _, bad := range []string{"", "app_", app[1:], app + "0", app[:29] + "u", app[:29] + "A", app[:29] + "\x00", "key_" + app[4:], "' OR 1=1--"} {
		if ApplicationID(bad).Valid() {
			t.Errorf("%q is valid", bad)
		}
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"shop": true, "Größe & Söhne (2)": true, "日本語": true, "<script>": true, "=1+1": true, strings.Repeat("ä", 100): true, "app_x": true,
		"": false, " a": false, "a\u00a0": false, "a\nb": false, "a\x00": false, "a\u202eb": false, "a\u200bb": false, "\xff": false, "\ufffd": false,
		strings.Repeat("a", 101): false, string(NewApplicationID(now)): false, string(NewKeyID(now)): false,
	} {
		err := CheckName("name", name)
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
		var invalid *InvalidError
		if err != nil && (!errors.Is(err, ErrInvalid) || !errors.As(err, &invalid) || invalid.Place != "name") {
			t.Errorf("%q: not an error about the name: %v", name, err)
		}
	}
	if FoldName("ShÖp") != "shöp" {
		t.Error(FoldName("ShÖp"))
	}
}

func TestCheckSlug(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"default": true, "a-1": true, "0": true, strings.Repeat("a", 63): true,
		"": false, "-a": false, "a-": false, "A": false, "a_b": false, "ä": false, "a b": false, strings.Repeat("a", 64): false,
	} {
		if err := CheckSlug("name", name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestCheckExpiry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at time.Time
		ok bool
	}{
		{time.Time{}, true},
		{now.Add(1), true},
		{now, false},
		{now.Add(-time.Hour), false},
		{time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC), true},
		{time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), false},
	} {
		if err := CheckExpiry(c.at, now); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", c.at, err)
		}
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     Scope
		tenant TenantID
		all    bool
	}{{Scope{}, "", false}, {In(DefaultTenant), DefaultTenant, false}, {Everywhere(), "", true}} {
		if tenant, all := c.in.Tenant(); tenant != c.tenant || all != c.all {
			t.Error(c.in, tenant, all)
		}
	}
}
