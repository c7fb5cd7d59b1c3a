// Package state holds what lasts from one turn of a conversation to the next,
// and that it never lasts beyond its tenant.
package state
