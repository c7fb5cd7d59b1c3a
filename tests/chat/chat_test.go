package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func TestWholeAnswers(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	for _, d := range dialects() {
		t.Run(d.provider, func(t *testing.T) {
			t.Parallel()
			model := d.provider + "-whole"
			const text = "Größe: 3 \"m²\" 😀\n"
			up.On(model, fairwaytest.JSON(200, d.whole(text)))
			public := d.provider + "/" + model
			a := g.Chat(t, fairwaytest.Ask(public))
			s := chat(t, a)
			if s.Text != text || s.Finish != "stop" || !slices.Equal(s.Models, []string{public}) {
				t.Errorf("text %q, finish %q, models %q", s.Text, s.Finish, s.Models)
			}
			if s.Usage == nil || *s.Usage != d.usage {
				t.Errorf("usage %+v, want %+v", s.Usage, d.usage)
			}
			checkHeaders(t, a, public, "application/json")
			if a.Header.Get("Fairway-Cost") != "" {
				t.Errorf("a cost of %s without a price", a.Header.Get("Fairway-Cost"))
			}
			r := up.Last(t, model)
			if r.Method != http.MethodPost || r.URI != d.path(model) || r.Header.Get(d.keyHeader) != d.key {
				t.Errorf("the provider got %s %s with %s %q", r.Method, r.URI, d.keyHeader, r.Header.Get(d.keyHeader))
			}
			if !bytes.Contains(r.Body, []byte("hello")) {
				t.Errorf("the provider got %s", r.Body)
			}
			checkRecord(t, g.Record(t, a.ID()), public, d.usage, false)
		})
	}
}

func TestStreamedAnswers(t *testing.T) {
	t.Parallel()
	g, up := start(t, "")
	for _, d := range dialects() {
		for _, usage := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, usage %t", d.provider, usage), func(t *testing.T) {
				t.Parallel()
				model := fmt.Sprintf("%s-stream-%t", d.provider, usage)
				up.On(model, fairwaytest.Stream(d.stream("Grö", "ße 😀", "\n"), 0))
				public := d.provider + "/" + model
				ask := fairwaytest.AskStream(public)
				if usage {
					ask = fairwaytest.AskStreamUsage(public)
				}
				a := g.Chat(t, ask)
				s := complete(t, a)
				if s.Text != "Größe 😀\n" || s.Finish != "stop" || !slices.Equal(s.Models, []string{public}) {
					t.Errorf("text %q, finish %q, models %q", s.Text, s.Finish, s.Models)
				}
				checkHeaders(t, a, public, "text/event-stream")
				checkUsageChunks(t, s, usage, d.usage)
				checkRecord(t, g.Record(t, a.ID()), public, d.usage, true)
				r := up.Last(t, model)
				if r.URI != d.streamPath(model) {
					t.Errorf("the provider got %s, want %s", r.URI, d.streamPath(model))
				}
				if d.provider == "oai" && !bytes.Contains(r.Body, []byte(`"include_usage":true`)) {
					t.Errorf("the provider was not asked for usage: %s", r.Body)
				}
			})
		}
	}
}

// checkUsageChunks holds that usage stands in a chunk of its own when it was
// asked for, and nowhere when it was not.
func checkUsageChunks(t *testing.T, s *fairwaytest.Said, asked bool, want fairwaytest.Usage) {
	t.Helper()
	empty, named := 0, 0
	for _, c := range s.Chunks {
		var chunk map[string]json.RawMessage
		if err := json.Unmarshal(c, &chunk); err != nil {
			t.Fatal(err)
		}
		if string(chunk["choices"]) == "[]" {
			empty++
		}
		if u, ok := chunk["usage"]; ok && (string(u) != "null" || !asked) {
			named++
		}
	}
	switch {
	case asked && (s.Usage == nil || *s.Usage != want):
		t.Errorf("usage %+v, want %+v", s.Usage, want)
	case asked && (empty != 1 || named != 1):
		t.Errorf("%d chunks without choices and %d with usage, want 1 and 1", empty, named)
	case !asked && (s.Usage != nil || empty+named > 0):
		t.Errorf("nobody asked for usage, but there are %d chunks without choices and %d with usage", empty, named)
	}
}

func checkHeaders(t *testing.T, a *fairwaytest.Answer, target, contentType string) {
	t.Helper()
	for name, want := range map[string]string{
		"Fairway-Target": target, "Fairway-Attempts": "1", "Cache-Control": "private, no-store",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := a.Header.Get("Content-Type"); !strings.HasPrefix(got, contentType) {
		t.Errorf("Content-Type: %q", got)
	}
	if !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Authorization") {
		t.Errorf("Vary: %q", a.Header.Values("Vary"))
	}
	if a.ID() == "" || a.Header.Get("Request-Id") != a.ID() {
		t.Errorf("X-Request-Id %q, Request-Id %q", a.ID(), a.Header.Get("Request-Id"))
	}
}

func checkRecord(t *testing.T, r fairwaytest.Record, model string, usage fairwaytest.Usage, stream bool) {
	t.Helper()
	if r.Status != 200 || r.Model != model || r.Stream != stream || r.Front != "openai" || r.Finish != "stop" || len(r.Attempts) != 1 {
		t.Errorf("the record is %+v", r)
	}
	u := r.Usage
	got := fairwaytest.Usage{Prompt: u.InputTotal(), Completion: u.OutputTotal(), Cached: u.CacheRead, Reasoning: u.Reasoning}
	if got != usage || u.Estimated {
		t.Errorf("the record's usage is %+v (estimated %t), want %+v", got, u.Estimated, usage)
	}
	if r.Key == "" || r.Application == "" || r.Tenant == "" {
		t.Errorf("the record does not say who called: %+v", r)
	}
}

// TestModelsOfTheGateway holds that a model's own name stands in the answer,
// whatever stands behind it.
func TestModelsOfTheGateway(t *testing.T) {
	t.Parallel()
	g, up := start(t, "model fast {\n\ttarget oai/inner\n}")
	up.On("inner", fairwaytest.JSON(200, fairwaytest.Completion("fine")), fairwaytest.SSE(fairwaytest.Completed("fine")...))
	a := g.Chat(t, fairwaytest.Ask("fast"))
	if s := chat(t, a); !slices.Equal(s.Models, []string{"fast"}) {
		t.Errorf("models %q", s.Models)
	}
	if got := a.Header.Get("Fairway-Target"); got != "oai/inner" {
		t.Errorf("Fairway-Target %q", got)
	}
	if s := complete(t, g.Chat(t, fairwaytest.AskStream("fast"))); !slices.Equal(s.Models, []string{"fast"}) {
		t.Errorf("models %q", s.Models)
	}
	if strings.Contains(string(up.Last(t, "inner").Body), "fast") {
		t.Error("the provider got the public name")
	}
}

func TestUnknownModels(t *testing.T) {
	t.Parallel()
	g, up := start(t, "model fast {\n\ttarget oai/inner\n}")
	for _, model := range []string{"slow", "fast2", "inner", "nobody/inner", "oai/", "FAST"} {
		a := g.Chat(t, fairwaytest.Ask(model))
		if a.Status != 404 {
			t.Errorf("%q: status %d, want 404: %s", model, a.Status, a.Body)
			continue
		}
		if e := a.Error(t); e.CodeOf() != "model_not_found" || e.Type != "invalid_request_error" {
			t.Errorf("%q: %+v", model, e)
		}
	}
	if n := len(up.All()); n > 0 {
		t.Errorf("%d requests reached the provider", n)
	}
}

func TestListOfModels(t *testing.T) {
	t.Parallel()
	g, _ := start(t, "model fast {\n\ttarget oai/inner\n}\nmodel slow {\n\ttarget claude/inner\n}\nexpose oai/gpt-named")
	var list struct {
		Object string
		Data   []struct {
			ID, Object string
			Created    int64
			OwnedBy    string `json:"owned_by"`
		}
	}
	g.Call(t, "GET", "/v1/models", "").JSON(t, &list)
	var names []string
	for _, m := range list.Data {
		names = append(names, m.ID)
		if m.Object != "model" || m.Created == 0 || m.OwnedBy == "" {
			t.Errorf("an entry is %+v", m)
		}
	}
	for _, want := range []string{"fast", "slow", "oai/gpt-named"} {
		if !slices.Contains(names, want) {
			t.Errorf("the list lacks %q: %q", want, names)
		}
	}
	for _, name := range names {
		if strings.Contains(name, "*") {
			t.Errorf("the list has the pattern %q", name)
		}
	}
	if list.Object != "list" {
		t.Errorf("object %q", list.Object)
	}

	var page struct {
		Data []struct {
			ID, Type    string
			DisplayName string `json:"display_name"`
			CreatedAt   string `json:"created_at"`
		}
		HasMore bool   `json:"has_more"`
		FirstID string `json:"first_id"`
		LastID  string `json:"last_id"`
	}
	g.Call(t, "GET", "/v1/models?limit=1", "", "Anthropic-Version", "2023-06-01", "Authorization", "", "X-Api-Key", g.Key).JSON(t, &page)
	if len(page.Data) != 1 || page.Data[0].Type != "model" || page.Data[0].DisplayName == "" || page.Data[0].CreatedAt == "" || !page.HasMore || page.FirstID != page.Data[0].ID {
		t.Errorf("the page is %+v", page)
	}

	var one struct{ ID, Object string }
	g.Call(t, "GET", "/v1/models/fast", "").JSON(t, &one)
	if one.ID != "fast" || one.Object != "model" {
		t.Errorf("the model is %+v", one)
	}
	a := g.Call(t, "GET", "/v1/models/nothing", "")
	if e := a.Error(t); a.Status != 404 || e.CodeOf() != "model_not_found" {
		t.Errorf("status %d, code %q", a.Status, e.CodeOf())
	}
	if a := g.Call(t, "GET", "/v1/models", "", "Authorization", ""); a.Status != 401 {
		t.Errorf("without a key: status %d", a.Status)
	}
}

func TestCosts(t *testing.T) {
	t.Parallel()
	g, up := start(t, "price oai/priced {\n\tinput 2\n\toutput 10\n\tcache_read 0.5\n}")
	up.On("priced", fairwaytest.JSON(200, fairwaytest.Completion("fine")), fairwaytest.SSE(fairwaytest.Completed("fine")...))
	// 7 × $2 + 4 × $0.50 + 7 × $10, a million tokens each.
	const want = "0.000086"
	a := g.Chat(t, fairwaytest.Ask("oai/priced"))
	chat(t, a)
	if got := a.Header.Get("Fairway-Cost"); got != want {
		t.Errorf("Fairway-Cost %q, want %q", got, want)
	}
	a = g.Chat(t, fairwaytest.AskStream("oai/priced"))
	complete(t, a)
	if got := a.Trailer.Get("Fairway-Cost"); got != want {
		t.Errorf("the trailer Fairway-Cost %q, want %q", got, want)
	}
	for _, r := range g.Records(t) {
		if r.Cost == nil || r.Cost.String() != want && r.Cost.String() != "86000" {
			t.Errorf("a record costs %v", r.Cost)
		}
	}
}
