package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/manage"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
	"github.com/fairwaygw/fairway/internal/store"
	"github.com/fairwaygw/fairway/llm"
)

// desk is a management API with what commands are run against.
type desk struct {
	store   *store.SQLite
	address string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "fairway.db")})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(manage.New(manage.Options{Store: s, Hasher: secret.NewHasher([secret.PepperLength]byte{1}), Actor: manage.Operator}))
	t.Cleanup(func() {
		server.Close()
		_ = s.Close()
	})
	return &desk{s, strings.TrimPrefix(server.URL, "http://")}
}

// ingest stores call records.
func (d *desk) ingest(t *testing.T, records ...ledger.Record) {
	t.Helper()
	from, err := d.store.Checkpoint(t.Context())
	if err == nil {
		from.Offset++
		err = d.store.Ingest(t.Context(), records, from)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a command that talks to the desk.
func (d *desk) run(ctx context.Context, out, errs io.Writer, words ...string) error {
	c, cmd := find(words)
	cmd.SetErr(errs)
	if c.local {
		return (&session{ctx: ctx, cmd: cmd, args: cmd.Flags().Args(), out: out}).do(c)
	}
	if err := cmd.Flags().Set("address", d.address); err != nil {
		return err
	}
	return (&session{ctx: ctx, cmd: cmd, args: cmd.Flags().Args(), out: out}).do(c)
}

// must runs a command that must end well, and returns what it printed.
func (d *desk) must(t *testing.T, words ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := d.run(t.Context(), &out, io.Discard, words...); err != nil {
		t.Fatalf("%v: %v", words, err)
	}
	return out.String()
}

// fields runs a command with --json, and returns the names of the fields.
func (d *desk) fields(t *testing.T, into any, words ...string) []string {
	t.Helper()
	text := d.must(t, append(words, "--json")...)
	var fields map[string]any
	for _, v := range []any{&fields, into} {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			t.Fatalf("%v: %v: %s", words, err, text)
		}
	}
	return slices.Sorted(maps.Keys(fields))
}

func TestJSONOfCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	check := func(got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("the fields are %v, want %v", got, want)
		}
	}
	var list struct{ Items []map[string]any }
	check(d.fields(t, &list, "app", "list"), "items")
	if list.Items == nil {
		t.Error("an empty list is no list")
	}
	var app, key struct{ ID, Secret, State string }
	check(d.fields(t, &app, "app", "create", "shop & <co>"), "created_at", "description", "id", "limits", "name", "revision", "subjects", "tenant")
	check(d.fields(t, &key, "key", "create", "--application", "shop & <co>", "--expires", "90d"), "application", "created_at", "expires_at", "hint", "id", "name", "revision", "secret", "state", "tenant")
	if !secret.Check(key.Secret) || key.State != "live" {
		t.Errorf("the key is %+v", key)
	}
	check(d.fields(t, &list, "key", "list", "--application", app.ID), "items")
	if len(list.Items) != 1 || list.Items[0]["secret"] != nil {
		t.Errorf("the keys are %v", list.Items)
	}
	check(d.fields(t, &key, "key", "revoke", key.ID), "application", "created_at", "expires_at", "hint", "id", "name", "revision", "revoked_at", "state", "tenant")
	if key.State != "revoked" {
		t.Errorf("the key is %+v", key)
	}
	if text := d.must(t, "app", "list", "--json"); !strings.Contains(text, "shop & <co>") {
		t.Errorf("a name is escaped for HTML: %s", text)
	}
	cost := ledger.Nano(1500)
	d.ingest(t, ledger.Record{ID: "call_1", Time: time.Now(), Tenant: string(platform.DefaultTenant), Status: 200, Cost: &cost})
	check(d.fields(t, &list, "calls"), "items")
	if len(list.Items) != 1 || list.Items[0]["cost"] != "0.0000015" {
		t.Errorf("the calls are %v", list.Items)
	}
}

func TestWordsOfCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id, _, _ := strings.Cut(d.must(t, "app", "create", "shop"), "\t")
	var errs, out bytes.Buffer
	if err := d.run(t.Context(), &out, &errs, "key", "create", "--application", "SHOP"); err != nil {
		t.Fatal(err)
	}
	// The secret alone is on standard output, to be piped.
	if k, _ := strings.CutSuffix(out.String(), "\n"); !secret.Check(k) || !strings.Contains(errs.String(), "only time") {
		t.Errorf("printed %q and %q", out.String(), errs.String())
	}
	keys := d.must(t, "key", "list", "--application", id)
	line := strings.Fields(strings.Split(keys, "\n")[1])
	if !strings.HasPrefix(line[0], "key_") || line[3] != "live" || line[len(line)-1] != "-" {
		t.Errorf("the keys are %s", keys)
	}
	if got := d.must(t, "key", "revoke", line[0]); !strings.HasPrefix(got, line[0]+"\trevoked 20") {
		t.Errorf("printed %q", got)
	}
	cost := ledger.Nano(1_230_000_000)
	d.ingest(t,
		ledger.Record{ID: "call_1", Time: time.Unix(1, 0), Tenant: string(platform.DefaultTenant), Model: "fast", Status: 503, Class: "overloaded", Duration: 1234567 * time.Nanosecond},
		ledger.Record{
			ID: "call_2", Time: time.Unix(2, 0), Tenant: string(platform.DefaultTenant), Model: "fast", Status: 200, Cost: &cost,
			Usage: llm.Usage{Input: 2, CacheRead: 3, Output: 4, Reasoning: 5}, Attempts: []ledger.Attempt{{Target: "sim/first"}, {Target: "sim/last"}},
		})
	lines := strings.Split(d.must(t, "calls"), "\n")
	d.ingest(t, ledger.Record{ID: "call_3", Time: time.Unix(0, 0), Tenant: string(platform.DefaultTenant), Application: id, Model: "fast", Status: 200})
	for _, name := range []string{"shop", id} {
		if got := d.must(t, "calls", "--application", name); strings.Count(got, "call_") != 1 || !strings.Contains(got, "call_3") {
			t.Errorf("of the application %s: %s", name, got)
		}
	}
	if want := []string{"200", "fast", "sim/last", "5", "9", "$1.23", "0s", "call_2"}; !slices.Equal(strings.Fields(lines[1])[2:], want) {
		t.Errorf("the line is %s", lines[1])
	}
	if want := []string{"503", "overloaded", "fast", "-", "0", "0", "-", "1ms", "call_1"}; !slices.Equal(strings.Fields(lines[2])[2:], want) {
		t.Errorf("the line is %s", lines[2])
	}
}

// TestFailuresOfCommands holds which of them are the caller's, which end with 2.
func TestFailuresOfCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for words, wrong := range map[string]bool{
		"app create": true, "app create a b": true, "key revoke": true, "key create": true, "calls x": true,
		"calls --limit 0": true, "calls --limit 1001": true, "key create --application x --expires yesterday": true,
		"app create a/../b --tenant none": false, "key create --application none": false, "key revoke key_none": false, "calls --status blue": false, "calls --tenant none": false,
	} {
		err := d.run(t.Context(), io.Discard, io.Discard, strings.Fields(words)...)
		var usage usageError
		if err == nil || errors.As(err, &usage) != wrong {
			t.Errorf("%s: got %v", words, err)
		}
	}
}

// TestFollow holds that calls which come later are shown, once, in their order,
// until the person leaves.
func TestFollow(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"words", "json"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			record := func(id, model string) ledger.Record {
				return ledger.Record{ID: id, Time: time.Now(), Tenant: string(platform.DefaultTenant), Model: model, Status: 200}
			}
			d.ingest(t, record("call_1", "fast"), record("call_2", "slow"), record("call_3", "fast"))
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			words := []string{"calls", "--follow", "--model", "fast"}
			if form == "json" {
				words = append(words, "--json")
			}
			in, out := io.Pipe()
			ended := make(chan error, 1)
			go func() {
				err := d.run(ctx, out, io.Discard, words...)
				_ = out.Close()
				ended <- err
			}()
			lines := bufio.NewScanner(in)
			next := func(id string) {
				t.Helper()
				if !lines.Scan() || !strings.Contains(lines.Text(), id) {
					t.Fatalf("the line is %q, want %s", lines.Text(), id)
				}
				if form == "json" && !json.Valid(lines.Bytes()) {
					t.Errorf("the line is no JSON: %s", lines.Text())
				}
			}
			if form == "words" {
				next("STATUS")
			}
			next("call_1")
			next("call_3")
			d.ingest(t, record("call_4", "slow"), record("call_5", "fast"))
			next("call_5")
			d.ingest(t, record("call_6", "fast"))
			next("call_6")
			leave()
			if lines.Scan() {
				t.Errorf("one more line is there: %s", lines.Text())
			}
			if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
}

func TestHealthCommand(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "the state\n")
	}))
	defer server.Close()
	for _, code := range []int{200, 503, 204} {
		status = code
		var out bytes.Buffer
		err := new(desk).run(t.Context(), &out, io.Discard, "health", "--url", server.URL)
		if (err == nil) != (code == 200) || code != 204 && out.String() != "the state\n" {
			t.Errorf("status %d: printed %q, %v", code, out.String(), err)
		}
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]string{
		"": "", "90d": "2026-04-02T03:04:05Z", "1h30m": "2026-01-02T04:34:05Z", "2027-01-31": "2027-01-31T00:00:00Z", "2027-01-31T12:00:00+02:00": "2027-01-31T10:00:00Z",
		"soon": "error", "0": "error", "-1h": "error", "2027-02-30": "error", "90": "error",
	} {
		at, err := expiry(text, now)
		got := ""
		switch {
		case err != nil:
			got = "error"
		case at != nil:
			got = at.UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: got %s (%v), want %s", text, got, err, want)
		}
	}
}

// find finds a command by its words, and reads its flags.
func find(words []string) (*command, *cobra.Command) {
	list := commands
	for {
		i := slices.IndexFunc(list, func(c *command) bool { return c.name == words[0] })
		c := list[i]
		words = words[1:]
		if c.run == nil {
			list = c.sub
			continue
		}
		cmd := c.build()
		if err := cmd.ParseFlags(words); err != nil {
			panic(err)
		}
		return c, cmd
	}
}
