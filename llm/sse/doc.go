// Package sse reads and writes server-sent events, as the WHATWG HTML standard
// describes them (https://html.spec.whatwg.org/multipage/server-sent-events.html).
//
// The reader is made for relaying: it hands out events without copying them,
// keeps the exact bytes of each, and tells whether another event is already
// here, so that a server can flush once for each read instead of once for each
// event. Beyond the standard it counts a last event that no blank line closes,
// because model vendors end their streams that way.
package sse
