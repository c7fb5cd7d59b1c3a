// Package limits counts what callers use against what they may: requests,
// tokens, money, and calls at a time, for a key, an application, a subscription
// and a tenant at once.
//
// A call reserves what it may come to before it is made, at all levels or at
// none, and settles what it came to afterwards. Between the two, other calls see
// what it holds, so that any number of calls at a time never get more than the
// limit together. A call that is refused consumes nothing.
//
// Counters are kept by what they count, not by the configuration or the plan
// that limits it: a limit that changes applies at once to what was used before.
package limits
