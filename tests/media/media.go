// Package media holds the operations that are not JSON alone: sound, pictures,
// files and batches, conversations over a WebSocket, and what passes through as
// it is.
package media
