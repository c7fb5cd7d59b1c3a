package conformance

import (
	"fmt"
	"os"
	"testing"
)

// TestMain writes what came out into the page that TABLE names.
func TestMain(m *testing.M) {
	code := m.Run()
	if page := os.Getenv("TABLE"); page != "" {
		if err := results.write(page); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// report makes a test of each outcome.
func report(t *testing.T, outcomes []outcome) {
	t.Helper()
	for _, x := range outcomes {
		t.Run(x.family+"/"+x.name, func(t *testing.T) {
			switch x.result {
			case fail:
				t.Error(x.why)
			case none:
				t.Skip("the client has no such thing")
			}
			if x.calls > 1 {
				t.Logf("%d calls", x.calls)
			}
		})
	}
}
