// Command generate writes the catalogue's data files from the api.json of
// models.dev, one for each vendor that is listed here:
//
//	go run ./internal/catalog/generate -commit f3fc6922 -date 2026-07-02 api.json
//
// It is run at the root of the repository. The result is checked in.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/source"
)

// vendors are those that the catalog has, by their names in the source.
var vendors = []string{
	"aihubmix", "alibaba", "alibaba-cn", "amazon-bedrock", "anthropic", "azure",
	"baseten", "berget", "cerebras", "chutes", "clarifai", "cloudflare-workers-ai",
	"cohere", "cortecs", "databricks", "deepinfra", "deepseek", "digitalocean",
	"fireworks-ai", "friendli", "github-models", "gmicloud", "google", "google-vertex",
	"groq", "helicone", "huggingface", "inception", "inference", "io-net",
	"llama", "llmgateway", "lmstudio", "minimax", "minimax-cn", "mistral",
	"modelscope", "moonshotai", "moonshotai-cn", "morph", "nano-gpt", "nebius",
	"novita-ai", "nvidia", "ollama-cloud", "openai", "opencode", "openrouter",
	"ovhcloud", "perplexity", "poe", "poolside", "qiniu-ai", "regolo-ai",
	"requesty", "sarvam", "scaleway", "siliconflow", "siliconflow-cn", "snowflake-cortex",
	"stackit", "stepfun", "synthetic", "togetherai", "upstage", "venice",
	"vercel", "vultr", "wandb", "xai", "xiaomi", "zai",
	"zenmux", "zhipuai",
}

func main() {
	if err := run(os.Args[1:], endingsText, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "generate:", err)
		}
		os.Exit(1)
	}
}

var dateForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// run writes the files; notes get what was left out or mended, and why. endings
// is what vendors have announced.
func run(args []string, endings []byte, notes io.Writer) error {
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
	all, err := source.Read(text)
	if err != nil {
		return fmt.Errorf("reading %s: %w", flags.Arg(0), err)
	}
	if all.Shape != source.ModelsDev {
		return fmt.Errorf("reading %s: it is no api.json of models.dev", flags.Arg(0))
	}
	wanted := vendors
	if *only != "" {
		wanted = strings.Split(*only, ",")
	}
	for _, n := range slices.Concat(all.Refused, all.Mended) {
		if vendor, _, _ := strings.Cut(n.Path, "."); slices.Contains(wanted, vendor) {
			fmt.Fprintln(notes, n)
		}
	}
	for _, vendor := range wanted {
		i := slices.IndexFunc(all.Vendors, func(f catalog.File) bool { return f.Vendor == vendor })
		if i < 0 {
			return fmt.Errorf("converting %s: the source has no such vendor", vendor)
		}
		// What is checked in must have no gaps that nobody has seen.
		if i := slices.IndexFunc(all.Refused, func(n source.Note) bool { return n.Path == vendor || strings.HasPrefix(n.Path, vendor+".") }); i >= 0 {
			return fmt.Errorf("converting %s: %s", vendor, all.Refused[i])
		}
		f := all.Vendors[i]
		f.Version = "models.dev/" + *date
		f.Source = "models.dev (MIT), github.com/anomalyco/models.dev commit " + *commit + ", " + *date
		if err := end(&f, endings); err != nil {
			return err
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

// render writes the file, and sees that it can be read.
func render(f *catalog.File) ([]byte, error) {
	text, err := f.Text()
	if err == nil {
		_, err = catalog.Read(text)
	}
	return text, err
}
