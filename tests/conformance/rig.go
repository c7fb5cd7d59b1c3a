package conformance

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// The cases of every client. Each has a model of its own for each family, named
// after both.
var cases = []string{"whole", "stream", "tools", "tools-stream", "structured", "second", "401", "429", "5xx", "cancel"}

// goneTime bounds how long an upstream may be kept busy for a caller who left.
const goneTime = 2 * time.Second

// rig is a gateway before one upstream that plays all families.
type rig struct {
	*fairwaytest.Gateway
	up *fairwaytest.Upstream

	mu    sync.Mutex
	wrong map[string][]string // by model
}

// newRig starts a gateway with a model for each case and family.
func newRig(t *testing.T, cases ...string) *rig {
	t.Helper()
	r := &rig{up: fairwaytest.NewUpstream(t), wrong: map[string][]string{}}
	var config strings.Builder
	for _, f := range families {
		// What fails must not open the breaker, or cool the key, of what does not.
		for _, use := range []string{"", "-429", "-5xx"} {
			fmt.Fprintf(&config, "provider %s%s %s {\n\tbase_url %s%s\n\tapi_key %s\n}\n", f.name, use, f.kind, r.up.URL, f.base, strings.TrimPrefix(f.key, "Bearer "))
		}
		for _, c := range cases {
			model, provider := f.name+"-"+c, f.name
			if c == "429" || c == "5xx" {
				provider = model
			}
			fmt.Fprintf(&config, "model %s {\n\ttarget %s/%s\n}\n", model, provider, f.model(c))
			r.up.On(f.model(c), r.reply(f, c))
		}
	}
	// What a client tries again is to find the same failure.
	config.WriteString("circuit_breaker consecutive off\n")
	r.Gateway = fairwaytest.Start(t, fairwaytest.Config{Fairway: config.String()})
	return r
}

// reply is what a family says to a case.
func (r *rig) reply(f *family, name string) fairwaytest.Reply {
	return func(c *fairwaytest.Conn, got *fairwaytest.Received) {
		a := read(f, got)
		a.body = string(got.Body)
		r.answer(f, name, a)(c, got)
		if len(a.wrong) > 0 {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.wrong[got.Model] = append(r.wrong[got.Model], a.wrong...)
		}
	}
}

func (r *rig) answer(f *family, name string, a *ask) fairwaytest.Reply {
	switch {
	case len(a.wrong) > 0:
	case name == "429":
		return fairwaytest.JSON(http.StatusTooManyRequests, strings.ReplaceAll(f.failure, "api_error", "rate_limit_error"), "Retry-After", "1")
	case name == "5xx":
		return fairwaytest.JSON(http.StatusInternalServerError, f.failure)
	case name == "cancel" && !a.stream:
		a.refuse("no stream was asked for")
	case name == "cancel":
		// The beginning of an answer, and then silence.
		events := f.events(pieces...)
		cut := strings.Index(events, pieces[0]) + len(pieces[0])
		cut += strings.Index(events[cut:], "\n\n") + 2
		if f.name == "gemini" {
			cut = strings.Index(events, "\r\n\r\n") + 4
		}
		return func(c *fairwaytest.Conn, got *fairwaytest.Received) {
			c.Head(http.StatusOK, "Content-Type", "text/event-stream")
			c.Chunk(events[:cut])
			c.Hold(got)
		}
	case strings.HasPrefix(name, "tools"):
		switch {
		case !slices.Contains(a.tools, "weather"):
			a.refuse("the tool was not offered: %v", a.tools)
		case len(a.results) == 0:
			return f.calls(a, "weather", arguments)
		case !strings.Contains(strings.Join(a.results, " "), result):
			a.refuse("the results are %v", a.results)
		default:
			return f.says(a, final, finalPieces...)
		}
	case name == "loop":
		return r.loop(f, a)
	case name == "second":
		if !strings.Contains(a.body, again) {
			return f.says(a, said, pieces...)
		}
		at := 0
		for _, what := range []string{question, said, again} {
			i := strings.Index(a.body[at:], what)
			if i < 0 {
				a.refuse("%q does not stand where it was said: %.1000s", what, a.body)
				return f.refuses(a)
			}
			at += i + len(what)
		}
		return f.says(a, final, finalPieces...)
	case name == "structured":
		if a.schema == "" && len(a.forced) == 1 && strings.Contains(a.forced[0].schema, `"city"`) {
			// Clients do this where they do not know whether the model has better.
			return f.calls(a, a.forced[0].name, arguments)
		}
		if !strings.Contains(a.schema, `"city"`) {
			a.refuse("no schema was asked for: %q", a.schema)
			break
		}
		return f.says(a, arguments, split(arguments)...)
	default:
		return f.says(a, said, pieces...)
	}
	return f.refuses(a)
}

// What an agent is to find, and what it is told to say then.
const (
	marker = "marker-6841.txt"
	found  = "The folder has marker-6841.txt in it."
)

// lists are the tools by which agents look into a folder.
var lists = []offer{
	{"Bash", `{"command":"ls","description":"Lists the folder"}`},
	{"bash", `{"command":"ls","description":"Lists the folder"}`},
	{"exec_command", `{"cmd":"ls"}`},
	{"list_directory", `{"dir_path":"."}`},
}

// loop sends an agent to look into its folder, and tells it to end once it has.
func (r *rig) loop(f *family, a *ask) fairwaytest.Reply {
	if len(a.results) > 0 {
		if all := strings.Join(a.results, " "); !strings.Contains(all, marker) {
			a.refuse("the results are %.1000s", all)
			return f.refuses(a)
		}
		return f.says(a, found, "The folder ", "has "+marker, " in it.")
	}
	for _, tool := range lists {
		if slices.Contains(a.tools, tool.name) {
			return f.calls(a, tool.name, tool.schema)
		}
	}
	// Agents also ask for titles and the like.
	return f.says(a, "Files", "Fi", "les")
}

// complaints are what the upstream would not take in a case.
func (r *rig) complaints(f *family, name string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.wrong[f.model(name)])
}

// gone reports whether the gateway let go of the newest request of a case.
func (r *rig) gone(f *family, name string) bool {
	list := r.up.Requests(f.model(name))
	if len(list) == 0 {
		return false
	}
	select {
	case <-list[len(list)-1].Gone():
		return true
	case <-time.After(goneTime):
		return false
	}
}

// control answers a client in another process whether the upstream of a family
// was let go.
func (r *rig) control(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		fmt.Fprintf(w, `{"gone":%t}`, r.gone(familyOf(q.URL.Query().Get("family")), "cancel"))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// judge completes the results by what the upstream and the gateway saw. tries is
// how many calls the client makes for one that fails.
func (r *rig) judge(t *testing.T, outcomes []outcome, tries int) {
	t.Helper()
	calls := r.calls(t, outcomes)
	for i := range outcomes {
		x := &outcomes[i]
		x.calls = calls[x.model()]
		f := familyOf(x.family)
		if wrong := r.complaints(f, x.name); len(wrong) > 0 {
			x.fail("the upstream refused: " + strings.Join(wrong, "; "))
		}
		reached := len(r.up.Requests(f.model(x.name)))
		switch {
		case x.result != pass:
		case x.name == "401" && reached > 0:
			x.fail("a call without a valid key reached the upstream")
		case x.name != "401" && reached == 0:
			x.fail("no call reached the upstream")
		case x.expectsCall() && x.calls == 0:
			x.fail("the call has no record")
		case (x.name == "429" || x.name == "5xx") && x.calls != tries:
			x.fail(fmt.Sprintf("%d calls instead of %d", x.calls, tries))
		}
	}
}

// recordTime bounds how long a record may take to be seen. Two looks at the
// records that agree are quietTime apart.
const (
	recordTime = 10 * time.Second
	quietTime  = 300 * time.Millisecond
)

// calls counts the calls on record for each model, once all of them are there.
func (r *rig) calls(t *testing.T, outcomes []outcome) map[string]int {
	t.Helper()
	var before map[string]int
	for begun := time.Now(); ; time.Sleep(quietTime) {
		calls := map[string]int{}
		for _, record := range r.AllRecords(t) {
			calls[record.Model]++
		}
		missing := slices.ContainsFunc(outcomes, func(x outcome) bool { return x.expectsCall() && calls[x.model()] == 0 })
		if !missing && maps.Equal(calls, before) || time.Since(begun) > recordTime {
			return calls
		}
		before = calls
	}
}
