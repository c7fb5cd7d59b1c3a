package aigateway

import "net/http"

// sessionHeaders are those in which clients say which conversation a call
// belongs to: our own, Claude Code's, Codex's and opencode's.
var sessionHeaders = [...]string{"X-Session-Id", "X-Claude-Code-Session-Id", "Session-Id", "X-Session-Affinity"}

// maxSession bounds a session's name, in bytes.
const maxSession = 256

// session is the one that a header names, if any does.
func session(h http.Header) string {
	for _, name := range sessionHeaders {
		if v := h[name]; len(v) > 0 && v[0] != "" && len(v[0]) <= maxSession {
			return v[0]
		}
	}
	return ""
}
