package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// maxSocketPath is what fits a unix socket address on Linux (sun_path is 108
// bytes with its closing zero; unix(7)).
const maxSocketPath = 107

// adminAddress is the default address of the admin endpoint: a unix socket in
// the data directory, because the endpoint has no password and the file system
// has permissions. It makes the folder, which Caddy would not. A data
// directory whose path is too long for a socket gets one below the folder for
// temporary files instead, named after the directory.
func adminAddress(dataDir string, args []string) (string, error) {
	dir := filepath.Join(dataDir, "fairway")
	socket := filepath.Join(dir, "admin.sock")
	if len(socket) > maxSocketPath {
		sum := sha256.Sum256([]byte(dataDir))
		dir = filepath.Join(os.TempDir(), "fairway-"+hex.EncodeToString(sum[:8]))
		socket = filepath.Join(dir, "admin.sock")
		if len(socket) > maxSocketPath {
			return "", fmt.Errorf("making the admin socket: %s is longer than %d bytes", socket, maxSocketPath)
		}
	}
	address := "unix/" + socket
	if serves(args) {
		// Only the side that listens may name the mode: Caddy's client would
		// take it for a part of the path.
		address += "|0600"
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		// Listening there will fail, which is better than a port that is open
		// to everybody on the machine.
		return address, fmt.Errorf("making the folder of the admin socket: %w", err)
	}
	return address, nil
}

// serves reports whether a command line starts a server.
func serves(args []string) bool {
	return len(args) > 0 && slices.Contains([]string{"run", "start", "quickstart"}, args[0])
}
