package gateway

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// The collectors belong to the process, not to a configuration: Caddy makes a
// new registry at each reload, and counters that began again would look like
// restarts. Every configuration registers the same ones.
//
// Labels are bounded by the configuration: a model that callers name freely
// under a pattern counts as the pattern.
var (
	callsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairway_calls_total",
		Help: "Calls answered, by outcome: ok, or the class of the failure.",
	}, []string{"front", "model", "outcome"})
	callSeconds = prometheus.NewHistogramVec(histogram(prometheus.HistogramOpts{
		Name:    "fairway_call_duration_seconds",
		Help:    "Time from a call's first byte to its last.",
		Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120},
	}), []string{"front", "model"})
	callsInFlight = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "fairway_calls_in_flight",
		Help: "Calls that have begun and not ended.",
	})
	attemptsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairway_attempts_total",
		Help: "Attempts at targets, by outcome: ok, or the class of the failure.",
	}, []string{"provider", "model", "outcome"})
	firstTokenSeconds = prometheus.NewHistogramVec(histogram(prometheus.HistogramOpts{
		Name:    "fairway_time_to_first_token_seconds",
		Help:    "Time from an attempt's start to the first content of its stream.",
		Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30},
	}), []string{"provider", "model"})
	tokensTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairway_tokens_total",
		Help: "Tokens used, by kind: input (uncached), cache_read, cache_write, output, reasoning.",
	}, []string{"provider", "model", "kind"})
	costTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairway_cost_usd_total",
		Help: "Cost of the attempts whose price is known, in US dollars.",
	}, []string{"provider", "model"})
	unpricedTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairway_unpriced_attempts_total",
		Help: "Attempts that used tokens and whose price is not known.",
	}, []string{"provider", "model"})
	refusedTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairway_refused_total",
		Help: "Requests refused before they became calls, by the error's code.",
	}, []string{"code"})
	journalLag = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "fairway_journal_unread_bytes",
		Help: "Bytes of call records in the journal that the store has not taken yet.",
	})
	journalUp = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "fairway_journal_healthy",
		Help: "1 when call records can be written, 0 when calls are refused because they cannot.",
	})
	snapshotKeys = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "fairway_snapshot_keys",
		Help: "Keys in the snapshot that calls are checked against.",
	})
	snapshotErrors = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "fairway_snapshot_errors_total",
		Help: "Times that the store could not be read for the snapshot.",
	})
	catalogAge = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "fairway_catalog_age_seconds",
		Help: "Time since the facts about models in force were last seen to be those of their source; of the built-in ones, since their date.",
	})
	catalogInfo = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "fairway_catalog_info",
		Help: "1 for where the facts about models in force are from, 0 elsewhere: builtin, or the form of the source that was read.",
	}, []string{"source"})
	catalogRefreshes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairway_catalog_refreshes_total",
		Help: "Looks at the catalog's source, by outcome: changed, unchanged, rejected, unreachable, refused, failed.",
	}, []string{"outcome"})
	breakerState = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "fairway_breaker_state",
		Help: "State of a target's circuit breaker: 0 closed, 1 half open, 2 open. Under a pattern, the worst of its models.",
	}, []string{"provider", "model"})
)

// histogram adds a native histogram to the classic buckets.
func histogram(o prometheus.HistogramOpts) prometheus.HistogramOpts {
	o.NativeHistogramBucketFactor = 1.1
	o.NativeHistogramMaxBucketNumber = 100
	o.NativeHistogramMinResetDuration = time.Hour
	return o
}

// registerMetrics puts the collectors into a configuration's registry.
func registerMetrics(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{
		callsTotal, callSeconds, callsInFlight, attemptsTotal, firstTokenSeconds, tokensTotal, costTotal, unpricedTotal,
		refusedTotal, journalLag, journalUp, snapshotKeys, snapshotErrors, breakerState,
		catalogAge, catalogInfo, catalogRefreshes,
	} {
		var already prometheus.AlreadyRegisteredError
		if err := r.Register(c); err != nil && !errors.As(err, &already) {
			return err
		}
	}
	return nil
}

// outcomes are counters by class, each resolved when first needed: looking a
// label set up costs more than counting.
type outcomes struct {
	vec    *prometheus.CounterVec
	labels [2]string
	by     [llm.ClassGateway + 1]atomic.Pointer[prometheus.Counter]
}

func (o *outcomes) inc(c llm.Class) {
	p := o.by[c].Load()
	if p == nil {
		name := "ok"
		if c != llm.ClassNone {
			name = c.String()
		}
		counter := o.vec.WithLabelValues(o.labels[0], o.labels[1], name)
		p = &counter
		o.by[c].Store(p)
	}
	(*p).Inc()
}

// breakerGauge shows the worst state of the breakers that share a series.
type breakerGauge struct {
	gauge prometheus.Gauge
	mu    sync.Mutex
	in    [resilience.Open + 1]int // breakers by state
}

// moved notes that a breaker has gone from one state to another.
func (g *breakerGauge) moved(from, to resilience.State) {
	g.count(from, -1)
	g.count(to, 1)
}

// count adds breakers in a state, and returns how many there are in all.
func (g *breakerGauge) count(s resilience.State, n int) (all int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.in[s] += n
	worst := resilience.Closed
	for state, n := range g.in {
		all += n
		if n > 0 {
			worst = resilience.State(state)
		}
	}
	g.gauge.Set(float64(worst))
	return all
}

// callMeter counts the calls of one model by one front.
type callMeter struct {
	outcomes outcomes
	seconds  prometheus.Observer
}

func newCallMeter(front, model string) *callMeter {
	return &callMeter{
		outcomes: outcomes{vec: callsTotal, labels: [2]string{front, model}},
		seconds:  callSeconds.WithLabelValues(front, model),
	}
}

// attemptMeter counts the attempts at one target.
type attemptMeter struct {
	outcomes                                        outcomes
	firstToken                                      prometheus.Observer
	input, cacheRead, cacheWrite, output, reasoning prometheus.Counter
	cost, unpriced                                  prometheus.Counter
}

func newAttemptMeter(provider, model string) *attemptMeter {
	return &attemptMeter{
		outcomes:   outcomes{vec: attemptsTotal, labels: [2]string{provider, model}},
		firstToken: firstTokenSeconds.WithLabelValues(provider, model),
		input:      tokensTotal.WithLabelValues(provider, model, "input"),
		cacheRead:  tokensTotal.WithLabelValues(provider, model, "cache_read"),
		cacheWrite: tokensTotal.WithLabelValues(provider, model, "cache_write"),
		output:     tokensTotal.WithLabelValues(provider, model, "output"),
		reasoning:  tokensTotal.WithLabelValues(provider, model, "reasoning"),
		cost:       costTotal.WithLabelValues(provider, model),
		unpriced:   unpricedTotal.WithLabelValues(provider, model),
	}
}

func (m *attemptMeter) observe(a *ledger.Attempt, class llm.Class) {
	m.outcomes.inc(class)
	if a.FirstContent > 0 {
		m.firstToken.Observe((a.FirstContent - a.Start).Seconds())
	}
	add(m.input, a.Usage.Input+a.Usage.AudioInput+a.Usage.ImageInput+a.Usage.ToolPrompt)
	add(m.cacheRead, a.Usage.CacheRead)
	add(m.cacheWrite, a.Usage.CacheWrite())
	add(m.output, a.Usage.Output+a.Usage.AudioOutput+a.Usage.ImageOutput)
	add(m.reasoning, a.Usage.Reasoning)
	switch {
	case a.Cost != nil:
		m.cost.Add(float64(*a.Cost) / 1e9)
	case a.Usage.Used():
		m.unpriced.Inc()
	}
}

func add(c prometheus.Counter, n int64) {
	if n > 0 {
		c.Add(float64(n))
	}
}
