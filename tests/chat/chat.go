// Package chat tests chat completions through the gateway, with providers of
// every dialect behind it.
package chat
