// Package conformance runs the clients that people have, unmodified, against
// the gateway: each with every family of upstream behind it. The upstreams are
// played, and refuse what a vendor would refuse.
package conformance
