package gateway

import (
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/manage/client"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a := startedApp(t, simple)
	c := client.InProcess(a.engine.Load().management)
	application, err := c.CreateApplication(ctx, "default", "shop")
	if err != nil {
		t.Fatal(err)
	}
	key := func(expires *time.Time) api.Key {
		k, err := c.CreateKey(ctx, application.ID, api.NewKey{Name: "k", ExpiresAt: expires})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	soon := time.Now().Add(time.Hour)
	live, expiring, revoked := key(nil), key(&soon), key(nil)
	if _, err := c.RevokeKey(ctx, revoked.ID); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		secret string
		after  time.Duration
		code   string
	}{
		"live": {live.Secret, 0, ""}, "not expired yet": {expiring.Secret, 0, ""},
		"expired": {expiring.Secret, 2 * time.Hour, "credential-expired"}, "revoked": {revoked.Secret, 0, "credential-expired"},
		"none": {"", 0, "invalid-credential"}, "another form": {"sk-x", 0, "invalid-credential"},
		"cut": {live.Secret[:len(live.Secret)-1], 0, "invalid-credential"}, "longer": {live.Secret + "0", 0, "invalid-credential"},
	} {
		call, _, _ := begin(t, a)
		call.Start = call.Start.Add(x.after)
		err := call.Authenticate(x.secret)
		switch {
		case x.code == "" && (err != nil || !call.Known || call.Caller != Caller{Tenant: application.Tenant, Application: application.ID, Key: call.Caller.Key} || call.Caller.Key == ""):
			t.Errorf("%s: got %+v, %v", name, call.Caller, err)
		case x.code != "" && (err == nil || err.Code != x.code || err.Status != 401 || call.Known):
			t.Errorf("%s: got %v", name, err)
		}
		call.End()
	}
}
