package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
)

func init() {
	// Children end with the thread that starts them, so main stays on its own.
	runtime.LockOSThread()
}

func main() {
	// The benchmark and its upstream share the machine with what they measure
	// and have memory to spare.
	debug.SetGCPercent(400)
	if len(os.Args) == 2 && os.Args[1] == "upstream" {
		fmt.Fprintln(os.Stderr, runUpstream())
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx)
	stop()
	os.Exit(status)
}

// options are the flags that are not settings.
type options struct {
	fairway, caddy       string
	fairwayEnv, caddyEnv string
	only, work, json     string
	accessLog            bool
}

// targetNames are what -only takes. control is a second plain Caddy, which
// shows how far two equal processes come out apart.
var targetNames = []string{"direct", "caddy", "control", "fairway"}

func parse(args []string) (*options, *settings, error) {
	o, s := new(options), new(settings)
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.fairway, "fairway", "", "the `binary` to measure")
	f.StringVar(&o.caddy, "caddy", "", "the `binary` for plain Caddy (default: that of -fairway)")
	f.StringVar(&o.only, "only", "direct,caddy,fairway", "`targets`: "+strings.Join(targetNames, ","))
	f.StringVar(&o.work, "work", "all", "`workloads`: "+strings.Join(workloadNames(), ","))
	f.IntVar(&s.rounds, "rounds", 9, "rounds, of which the tables have the medians")
	f.DurationVar(&s.duration, "duration", 2*time.Second, "of one run")
	f.DurationVar(&s.warm, "warm", 500*time.Millisecond, "warm-up before each run, not counted")
	f.IntVar(&s.streams, "streams", 0, "run at least so many streams through each proxy, in each workload that streams")
	f.IntVar(&s.open, "open", 2000, "streams that the memory workload holds open")
	f.IntVar(&s.rate, "rate", 1000, "calls a second of the open loop")
	f.StringVar(&s.profiles, "profile", "", "write CPU profiles of the proxies to this `folder`, from a load of their own")
	f.StringVar(&o.json, "json", "", "write every round's figures to this `file`")
	f.BoolVar(&o.accessLog, "access-log", false, "have both proxies write an access log")
	f.StringVar(&o.fairwayEnv, "fairway-env", "", "`variables` for Fairway alone, such as GOGC=100,GOMEMLIMIT=1GiB")
	f.StringVar(&o.caddyEnv, "caddy-env", "", "`variables` for plain Caddy alone")
	if err := f.Parse(args); err != nil {
		return nil, nil, err
	}
	if f.NArg() > 0 {
		return nil, nil, fmt.Errorf("unexpected %q", f.Arg(0))
	}
	if s.rounds < 1 || s.duration <= 0 || s.warm < 0 || s.open < 1 || s.rate < 1 || s.streams < 0 {
		return nil, nil, errors.New("rounds, times and counts must be positive")
	}
	return o, s, o.complete(s)
}

// complete makes the list of proxies.
func (o *options) complete(s *settings) error {
	if o.caddy == "" {
		o.caddy = o.fairway
	}
	for name := range strings.SplitSeq(o.only, ",") {
		spec := proxySpec{name: name, binary: o.caddy, env: variables(o.caddyEnv), accessLog: o.accessLog}
		switch name {
		case "direct":
			s.direct = true
			continue
		case "caddy", "control":
		case "fairway":
			spec.kind, spec.binary, spec.env = gateway, o.fairway, variables(o.fairwayEnv)
		default:
			return fmt.Errorf("unknown target %q; known: %s", name, strings.Join(targetNames, ", "))
		}
		if spec.binary == "" {
			return fmt.Errorf("%s needs its binary: give -fairway or -caddy", name)
		}
		path, err := filepath.Abs(spec.binary)
		if err != nil {
			return err
		}
		spec.binary = path // the proxies run in folders of their own
		s.specs = append(s.specs, spec)
	}
	order := func(spec proxySpec) int { return slices.Index(targetNames, spec.name) }
	slices.SortFunc(s.specs, func(a, b proxySpec) int { return order(a) - order(b) })
	return nil
}

func variables(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// run returns the exit status: 0, 1 when a call failed or a stream was cut, 2
// when it could not be measured.
func run(ctx context.Context) int {
	o, s, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	works, err := choose(o.work)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	result := &report{Machine: describeMachine(s.specs)}
	fmt.Println(result.Machine)
	err = s.runAll(ctx, works, result)
	if o.json != "" {
		err = errors.Join(err, result.writeJSON(o.json))
	}
	problems := result.problems()
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, "bench:", p)
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	case len(problems) > 0:
		return 1
	}
	return 0
}

// runAll runs the workloads and prints each one's table as it is done.
func (s *settings) runAll(ctx context.Context, works []workload, result *report) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s.dir = dir
	up, addr, err := startUpstream(ctx, dir)
	if err != nil {
		return err
	}
	defer up.stop()
	s.upstream = addr
	for _, w := range works {
		if w.name == "memory" {
			holdings, err := s.hold(ctx, w)
			result.Holdings = append(result.Holdings, holdings...)
			if err != nil {
				return err
			}
			writeHoldings(os.Stdout, w, holdings)
			continue
		}
		if len(w.models) > 0 && !slices.ContainsFunc(s.specs, func(p proxySpec) bool { return p.kind == gateway }) {
			fmt.Fprintf(os.Stderr, "%s: left out, only Fairway translates\n", w.name)
			continue
		}
		records, notes, err := s.run(ctx, w)
		result.Records = append(result.Records, records...)
		result.Notes = append(result.Notes, notes...)
		if err != nil {
			return err
		}
		writeWorkload(os.Stdout, w, records)
		for _, note := range notes {
			fmt.Println(note)
		}
	}
	return nil
}
