package gateway

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs commands as a shell does.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/commands",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// status <n> <args>… runs fairway, which must end with that status.
			"status": func(s *testscript.TestScript, _ bool, args []string) {
				err := s.Exec("fairway", args[1:]...)
				var ended *exec.ExitError
				if !errors.As(err, &ended) || strconv.Itoa(ended.ExitCode()) != args[0] {
					s.Fatalf("it ended with %v, not with %s", err, args[0])
				}
			},
		},
	})
}
