package snapshot

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// credential makes the n-th key. Its hash is as good as random.
func credential(n int) platform.Credential {
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
	c := platform.Credential{
		Tenant:      platform.DefaultTenant,
		Application: platform.ApplicationID(fmt.Sprintf("app_%026d", n/10)),
		Key:         platform.KeyID(fmt.Sprintf("key_%026d", n)),
	}
	_, _ = r.Read(c.Hash[:])
	return c
}

func entries(credentials ...platform.Credential) (all []Entry) {
	for i := range credentials {
		all = append(all, newEntry(&credentials[i]))
	}
	return all
}

// hasAll checks that a snapshot has just these keys.
func hasAll(t *testing.T, s *Snapshot, want []platform.Credential) {
	t.Helper()
	if s.Keys() != len(want) {
		t.Errorf("%d keys, want %d", s.Keys(), len(want))
	}
	for i := range want {
		c := &want[i]
		e, ok := s.Find(c.Hash)
		if !ok || *e != newEntry(c) {
			t.Fatalf("key %d is not found, or another: %v", i, e)
		}
	}
	for n := range 100 {
		c := credential(1<<30 + n)
		if e, ok := s.Find(c.Hash); ok || e != nil {
			t.Fatal("a key is found that is not there")
		}
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{1, 7, 64, 1000, 5000} {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			t.Parallel()
			s := empty
			var all []platform.Credential
			for len(all) < 5000 {
				part := make([]platform.Credential, 0, batch)
				for range min(batch, 5000-len(all)) {
					c := credential(len(all))
					all, part = append(all, c), append(part, c)
				}
				before, count := s, s.Keys()
				s = s.with(int64(len(all)), entries(part...))
				if _, ok := before.Find(part[0].Hash); ok || before.Keys() != count {
					t.Fatal("an old snapshot has changed")
				}
			}
			hasAll(t, s, all)

			// A change of some of them keeps the others, and counts none twice.
			var part []platform.Credential
			for i := 0; i < len(all); i += 13 {
				old := all[i]
				all[i].Revoked = true
				part = append(part, old, all[i])
			}
			before := s
			s = s.with(9999, entries(part...))
			hasAll(t, s, all)
			if e, _ := before.Find(all[0].Hash); e.revoked {
				t.Error("an old snapshot has changed")
			}
		})
	}
}

// TestSimilarHashes has hashes that differ late, which real ones never do.
func TestSimilarHashes(t *testing.T) {
	t.Parallel()
	var all []platform.Credential
	for n := range 200 {
		c := credential(n)
		c.Hash = [32]byte{31: byte(n), 30: 7}
		all = append(all, c)
	}
	hasAll(t, empty.with(1, entries(all...)), all)
	s := empty
	for i := range all {
		s = s.with(1, entries(all[i]))
	}
	hasAll(t, s, all)
}

func TestEntry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := credential(1)
	c.Expires = now.UnixNano()
	e := newEntry(&c)
	if e.Tenant() != string(c.Tenant) || e.Application() != string(c.Application) || e.Key() != string(c.Key) {
		t.Error(e)
	}
	if e.State(now.Add(-1)) != platform.KeyLive || e.State(now) != platform.KeyExpired {
		t.Error("expiry is not at its time")
	}
	c.Revoked = true
	if e = newEntry(&c); e.State(now) != platform.KeyRevoked {
		t.Error("not revoked")
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	s := empty.with(1, entries(credential(1), credential(2)))
	known, unknown := credential(1).Hash, credential(3).Hash
	now := time.Now()
	n := testing.AllocsPerRun(1000, func() {
		if e, ok := s.Find(known); !ok || e.Application() == "" || e.State(now) != platform.KeyLive {
			t.Fatal()
		}
		if _, ok := s.Find(unknown); ok {
			t.Fatal()
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
