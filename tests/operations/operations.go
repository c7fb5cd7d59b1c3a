// Package operations holds the operations beside chat: embeddings, reranking,
// the counting of tokens, and the completions that chat has replaced.
package operations
