// Package resilience decides what follows from the failures of upstreams.
//
// [Classify] sorts a failure into an [llm.Class]; [Policy] says what follows
// from a class: another try, another key, another model, a rest for what
// failed; [ForCaller] says what the caller sees of it. All three are tables.
//
// [Breaker], [Credentials] and [Budget] hold the state that attempts leave
// behind. They are safe for concurrent use, take the time as an argument, and
// cost an attempt that goes well a few atomics and one short lock, and no
// allocation. Package routing joins them into the attempts of one call.
//
// # Why a breaker of our own
//
// The breaker of failsafe-go was tried first. Its permits have no identity: a
// call that began before the breaker opened and ends while it is half open
// counts as a probe and frees a slot that it never held; a call without a
// verdict, such as one whose caller left, cannot give its slot back; a rate
// and a number of failures in a row cannot both open it; its settings are
// fixed when it is built; and its clock cannot be set in tests.
package resilience
