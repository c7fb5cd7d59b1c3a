// Package fairwaytest runs the gateway as its operators do, as a process with a
// Caddyfile, and plays the providers behind it. Tests look only at what a
// caller, a provider or an operator can see.
package fairwaytest
