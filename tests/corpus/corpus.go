// Package corpus replays recorded answers of real providers through the gateway
// and compares what a caller sees with a plain reading of the recording.
package corpus
