package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// parsed are the files of a folder, without its tests.
func parsed(t *testing.T, dir string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// TestEveryNeutralField holds that no part of the neutral request is missing:
// neither a name that can be reported, nor a field of the struct.
func TestEveryNeutralField(t *testing.T) {
	t.Parallel()
	var listed []string
	set := map[string]bool{}
	for _, n := range Neutrals {
		listed = append(listed, string(n.Field))
		r := llm.Request{Messages: []llm.Message{{Parts: make([]llm.Part, 1)}}}
		if n.With != nil {
			n.With(&r)
		}
		before := r
		n.Set(&r)
		for i := range reflect.TypeFor[llm.Request]().NumField() {
			if !reflect.DeepEqual(reflect.ValueOf(before).Field(i).Interface(), reflect.ValueOf(r).Field(i).Interface()) {
				set[reflect.TypeFor[llm.Request]().Field(i).Name] = true
			}
		}
	}
	// These are of embeddings, which have forms of their own (llm/operation).
	listed = append(listed, string(llm.FieldDimensions), string(llm.FieldPurpose), string(llm.FieldTitle), string(llm.FieldTruncate))
	for _, f := range parsed(t, "..") {
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) == 0 {
				return true
			}
			if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Field" {
				if name, ok := text(v.Values[0]); !ok || !slices.Contains(listed, name) {
					t.Errorf("llm.%s is not in the table", v.Names[0].Name)
				}
			}
			return true
		})
	}
	// These are not told by a field of a chat's body that a dialect may lack.
	apart := []string{"Model", "Messages", "Stream", "IncludeUsage", "Embed", "Rerank", "Extra"}
	for i := range reflect.TypeFor[llm.Request]().NumField() {
		name := reflect.TypeFor[llm.Request]().Field(i).Name
		if !set[name] && !slices.Contains(apart, name) {
			t.Errorf("nothing in the table sets llm.Request.%s", name)
		}
	}
}

// TestEveryFrontField holds that every field that a front's decoder knows, or
// that its encoder carries without a neutral meaning, is in the table.
func TestEveryFrontField(t *testing.T) {
	t.Parallel()
	// What every request has, and what the gateway itself goes on from.
	apart := []string{"model", "messages", "input", "contents", "text", "previous_response_id", "conversation"}
	for _, front := range Fronts() {
		var names []string
		for _, f := range front.Fields {
			path := strings.FieldsFunc(f.Name, func(r rune) bool { return r == '.' || r == '[' || r == ']' || r == ' ' })
			names = append(names, path...)
		}
		known := 0
		for _, f := range parsed(t, filepath.Join("..", front.Name)) {
			ast.Inspect(f, func(n ast.Node) bool {
				var found []string
				switch n := n.(type) {
				case *ast.FuncDecl:
					if !slices.Contains([]string{"field", "generationConfig", "options"}, n.Name.Name) || !ofDecoder(n) {
						return true
					}
					ast.Inspect(n, func(n ast.Node) bool {
						if c, ok := n.(*ast.CaseClause); ok {
							for _, e := range c.List {
								if s, ok := text(e); ok {
									found = append(found, s)
								}
							}
						}
						return true
					})
				case *ast.ValueSpec:
					if n.Names[0].Name != "carriedExtra" {
						return true
					}
					found = extras(n)
				default:
					return true
				}
				for _, name := range found {
					known++
					if !slices.Contains(names, name) && !slices.Contains(apart, name) {
						t.Errorf("%s: %s is not in the table", front.Name, name)
					}
				}
				return false
			})
		}
		if known < 8 {
			t.Errorf("%s: only %d fields are found in the sources", front.Name, known)
		}
	}
}

// extras are the names in a dialect's list of what it carries without a neutral
// meaning.
func extras(v *ast.ValueSpec) (names []string) {
	for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
		if row, ok := e.(*ast.CompositeLit); ok {
			e = row.Elts[0]
		}
		if s, ok := text(e); ok {
			names = append(names, s)
		}
	}
	return names
}

func ofDecoder(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	name, ok := star.X.(*ast.Ident)
	return ok && name.Name == "requestDecoder"
}

// TestPage holds that docs/dialects.md is made of the table.
func TestPage(t *testing.T) {
	t.Parallel()
	const file = "../../docs/dialects.md"
	want := page()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/dialects.md is stale; run go test ./llm/policy -run TestPage -update")
	}
}

// signs stand for the fates on the page.
var signs = map[Fate]string{Carried: "●", Varies: "◐", Bent: "≈", Dropped: "○", Refused: "✕", Passes: "=", Implied: "·"}

const pageHead = `# Fields and dialects

What becomes of each field of a request when the model's provider speaks another dialect than the caller. Between equal dialects nothing is translated: the request passes as it is, but for the model's name and what [the configuration](configuration.md) asks for.

| | |
|---|---|
| ● | carried: the provider is told, in its own words |
| ◐ | carried for some models or vendors of that dialect; for the others dropped, or bent to what they have, and reported |
| ≈ | bent to what comes nearest, and reported |
| ○ | dropped and reported |
| ✕ | refused, with 400 |
| · | nothing to tell: the address says it, the dialect does so anyway, or has no word for it and loses nothing |
| = | passes as it is |

` + "`previous_response_id`" + ` is answered from what the gateway has kept, before every provider; ` + "`conversation`" + ` is refused where the provider is another than OpenAI. Embeddings, reranking and token counts have [forms of their own](calling.md).

What is reported stands in the header ` + "`Fairway-Dropped-Params`" + ` and in the call's record, in the caller's own words. With ` + "`Fairway-Strict: true`, or `strict`" + ` in the model, a request of which anything would be reported is refused with 400 instead.

The tables are data (` + "`llm/policy`" + `). A test sends each field through each dialect, for several models and vendors, and fails when a table is wrong, or when a dialect knows a field that is in none of them.
`

// page is docs/dialects.md.
func page() string {
	titles := map[string]string{
		"openai": "OpenAI chat", "responses": "Responses", "anthropic": "Anthropic", "gemini": "Gemini", "bedrock": "Bedrock",
		"cohere": "Cohere", "ollama": "Ollama",
	}
	var b strings.Builder
	b.WriteString(pageHead)
	head := func(title, first string) {
		b.WriteString("\n## " + title + "\n\n| " + first)
		for _, u := range Upstreams {
			b.WriteString(" | " + titles[u])
		}
		b.WriteString(" |\n|" + strings.Repeat("---|", len(Upstreams)+1) + "\n")
	}
	row := func(name string, f Fates) {
		b.WriteString("| `" + name + "`")
		for _, u := range Upstreams {
			b.WriteString(" | " + signs[f.Of(u)])
		}
		b.WriteString(" |\n")
	}
	head("What a dialect may lack", "named as in OpenAI chat")
	for _, n := range Neutrals {
		row(string(n.Field), n.Fates)
	}
	for _, front := range Fronts() {
		head("Callers of "+titles[front.Name], "field")
		for _, f := range front.Fields {
			row(f.Name, f.Fates)
		}
	}
	return b.String()
}
