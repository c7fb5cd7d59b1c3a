// Package sdk tests that the official and the common clients work against the
// gateway unmodified.
package sdk
