package secret

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Errors about the pepper's file, which tell what to do.
var (
	// ErrPepperMissing: the store has keys, but the pepper that they were
	// hashed with is gone.
	ErrPepperMissing = errors.New("the store's keys were hashed with it, so none of them works without; restore it from a backup")
	// ErrPepperOther: the store's keys were hashed with another pepper.
	ErrPepperOther = errors.New("this is not the pepper that the store's keys were hashed with; restore the one that belongs to this store")
	// ErrPepperExposed: others can read the file.
	ErrPepperExposed = errors.New("others can read the file; make it private with chmod 600")
	// ErrPepperLength: the file is not a pepper.
	ErrPepperLength = fmt.Errorf("the file is not %d bytes long, so it is damaged or something else; restore it from a backup", PepperLength)
)

// PepperPath is where the pepper of a store's file is kept.
func PepperPath(store string) string { return store + ".pepper" }

// Registry remembers which pepper a store's keys are hashed with.
type Registry interface {
	// PepperFingerprint is what was set, or nil.
	PepperFingerprint(ctx context.Context) ([]byte, error)
	// SetPepperFingerprint sets it unless one is set.
	SetPepperFingerprint(ctx context.Context, fingerprint []byte) error
}

// Open reads the pepper in a file and makes a hasher with it. It makes the
// file when there is none and the store has never had one. A store that was
// used with a pepper takes that one only: any other would void every key.
func Open(ctx context.Context, path string, r Registry) (*Hasher, error) {
	known, err := r.PepperFingerprint(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening pepper: %w", err)
	}
	pepper, err := readPepper(path)
	if errors.Is(err, fs.ErrNotExist) {
		if known != nil {
			return nil, fmt.Errorf("opening pepper %s: there is no such file: %w", path, ErrPepperMissing)
		}
		pepper, err = createPepper(path)
	}
	if err != nil {
		return nil, fmt.Errorf("opening pepper %s: %w", path, err)
	}
	h := NewHasher(pepper)
	fingerprint := h.Fingerprint()
	if known == nil {
		if err := r.SetPepperFingerprint(ctx, fingerprint[:]); err != nil {
			return nil, fmt.Errorf("opening pepper: %w", err)
		}
		// Another process may have been first.
		if known, err = r.PepperFingerprint(ctx); err != nil {
			return nil, fmt.Errorf("opening pepper: %w", err)
		}
	}
	if !bytes.Equal(known, fingerprint[:]) {
		return nil, fmt.Errorf("opening pepper %s: %w", path, ErrPepperOther)
	}
	return h, nil
}

func readPepper(path string) (pepper [PepperLength]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return pepper, bare(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return pepper, bare(err)
	}
	// Windows has no such modes.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return pepper, fmt.Errorf("mode %#o: %w", info.Mode().Perm(), ErrPepperExposed)
	}
	if info.Size() != PepperLength {
		return pepper, ErrPepperLength
	}
	if _, err := io.ReadFull(f, pepper[:]); err != nil {
		return pepper, bare(err)
	}
	return pepper, nil
}

// createPepper makes the file, whole and never over another. When another
// process makes it at the same time, theirs is taken.
func createPepper(path string) (pepper [PepperLength]byte, err error) {
	_, _ = rand.Read(pepper[:]) // never fails: it ends the process first
	// A file that is linked into place is there with all its bytes or not at
	// all, even if the process is killed.
	f, err := os.CreateTemp(filepath.Dir(path), ".pepper-*") // mode 0600, O_EXCL
	if err != nil {
		return pepper, bare(err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(pepper[:])
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return pepper, bare(err)
	}
	err = os.Link(f.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = createInPlace(path, pepper[:]) // a file system without links
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return readPepper(path)
	case err != nil:
		return pepper, bare(err)
	}
	return pepper, syncDir(filepath.Dir(path))
}

func createInPlace(path string, pepper []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(pepper)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes a new name in a folder survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return bare(err)
	}
	_ = d.Sync() // some file systems cannot, and the file itself is synced
	return d.Close()
}

// bare drops the path from an error, as the caller names it.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}
