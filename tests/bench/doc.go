// Command bench tells what Fairway costs, in one run on one machine: the built
// gateway with all that a call can pass (key, request count, usage, price,
// metrics, journal), plain Caddy with only reverse_proxy, and no proxy at all,
// in front of the same upstream.
//
//	make bench
//	make bench BENCHFLAGS='-work chat,stream -rounds 15'
//	make bench BENCHFLAGS='-work stream,stream5 -streams 20000'
//
// # Method
//
// The figure that counts is CPU time a call: user and system time of the
// proxy's whole process tree, from the kernel's count of nanoseconds for each
// thread, divided by the good calls. It survives a busy machine far better than
// calls a second do, and it is what a gateway's owner pays for.
//
// Targets take turns (direct, caddy, fairway, direct, …), so that a busy moment
// meets all of them. A table has the medians of the rounds. The ratio to Caddy
// is the median of the ratios round by round, not the ratio of the medians.
//
// A run is: connect, warm up, wait until the process is at rest, load, wait
// until it is at rest again. Work that was put off, such as writing records to
// the store, therefore counts for the calls that made it.
//
// Each workload starts its proxies anew. Both are the same binary, if not said
// otherwise, with the same flags, an admin endpoint on a unix socket, and no
// access log. All connections are on loopback and are kept open. Each request
// has the same bytes for all targets; before a workload each target's answer is
// read and compared in full, and Fairway must show that it looks at the key and
// knows the price. Under load each answer's status and length are looked at,
// and of a stream each chunk's number and the end mark.
//
// The upstream is this program, run again as a child, so that neither its CPU
// time nor the client's is counted.
//
// # Reading it
//
// Compare ratios of one run only. Absolute figures depend on the machine and on
// what else it does. CPU a call depends on the load, too: near saturation many
// calls share one wake-up, at a steady 1000 calls a second each has its own. So
// compare the same workload only.
//
// "min…max" shows the spread over the rounds. When it is wide, take more
// rounds. How far two equal processes come out apart shows a second plain
// Caddy:
//
//	bench -fairway bin/fairway -only caddy,control -work chat,stream
//
// Its ratio should be 1.00 within three percent; a difference between two
// targets that is no larger than what it shows is none.
//
// Latencies of the closed loops follow from their throughput. The one to look
// at is that of the workload "rate", which sends calls at a fixed pace, counts
// from when a call was due, and takes off the upstream's own time; "added" is
// what is left above the direct run.
//
// The workload "memory" runs one process at a time, because processes of one
// binary share its pages. Pss is what counts there: idle after one call, and
// with the streams open. Its difference is divided by the streams.
//
// Below each table stand the settings of Go's garbage collector: what the
// environment says and what the process runs with, for Fairway sets its own
// unless told. To compare under equal ones, use -fairway-env and -caddy-env.
//
// -profile writes a CPU profile of each proxy and workload, from a load that is
// not part of the figures.
//
// The exit status is 0 when all calls were good and all streams whole, 1 when
// not, 2 when something could not be run. It never depends on a figure.
package main
