// Package edge tests where the gateway meets its callers: HTTP, JSON and keys.
package edge
