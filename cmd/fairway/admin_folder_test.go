package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAdminAddressWithoutItsFolder holds that a socket that cannot be made is
// not replaced by a port without a password.
func TestAdminAddressWithoutItsFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := adminAddress(file, []string{"run"}); err == nil || !strings.HasPrefix(got, "unix/"+file) {
		t.Errorf("got %q: %v", got, err)
	}
}
