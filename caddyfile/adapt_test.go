package caddyfile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"github.com/google/go-cmp/cmp"

	_ "github.com/fairwaygw/fairway"
)

var update = flag.Bool("update", false, "write what is seen into the golden files")

const separator = "----------\n"

// TestAdapt adapts every file of testdata and compares with what stands below
// its line of dashes: the JSON, or the error. Warnings come before the JSON, as
// comments.
func TestAdapt(t *testing.T) {
	files, err := filepath.Glob("testdata/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	adapter := caddyconfig.GetAdapter("caddyfile")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".caddyfiletest"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := bytes.Cut(text, []byte(separator))
			if !ok && !*update {
				t.Fatalf("%s has no line of dashes", file)
			}
			var got bytes.Buffer
			out, warnings, err := adapter.Adapt(input, map[string]any{"filename": "Caddyfile"})
			for _, w := range warnings {
				got.WriteString("# " + w.String() + "\n")
			}
			if err != nil {
				got.WriteString(err.Error() + "\n")
			} else if err := json.Indent(&got, out, "", "\t"); err != nil {
				t.Fatal(err)
			} else {
				got.WriteByte('\n')
			}
			if *update {
				if err := os.WriteFile(file, append(append(bytes.Clone(input), separator...), got.Bytes()...), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("adapting %s (-want +got):\n%s", file, diff)
			}
		})
	}
}
