// Package llm is the neutral conversation and the contracts around it.
//
// A [Dialect] is a wire format of a model vendor, spoken on both sides: as a
// front (what the caller speaks) and as an upstream (what the provider
// speaks). Any pair of them meets in the neutral [Request], [Response] and
// [Event]. A [Provider] is one account at a vendor, which carries an encoded
// call there and brings the answer back.
//
// The package imports the standard library only, so that a third party can
// add a dialect or a provider without anything else of Fairway.
package llm
