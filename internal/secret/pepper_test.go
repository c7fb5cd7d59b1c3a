package secret

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// registry is a store's memory of its pepper.
type registry struct {
	mu          sync.Mutex
	fingerprint []byte
	err         error
}

func (r *registry) PepperFingerprint(context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fingerprint, r.err
}

func (r *registry) SetPepperFingerprint(_ context.Context, f []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fingerprint == nil {
		r.fingerprint = bytes.Clone(f)
	}
	return r.err
}

func mustOpen(t *testing.T, path string, r Registry) *Hasher {
	t.Helper()
	h, err := Open(t.Context(), path, r)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestOpen(t *testing.T) {
	t.Parallel()
	path := PepperPath(filepath.Join(t.TempDir(), "fairway.db"))
	r := new(registry)
	h := mustOpen(t, path, r)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != PepperLength {
		t.Fatal(info, err)
	}
	if mustOpen(t, path, r).Hash("x") != h.Hash("x") {
		t.Error("the pepper is another one after a restart")
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Error("more is left than the pepper:", left, err)
	}
}

// TestOpenAtOnce starts several processes on a new store.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pepper")
	r := new(registry)
	var hashes [8][32]byte
	var group sync.WaitGroup
	for i := range hashes {
		group.Go(func() {
			h, err := Open(t.Context(), path, r)
			if err != nil {
				t.Error(err)
				return
			}
			hashes[i] = h.Hash("x")
		})
	}
	group.Wait()
	for _, h := range hashes {
		if h != hashes[0] {
			t.Error("they have different peppers")
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	down := errors.New("store is down")
	for name, c := range map[string]struct {
		spoil func(path string, r *registry) error
		want  error
		text  string
	}{
		"missing":        {func(path string, _ *registry) error { return os.Remove(path) }, ErrPepperMissing, "restore"},
		"other":          {func(path string, _ *registry) error { return os.WriteFile(path, make([]byte, PepperLength), 0o600) }, ErrPepperOther, "restore"},
		"short":          {func(path string, _ *registry) error { return os.Truncate(path, PepperLength-1) }, ErrPepperLength, "32 bytes"},
		"empty":          {func(path string, _ *registry) error { return os.Truncate(path, 0) }, ErrPepperLength, "32 bytes"},
		"group-readable": {func(path string, _ *registry) error { return os.Chmod(path, 0o640) }, ErrPepperExposed, "chmod 600"},
		"world-readable": {func(path string, _ *registry) error { return os.Chmod(path, 0o604) }, ErrPepperExposed, "chmod 600"},
		"store down":     {func(_ string, r *registry) error { r.err = down; return nil }, down, ""},
		"a folder": {func(path string, _ *registry) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}, ErrPepperLength, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "pepper")
			r := new(registry)
			mustOpen(t, path, r)
			if err := c.spoil(path, r); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), path, r)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got error %v, want %v", err, c.want)
			}
			if name != "store down" && strings.Count(err.Error(), path) != 1 {
				t.Errorf("error %q does not name the file once", err)
			}
			if _, err := os.Stat(path); name == "missing" && err == nil {
				t.Error("the pepper was made anew")
			}
		})
	}
	t.Run("no folder", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "none", "pepper")
		if _, err := Open(t.Context(), path, new(registry)); err == nil || !strings.Contains(err.Error(), path) {
			t.Error(err)
		}
	})
}
