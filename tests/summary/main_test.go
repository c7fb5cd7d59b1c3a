package main

import (
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	const good = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: note: all is well\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
`
	for name, c := range map[string]struct {
		in     string
		strict bool
		failed bool
		says   []string
	}{
		"passed": {good + `{"Action":"pass","Package":"p","Elapsed":1.25}`, true, false, []string{"TestA: all is well", "ok    p  1 passed, 0 failed, 0 skipped  (1.2s)"}},
		"failed": {good + `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:1: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p"}`, false, true, []string{"b_test.go:1: wrong", "FAIL  p  1 passed, 1 failed"}},
		"skipped": {`{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:1: no node\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"--- SKIP: TestC\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"pass","Package":"p"}`, false, false, []string{"1 skipped"}},
		"skipped, strictly": {`{"Action":"skip","Package":"p","Test":"TestC"}`, true, true, nil},
		"without the corpus": {`{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:1: the corpus of recordings is absent: x\n"}
{"Action":"skip","Package":"p","Test":"TestC"}`, true, false, nil},
		"does not compile": {`{"ImportPath":"p","Action":"build-output","Output":"p.go:1: undefined: x\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"fail","Package":"p","FailedBuild":"p"}`, false, true, []string{"undefined: x"}},
		"cut off":  {`{"Action":"output","Package":"p","Test":"TestD","Output":"=== RUN TestD\n"}`, false, true, []string{"did not end"}},
		"no JSON":  {"go: cannot find main module\n", false, true, []string{"cannot find"}},
		"no tests": {`{"Action":"skip","Package":"p"}`, true, false, []string{"total: 0 passed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r := &report{out: &out, output: map[[2]string][]string{}, counts: map[string]*counts{}, strict: c.strict}
			if err := r.read(strings.NewReader(c.in)); err != nil {
				t.Fatal(err)
			}
			r.end()
			if r.failed != c.failed {
				t.Errorf("failed %t, want %t", r.failed, c.failed)
			}
			for _, part := range c.says {
				if !strings.Contains(out.String(), part) {
					t.Errorf("the summary lacks %q:\n%s", part, out.String())
				}
			}
		})
	}
}
