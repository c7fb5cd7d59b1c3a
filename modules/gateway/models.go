package gateway

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// Model is a model as a list shows it.
type Model struct {
	Name string
	// Owner is the provider of the first target.
	Owner string
	// Since is when the model came to be known here.
	Since time.Time
}

// ModelList is in order of names, each once.
type ModelList []Model

// Index is the place of a name, or -1.
func (l ModelList) Index(name string) int {
	i, found := slices.BinarySearchFunc(l, name, func(m Model, name string) int { return strings.Compare(m.Name, name) })
	if !found {
		return -1
	}
	return i
}

// After is the place of the first name behind one, which may be gone by now.
func (l ModelList) After(name string) int {
	i, found := slices.BinarySearchFunc(l, name, func(m Model, name string) int { return strings.Compare(m.Name, name) })
	if found {
		i++
	}
	return i
}

// Only is the part of the list that may be seen.
func (l ModelList) Only(may func(name string) bool) ModelList {
	kept := make(ModelList, 0, len(l))
	for _, m := range l {
		if may(m.Name) {
			kept = append(kept, m)
		}
	}
	return kept
}

// Models lists what can be called. What is callable under a pattern is listed
// as far as the catalog or the provider knows it.
func (a *App) Models() ModelList { return a.table.Load().models }

// FindModel finds a model that can be called, whether it is listed or not.
func (a *App) FindModel(name string) (Model, bool) {
	t := a.table.Load()
	if i := t.models.Index(name); i >= 0 {
		return t.models[i], true
	}
	for _, x := range t.exposed {
		if x.matches(name) {
			return Model{Name: name, Owner: x.provider, Since: started}, true
		}
	}
	return Model{}, false
}

// started stands for the time since when a model is known: it must not change
// with each reload.
var started = time.Now()

// knownModels are the models that a provider, or else the catalog, knows of.
func (b *routeBuilder) knownModels(p llm.Provider) []string {
	if l, ok := p.(llm.ModelLister); ok {
		return l.Models()
	}
	d, ok := p.(llm.Describer)
	if !ok {
		return nil
	}
	v, ok := b.catalog.Vendor(d.Vendor())
	if !ok {
		return nil
	}
	names := make([]string, 0, len(v.Models))
	for _, m := range v.Models {
		names = append(names, m.ID)
	}
	return names
}

// ModelNotFound is the answer to a name that nothing is called by, or that the
// caller may not know of: they cannot be told apart.
func ModelNotFound(name string) *llm.Error {
	return &llm.Error{
		Status: http.StatusNotFound, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "model_not_found", Param: "model",
		Message: "the model `" + llm.CleanMessage(clip(name, 200)) + "` does not exist or you have no access to it",
	}
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
