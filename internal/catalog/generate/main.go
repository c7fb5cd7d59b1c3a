// Command generate writes the catalogue's data files from the api.json of
// models.dev, one for each vendor that is listed here:
//
//	go run ./internal/catalog/generate -commit f3fc6922 -date 2026-07-02 api.json
//
// It is run at the root of the repository. The result is checked in.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/fairwaygw/fairway/internal/catalog"
)

// vendors are those that the catalog has, by their names in the source.
var vendors = []string{
	"alibaba", "alibaba-cn", "amazon-bedrock", "anthropic", "azure", "baseten",
	"berget", "cerebras", "chutes", "cloudflare-workers-ai", "cohere", "cortecs",
	"databricks", "deepinfra", "deepseek", "digitalocean", "fireworks-ai", "friendli",
	"github-models", "gmicloud", "google", "google-vertex", "groq", "huggingface",
	"inception", "inference", "io-net", "minimax", "mistral", "moonshotai",
	"morph", "nebius", "novita-ai", "nvidia", "ollama-cloud", "openai",
	"openrouter", "ovhcloud", "perplexity", "scaleway", "siliconflow", "snowflake-cortex",
	"stepfun", "togetherai", "upstage", "venice", "vercel", "wandb",
	"xai", "zai", "zhipuai",
}

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "generate:", err)
		}
		os.Exit(1)
	}
}

var dateForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// run writes the files; notes get what was left out or mended, and why.
func run(args []string, notes io.Writer) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(notes)
	commit := flags.String("commit", "", "commit of github.com/anomalyco/models.dev that api.json is of")
	date := flags.String("date", "", "date of that commit, as 2026-07-02")
	only := flags.String("vendors", "", "only these vendors, as a,b")
	dir := flags.String("dir", filepath.Join("internal", "catalog", "data"), "where the files go")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *commit == "" || !dateForm.MatchString(*date) {
		return errors.New("usage: generate -commit <commit> -date <yyyy-mm-dd> <api.json>")
	}
	text, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	var s source
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("reading %s: %w", flags.Arg(0), err)
	}
	wanted := vendors
	if *only != "" {
		wanted = strings.Split(*only, ",")
	}
	for _, vendor := range wanted {
		f := catalog.File{
			Vendor:  vendor,
			Version: "models.dev/" + *date,
			Source:  "models.dev (MIT), github.com/anomalyco/models.dev commit " + *commit + ", " + *date,
		}
		c := converter{source: s, vendor: vendor, notes: notes}
		if f.Models, err = c.models(); err != nil {
			return fmt.Errorf("converting %s: %w", vendor, err)
		}
		out, err := render(&f)
		if err != nil {
			return fmt.Errorf("writing %s: %w", vendor, err)
		}
		if err := os.WriteFile(filepath.Join(*dir, vendor+".json"), out, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// render writes the file with one model a line, and sees that it can be read.
func render(f *catalog.File) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n\"vendor\": %q,\n\"version\": %q,\n\"source\": %q,\n\"models\": [\n", f.Vendor, f.Version, f.Source)
	for i := range f.Models {
		line, err := json.Marshal(&f.Models[i])
		if err != nil {
			return nil, err
		}
		b.Write(line)
		if i < len(f.Models)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]\n}\n")
	_, err := catalog.Read(b.Bytes())
	return b.Bytes(), err
}
