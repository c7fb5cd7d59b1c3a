// Package reload tests that a new configuration costs nobody a call, and that
// what must outlive a configuration does.
package reload

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func start(t *testing.T, more string) (*fairwaytest.Gateway, *fairwaytest.Upstream) {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	up.On("ok", fairwaytest.JSON(200, fairwaytest.Completion("fine")))
	return fairwaytest.Start(t, config(up, more)), up
}

func config(up *fairwaytest.Upstream, more string) fairwaytest.Config {
	return fairwaytest.Config{
		Fairway: "provider up openai_compatible {\n\tbase_url " + up.URL + "/v1\n\tapi_key sk-test\n}\nexpose up/*\n" + more,
		Site:    "handle /metrics {\n\tmetrics\n}\nhandle {\n\tfairway\n}",
	}
}

// reload puts a configuration in force that differs from every other one.
func reload(t *testing.T, g *fairwaytest.Gateway, up *fairwaytest.Upstream, i int) {
	t.Helper()
	more := fmt.Sprintf("model generation-%d {\n\ttarget up/ok\n}\n", i)
	if status, body, err := g.Reload(config(up, more)); err != nil || status != 200 {
		t.Fatalf("reload: status %d (%v): %s", status, err, body)
	}
}

// TestStreamsOutliveReloads holds that a stream that began under an old
// configuration is read to its end, and counted.
func TestStreamsOutliveReloads(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	const reloads = 3
	more := make(chan string)
	events := fairwaytest.Completed("one ", "two ", "three ", "four")
	up.On("long", func(c *fairwaytest.Conn, r *fairwaytest.Received) {
		c.Head(http.StatusOK, "Content-Type", "text/event-stream")
		for event := range more {
			c.Chunk("data: " + event + "\n\n")
		}
		c.End()
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go func() {
		more <- events[0]
		more <- events[1]
	}()
	r, err := g.Open(ctx, http.MethodPost, "/v1/chat/completions", fairwaytest.AskStreamUsage("up/long"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	in := bufio.NewReader(r.Body)
	first, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for i := range reloads {
		reload(t, g, up, i)
		more <- events[2+i]
	}
	for _, event := range events[2+reloads:] {
		more <- event
	}
	close(more)
	rest, err := io.ReadAll(in)
	if err != nil {
		t.Fatalf("the stream broke off: %v", err)
	}
	s, err := fairwaytest.ReadChatStream([]byte(first + string(rest)))
	if err != nil || s.Text != "one two three four" || !s.Done || s.Usage == nil {
		t.Errorf("(%v) %s%s", err, first, rest)
	}
	record := g.Record(t, r.Header.Get("X-Request-Id"))
	if record.Status != 200 || record.Usage.Estimated || record.Usage.InputTotal() != 11 {
		t.Errorf("the record is %+v", record)
	}
	if a := g.Chat(t, fairwaytest.Ask(fmt.Sprintf("generation-%d", reloads-1))); a.Status != 200 {
		t.Errorf("the last configuration is not in force: status %d", a.Status)
	}
	if a := g.Chat(t, fairwaytest.Ask("generation-0")); a.Status != 404 {
		t.Errorf("the first configuration is still in force: status %d", a.Status)
	}
}

// TestReloadsUnderLoad holds that no call is lost, whether its connection is new
// or kept.
func TestReloadsUnderLoad(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	var calls, failed atomic.Int64
	var first atomic.Value
	done := make(chan struct{})
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			kept := i%2 == 0
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: !kept}}
			defer client.CloseIdleConnections()
			for {
				select {
				case <-done:
					return
				default:
				}
				calls.Add(1)
				if err := call(client, g); err != nil {
					failed.Add(1)
					first.CompareAndSwap(nil, fmt.Sprintf("kept connection %t: %v", kept, err))
				}
			}
		})
	}
	for i := range 10 {
		before := calls.Load()
		reload(t, g, up, i)
		fairwaytest.Eventually(t, 30*time.Second, "calls after a reload", func() bool { return calls.Load() > before+50 })
	}
	close(done)
	callers.Wait()
	if n := failed.Load(); n > 0 {
		t.Errorf("%d of %d calls failed over 10 reloads; the first: %v", n, calls.Load(), first.Load())
	}
	t.Logf("note: %d calls over 10 reloads", calls.Load())
}

func call(client *http.Client, g *fairwaytest.Gateway) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+"/v1/chat/completions", strings.NewReader(fairwaytest.Ask("up/ok")))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+g.Key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "fine") {
		return fmt.Errorf("status %d: %s", answer.StatusCode, body)
	}
	return nil
}

// TestCountersOutliveReloads holds that no counter begins anew, which graphs
// would show as a fall.
func TestCountersOutliveReloads(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	for range 3 {
		if a := g.Chat(t, fairwaytest.Ask("up/ok")); a.Status != 200 {
			t.Fatalf("status %d: %s", a.Status, a.Body)
		}
	}
	before := counters(t, g)
	if len(before) == 0 {
		t.Fatal("there are no counters")
	}
	reload(t, g, up, 1)
	after := counters(t, g)
	for name, value := range before {
		if after[name] < value {
			t.Errorf("%s fell from %g to %g", name, value, after[name])
		}
	}
	if a := g.Chat(t, fairwaytest.Ask("up/ok")); a.Status != 200 {
		t.Fatalf("status %d", a.Status)
	}
	grown := 0
	for name, value := range counters(t, g) {
		if strings.HasPrefix(name, "fairway_calls_total") && value > after[name] {
			grown++
		}
	}
	if grown != 1 {
		t.Errorf("%d series of fairway_calls_total grew with a call, want 1", grown)
	}
}

// counters are the gateway's series whose names say that they only grow.
func counters(t *testing.T, g *fairwaytest.Gateway) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for line := range strings.Lines(string(g.Call(t, http.MethodGet, "/metrics", "").Body)) {
		at := strings.LastIndexByte(strings.TrimSpace(line), ' ')
		if at < 0 || !strings.HasPrefix(line, "fairway_") {
			continue
		}
		name := line[:at]
		bare, _, _ := strings.Cut(name, "{")
		if !strings.HasSuffix(bare, "_total") && !strings.HasSuffix(bare, "_count") && !strings.HasSuffix(bare, "_bucket") {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		values[name] = v
	}
	return values
}

// TestBreakersOutliveReloads holds that a target that was found broken stays
// left alone.
func TestBreakersOutliveReloads(t *testing.T) {
	t.Parallel()
	const breaker = "circuit_breaker consecutive 2 open_for 1h\nexpose up/broken\n"
	g, up := start(t, breaker)
	up.On("broken", fairwaytest.JSON(500, `{"error":{"message":"failed","type":"server_error","code":"x"}}`))
	fairwaytest.Eventually(t, 30*time.Second, "the breaker opens", func() bool {
		return g.Chat(t, fairwaytest.Ask("up/broken")).Status == 503
	})
	before := len(up.Requests("broken"))
	if status, body, err := g.Reload(config(up, breaker+"model new {\n\ttarget up/ok\n}")); err != nil || status != 200 {
		t.Fatalf("reload: %d (%v): %s", status, err, body)
	}
	if a := g.Chat(t, fairwaytest.Ask("up/broken")); a.Status != 503 {
		t.Errorf("status %d", a.Status)
	}
	if n := len(up.Requests("broken")); n != before {
		t.Error("the reload closed the breaker")
	}
}

// TestBadConfigurationsChangeNothing holds that the old configuration serves on,
// and that the operator is told why.
func TestBadConfigurationsChangeNothing(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	good := config(up, "")
	for name, c := range map[string]struct {
		config fairwaytest.Config
		says   string
	}{
		"grammar":   {fairwaytest.Config{Fairway: good.Fairway + "provder x y"}, "provder"},
		"reference": {fairwaytest.Config{Fairway: good.Fairway + "model m {\n\ttarget nobody/x\n}"}, "nobody"},
		"a secret":  {fairwaytest.Config{Fairway: good.Fairway + "provider other openai_compatible {\n\tbase_url http://127.0.0.1:1/v1\n\tapi_key {env.NO_SUCH_KEY}\n}"}, "NO_SUCH_KEY"},
		"the store": {fairwaytest.Config{Fairway: good.Fairway + "store sqlite /dev/null/fairway.db"}, "/dev/null"},
	} {
		status, body, err := g.Reload(c.config)
		if err != nil || status != 400 && status != 500 || !strings.Contains(body, c.says) {
			t.Errorf("%s: status %d (%v): %s", name, status, err, body)
		}
		if a := g.Chat(t, fairwaytest.Ask("up/ok")); a.Status != 200 {
			t.Errorf("%s: after it, a call has status %d: %s", name, a.Status, a.Body)
		}
	}
	status, body, err := g.AdminRequest(http.MethodPost, "/load", "application/json", `{"admin":{"listen":"`+g.Admin+`"},"apps":{"fairway":{"provders":{}}}}`)
	if err != nil || status != 400 || !strings.Contains(body, "provders") {
		t.Errorf("an unknown field: status %d (%v): %s", status, err, body)
	}
	if a := g.Chat(t, fairwaytest.Ask("up/ok")); a.Status != 200 {
		t.Errorf("status %d", a.Status)
	}
	reload(t, g, up, 1)
}

// TestRecordsOutliveRestarts holds that records and keys are there after an
// orderly end and a new start.
func TestRecordsOutliveRestarts(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	var ids []string
	for i := range 5 {
		a := g.Chat(t, fairwaytest.Ask("up/ok"))
		if a.Status != 200 {
			t.Fatalf("status %d", a.Status)
		}
		ids = append(ids, a.ID())
		if i == 2 {
			reload(t, g, up, i)
		}
	}
	g.Stop(t)
	if code := g.ExitCode(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	if err := g.Launch(); err != nil {
		t.Fatal(err)
	}
	if a := g.Chat(t, fairwaytest.Ask("up/ok")); a.Status != 200 {
		t.Errorf("the key is gone: status %d", a.Status)
	}
	for _, id := range ids {
		if r := g.Record(t, id); r.Status != 200 {
			t.Errorf("the record is %+v", r)
		}
	}
}

// TestEndWhileAStreamRuns holds that an orderly end lets a stream finish, takes
// no new calls, and ends well.
func TestEndWhileAStreamRuns(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	rest := make(chan struct{})
	up.On("last", func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
		events := fairwaytest.Completed("one ", "two")
		c.Head(http.StatusOK, "Content-Type", "text/event-stream")
		for i, event := range events {
			if i == 2 {
				<-rest
			}
			c.Chunk("data: " + event + "\n\n")
		}
		c.End()
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := g.Open(ctx, http.MethodPost, "/v1/chat/completions", fairwaytest.AskStream("up/last"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := g.Process().Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	fairwaytest.Eventually(t, 10*time.Second, "the end begins", func() bool { return strings.Contains(g.Log(), "shutting down") })
	close(rest)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("the stream broke off: %v", err)
	}
	if s, err := fairwaytest.ReadChatStream(body); err != nil || s.Text != "one two" || !s.Done {
		t.Errorf("(%v) %s", err, body)
	}
	g.Stop(t)
	fairwaytest.Eventually(t, 10*time.Second, "the end", func() bool { return g.ExitCode() >= 0 })
	if code := g.ExitCode(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	if err := g.Launch(); err != nil {
		t.Fatal(err)
	}
	if record := g.Record(t, r.Header.Get("X-Request-Id")); record.Status != 200 {
		t.Errorf("the record is %+v", record)
	}
}
