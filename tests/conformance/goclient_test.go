package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"
)

// goClient is a client in Go. A function that it does not have is nil.
type goClient struct {
	module, title string
	// stop and tools are its words for why an answer ended.
	stop, tools string
	open        func(url, key string) goCalls
	// status is an error's, or 0 when it is not of the client's own kind.
	status func(error) int
}

type goCalls struct {
	whole, stream func(ctx context.Context, model string) (answer, error)
	rounds        func(ctx context.Context, model string, streamed bool) (rounds, error)
	structured    func(ctx context.Context, model string) (string, error)
	// begin starts a stream and returns after its first text.
	begin func(ctx context.Context, model string) error
}

// answer is what a client understood.
type answer struct {
	text, finish, model string
	pieces              int
	input, output       int64
}

// rounds is a call of a tool and the answer to its result.
type rounds struct {
	name, arguments, finish, text string
}

// schema is of the tool's parameters, and of structured output.
var schema = map[string]any{
	"type":                 "object",
	"properties":           map[string]any{"city": map[string]any{"type": "string"}, "days": map[string]any{"type": "integer"}},
	"required":             []string{"city", "days"},
	"additionalProperties": false,
}

const callTime = 60 * time.Second

func TestGo(t *testing.T) {
	for _, c := range []goClient{openaiGo, openaiGoResponses, anthropicGo, genaiGo, goOpenAI} {
		t.Run(strings.ReplaceAll(c.title, "/", "-"), func(t *testing.T) {
			r := newRig(t, cases...)
			outcomes := c.run(t, r)
			r.judge(t, outcomes, 1)
			results.add(row{c.title + " (Go)", goVersion(t, c.module), outcomes})
			report(t, outcomes)
		})
	}
}

func (c *goClient) run(t *testing.T, r *rig) []outcome {
	t.Helper()
	calls, stranger := c.open(r.URL, r.Key), c.open(r.URL, "fwk_wrong")
	var outcomes []outcome
	for _, f := range families {
		for _, name := range cases {
			x := outcome{name: name, family: f.name, result: pass}
			ctx, cancel := context.WithTimeout(t.Context(), callTime)
			var err error
			switch name {
			case "whole", "stream":
				ask := calls.whole
				if name == "stream" {
					ask = calls.stream
				}
				var a answer
				if a, err = ask(ctx, x.model()); err == nil {
					err = c.judge(f, name, &a)
				}
			case "tools", "tools-stream":
				var got rounds
				if got, err = calls.rounds(ctx, x.model(), name == "tools-stream"); err == nil {
					err = c.judgeRounds(&got)
				}
			case "structured":
				var text string
				if text, err = calls.structured(ctx, x.model()); err == nil && !sameJSON(text, arguments) {
					err = fmt.Errorf("the answer is %q", text)
				}
			case "cancel":
				if err = calls.begin(ctx, x.model()); err == nil {
					cancel()
					if !r.gone(f, name) {
						err = fmt.Errorf("the upstream was not let go")
					}
				}
			default:
				ask, want := calls.whole, map[string]int{"401": 401, "429": 429, "5xx": 502}[name]
				if name == "401" {
					ask = stranger.whole
				}
				_, failed := ask(ctx, x.model())
				if got := c.status(failed); got != want {
					err = fmt.Errorf("status %d: %w", got, failed)
				}
			}
			cancel()
			if err != nil {
				x.fail(err.Error())
			}
			outcomes = append(outcomes, x)
		}
	}
	return outcomes
}

func (c *goClient) judge(f *family, name string, a *answer) error {
	switch {
	case a.text != said:
		return fmt.Errorf("the text is %q", a.text)
	case a.finish != c.stop:
		return fmt.Errorf("it ended with %q", a.finish)
	case a.model != f.name+"-"+name:
		return fmt.Errorf("the model is %q", a.model)
	case a.input != f.input || a.output != 7:
		return fmt.Errorf("usage %d and %d", a.input, a.output)
	case name == "stream" && a.pieces < 2:
		return fmt.Errorf("%d pieces", a.pieces)
	}
	return nil
}

func (c *goClient) judgeRounds(r *rounds) error {
	if r.name != "weather" || !sameJSON(r.arguments, arguments) || r.finish != c.tools || r.text != final {
		return fmt.Errorf("got %+v", *r)
	}
	return nil
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// goVersion is the version of a module that the tests are built with.
func goVersion(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
}
