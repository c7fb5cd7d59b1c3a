package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/snapshot"
	"github.com/fairwaygw/fairway/llm"
)

// Caller is who calls.
type Caller struct {
	Tenant      string
	Application string
	Key         string
	// Subscription and API are by which the call is made; empty where nobody
	// had to ask.
	Subscription string
	API          string
}

// Call is one request on its way through the handlers: begun by the first,
// filled by each, recorded at the end. It belongs to one goroutine, and to the
// request: nothing may keep it beyond [Call.End].
type Call struct {
	// ID is what X-Request-Id says.
	ID    string
	Start time.Time
	// Caller is who calls, once Known.
	Caller Caller
	Known  bool

	app    *App
	engine *Engine
	// What the snapshot knows of the caller, and the API that the call is made
	// to, once that is known.
	snapshot    *snapshot.Snapshot
	application *snapshot.Application
	bounds      *snapshot.Bounds
	api         *snapshot.API
	// allowance is what the caller may use.
	allowance allowance
	// request is the context that the call stands in.
	request context.Context

	// record is what the journal gets; open from Open to Settle.
	record   ledger.Record
	open     bool
	meter    *callMeter
	attempts [2]ledger.Attempt
	targets  [2]*Target
	tried    []*Target
	classes  []llm.Class
	classBuf [2]llm.Class
	cost     ledger.Nano
	costs    [2]ledger.Nano
}

// callVar is where the call stands among the request's variables.
const callVar = "fairway.call"

var closeConnection = []string{"close"}

var callPool = sync.Pool{New: func() any { return new(Call) }}

// Begin returns the request's call and whether this handler is the first to
// ask for it, which then must end it.
func (a *App) Begin(w http.ResponseWriter, r *http.Request) (c *Call, begun bool) {
	if c := CallOf(r.Context()); c != nil {
		return c, false
	}
	c = callPool.Get().(*Call)
	now := time.Now()
	*c = Call{ID: newCallID(now), Start: now, app: a, request: r.Context()}
	// A configuration that was thrown away may have been the last to hold its
	// engine, which is closed then.
	if engine, err := a.open(); err == nil && engine.revive() { //nolint:contextcheck // what is opened outlives the call
		c.engine = engine
	}
	callsInFlight.Inc()
	caddyhttp.SetVar(r.Context(), callVar, c)
	// The server writes the header after the handlers are done, so these
	// outlive the call. Both spellings are read by official SDKs.
	h := w.Header()
	id := []string{c.ID}
	h["X-Request-Id"], h["Request-Id"] = id, id
	if r.ProtoMajor == 1 && a.draining.Load() {
		h["Connection"] = closeConnection
	}
	return c, true
}

// CallOf returns the call of a request's context, or nil.
func CallOf(ctx context.Context) *Call {
	c, _ := caddyhttp.GetVar(ctx, callVar).(*Call)
	return c
}

// Admit tells why the call cannot be served now, if it cannot: a call that
// could not be recorded is not made.
func (c *Call) Admit() *llm.Error {
	if c.engine == nil {
		return unavailable("the gateway's store cannot be opened; its log tells why")
	}
	if err := c.engine.journal.Err(); err != nil {
		return unavailable("the gateway cannot record calls at the moment, so it makes none")
	}
	return nil
}

// Open makes the call one that is recorded: it has a front, an operation and a
// model that exists. route is what the model resolved to.
func (c *Call) Open(front llm.Dialect, op llm.Operation, route *Route, in *llm.Inspection) {
	c.open = true
	c.meter = route.meter(front.Name())
	c.record = ledger.Record{
		ID: c.ID, Time: c.Start,
		Tenant: c.Caller.Tenant, Application: c.Caller.Application, Key: c.Caller.Key,
		API: c.Caller.API, Subscription: c.Caller.Subscription,
		Front: front.Name(), Operation: string(op), Model: in.Model, Stream: in.Stream,
		User: in.User, Session: in.Session,
		Attempts: c.attempts[:0],
	}
	c.tried = c.targets[:0]
	c.classes = c.classBuf[:0]
}

// Record is the call's record, to be filled until Settle.
func (c *Call) Record() *ledger.Record { return &c.record }

// Attempt begins an attempt at a target.
func (c *Call) Attempt(t *Target, credential int) *ledger.Attempt {
	c.tried = append(c.tried, t)
	c.classes = append(c.classes, llm.ClassNone)
	c.record.Attempts = append(c.record.Attempts, ledger.Attempt{Target: t.Name, Credential: credential, Start: time.Since(c.Start)})
	return &c.record.Attempts[len(c.record.Attempts)-1]
}

// Attempted ends the attempt that was begun last: its usage gets a price.
func (c *Call) Attempted(class llm.Class) {
	last := len(c.record.Attempts) - 1
	a, t := &c.record.Attempts[last], c.tried[last]
	a.Duration = time.Since(c.Start) - a.Start
	c.classes[last] = class
	if class != llm.ClassNone {
		a.Class = class.String()
	}
	if t.Price == nil {
		return
	}
	if cost, known := ledger.Cost(&a.Usage, t.Price); known {
		if last < len(c.costs) {
			c.costs[last] = cost
			a.Cost = &c.costs[last]
		} else {
			a.Cost = &cost
		}
		a.Price = t.Price.Version
	}
}

// Settle closes the record and writes it to the journal. It must be called
// before the last byte of the answer is written, so that a call that its
// caller saw end has its record whatever happens next. It does nothing for a
// call that is not open.
func (c *Call) Settle(status int, class llm.Class, reason string) {
	if !c.open {
		return
	}
	c.open = false
	r := &c.record
	if n := len(r.Attempts); n > 0 && class != llm.ClassNone && r.Attempts[n-1].Duration == 0 {
		c.Attempted(class) // a panic has left it open
	}
	r.Status, r.Reason = status, reason
	if class != llm.ClassNone {
		r.Class = class.String()
	}
	known := true
	for i := range r.Attempts {
		a := &r.Attempts[i]
		r.Usage.Add(&a.Usage)
		switch {
		case a.Cost != nil:
			c.cost += *a.Cost
		case a.Usage.Used():
			known = false
		}
		if r.FirstContent == 0 {
			r.FirstContent = a.FirstContent
		}
	}
	if known && len(r.Attempts) > 0 {
		r.Cost = &c.cost
	}
	c.allowance.settle(&r.Usage, c.cost, len(r.Attempts))
	r.Duration = time.Since(c.Start)
	if err := c.engine.journal.Append(r); err != nil {
		c.app.logger.Error("writing a call record", zap.String("call", c.ID), zap.Error(err))
	}
	c.meter.outcomes.inc(class)
	c.meter.seconds.Observe(r.Duration.Seconds())
	for i := range r.Attempts {
		c.tried[i].meter.observe(&r.Attempts[i], c.classes[i])
	}
}

// End ends the call. A call that is still open, because a handler failed, is
// settled as such.
func (c *Call) End() {
	c.Settle(http.StatusInternalServerError, llm.ClassGateway, "panic")
	c.allowance.settle(&c.record.Usage, c.cost, 0) // of a call that never was
	callsInFlight.Dec()
	// Handlers of errors may yet run for the request, and must not find what is
	// another one's by then.
	caddyhttp.SetVar(c.request, callVar, nil)
	if c.engine != nil {
		c.engine.release()
	}
	*c = Call{}
	callPool.Put(c)
}

// Refused counts a request that was refused before it became a call.
func Refused(e *llm.Error) { refusedTotal.WithLabelValues(e.Code).Inc() }
