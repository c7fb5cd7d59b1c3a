package corpus

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// operation is an API of the recordings beside chat: the provider that has it,
// and the caller's path, in which MODEL stands for the model.
type operation struct {
	api, provider, base string
	path                string
	name                string
}

var operations = []operation{
	{"openai.embeddings", "openai_compatible", "/v1", "/v1/embeddings", "embeddings"},
	{"mistral.embeddings", "openai_compatible", "/v1", "/v1/embeddings", "embeddings"},
	{"openrouter.embeddings", "openai_compatible", "/v1", "/v1/embeddings", "embeddings"},
	{"venice.embeddings", "openai_compatible", "/v1", "/v1/embeddings", "embeddings"},
	{"voyage.embeddings", "openai_compatible", "/v1", "/v1/embeddings", "embeddings"},
	{"perplexity.embeddings", "openai_compatible", "/v1", "/v1/embeddings", "embeddings"},
	{"doubleword.embeddings", "openai_compatible", "/v1", "/v1/embeddings", "embeddings"},
	{"llamacpp.embeddings", "openai_compatible", "/v1", "/v1/embeddings", "embeddings"},
	{"azure_openai.embeddings", "azure_openai", "", "/v1/embeddings", "embeddings"},
	{"cohere.embed", "cohere", "", "", "embeddings"},
	{"ollama.embed", "ollama", "", "/ollama", "embeddings"},
	{"gemini.batchEmbedContents", "gemini", "", "/v1beta/models/MODEL:batchEmbedContents", "embeddings"},
	{"anthropic.count_tokens", "anthropic", "", "", "count_tokens"},
	{"gemini.countTokens", "gemini", "", "/v1beta/models/MODEL:countTokens", "count_tokens"},
	{"cohere.rerank", "cohere", "", "/v2/rerank", "rerank"},
	{"llamacpp.rerank", "openai_compatible", "/v1", "/v1/rerank", "rerank"},
	{"openai.moderations", "openai_compatible", "/v1", "/v1/moderations", "moderations"},
	{"openai.completions", "openai_compatible", "/v1", "/v1/completions", "completions"},
	{"vllm.completions", "openai_compatible", "/v1", "/v1/completions", "completions"},
}

// TestOperations holds that each recorded exchange of an operation beside chat
// passes behind its own front: what reaches the provider is what was recorded,
// but for the model, and so is what the caller gets.
func TestOperations(t *testing.T) {
	t.Parallel()
	found := recordings(t, "openai_embeddings", "cohere_embed", "ollama_native", "gemini_embeddings", "token_count", "rerank", "moderations", "openai_completions")
	byAPI := map[string][]*recording{}
	for _, list := range found {
		for _, r := range list {
			byAPI[r.API] = append(byAPI[r.API], r)
		}
	}
	up := fairwaytest.NewUpstream(t)
	var config strings.Builder
	for _, o := range operations {
		for _, r := range byAPI[o.api] {
			// Some failures rest on the provider's key, so each has its own.
			fmt.Fprintf(&config, "provider p-%s %s {\n\tbase_url %s%s\n\tapi_key sk-test\n}\nexpose p-%s/*\n", r.ID, o.provider, up.URL, o.base, r.ID)
		}
	}
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: config.String()})
	total := 0
	for _, o := range operations {
		list := byAPI[o.api]
		if len(list) == 0 {
			t.Errorf("%s: there are no recordings", o.api)
		}
		passed := 0
		for _, r := range list {
			if r.Request == nil {
				t.Logf("note: left out: %s: its request is not recorded", r.ID)
				continue
			}
			if t.Run(r.ID, func(t *testing.T) { passes(t, g, up, o, r) }) {
				passed++
			}
		}
		total += passed
		t.Logf("note: %s: %d of %d recordings pass unchanged", o.api, passed, len(list))
	}
	t.Logf("note: %d recorded operations pass unchanged", total)
}

func passes(t *testing.T, g *fairwaytest.Gateway, up *fairwaytest.Upstream, o operation, r *recording) {
	public := "p-" + r.ID + "/" + r.ID
	up.On(r.ID, r.reply())
	path := o.path
	switch {
	case o.api == "ollama.embed":
		path += r.Request.Path
	case path == "":
		path = r.Request.Path
	}
	a := g.Post(t, strings.ReplaceAll(path, "MODEL", public), renamed(t, r.Request.Body, public))
	got := up.Requests(r.ID)
	if len(got) == 0 {
		t.Fatalf("nothing reached the provider: %d %s", a.Status, a.Body)
	}
	want := renamed(t, r.Request.Body, r.ID)
	if r.Stream { // usage is asked for in any case
		want = strings.TrimSuffix(want, "}") + `,"stream_options":{"include_usage":true}}`
	}
	if !sameJSON(string(got[0].Body), want) {
		t.Errorf("the provider got\n%s\nwant\n%s", got[0].Body, want)
	}
	if r.Response.Status != 200 {
		if a.Status < 400 {
			t.Errorf("the recorded %d became %d: %s", r.Response.Status, a.Status, a.Body)
		}
		return
	}
	if a.Status != 200 || a.Err != nil {
		t.Fatalf("status %d (%v): %.1000s", a.Status, a.Err, a.Body)
	}
	if r.Stream {
		sameEvents(t, r, a)
	} else {
		sameButModel(t, r.Response.Body, a.Body)
	}
	rec := g.Record(t, a.ID())
	if rec.Operation != o.name || o.name == "count_tokens" && rec.Usage != (fairwaytest.Consumed{}) {
		t.Errorf("recorded %s, %+v", rec.Operation, rec.Usage)
	}
	if o.name == "embeddings" && rec.Usage.InputTotal() == 0 || rec.Usage.Reasoning > 0 {
		t.Errorf("recorded %+v", rec.Usage)
	}
}

// renamed is a recorded request with its model replaced, wherever it stands.
// A name in a path may be repeated with its collection before it.
func renamed(t *testing.T, body json.RawMessage, model string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	rename(v, model, false)
	return string(encode(t, v))
}

func rename(v any, model string, below bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	if s, ok := m["model"].(string); ok {
		if strings.HasPrefix(s, "models/") {
			m["model"] = "models/" + model
		} else {
			m["model"] = model
		}
	}
	if below {
		return
	}
	rename(m["generateContentRequest"], model, true)
	if list, ok := m["requests"].([]any); ok {
		for _, item := range list {
			rename(item, model, true)
		}
	}
}

// sameEvents compares the chunks of a stream, but for usage that the caller did
// not ask for.
func sameEvents(t *testing.T, r *recording, a *fairwaytest.Answer) {
	t.Helper()
	want, err := r.payloads()
	if err != nil {
		t.Fatal(err)
	}
	got, err := fairwaytest.Payloads(a.Body)
	if err != nil || len(got) != len(want)+1 || got[len(got)-1] != "[DONE]" {
		t.Fatalf("%d events, want %d and an end mark (%v)", len(got), len(want), err)
	}
	for i, data := range want {
		var w, x map[string]any
		if err := json.Unmarshal(data, &w); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got[i]), &x); err != nil {
			t.Fatal(err)
		}
		delete(w, "model")
		delete(x, "model")
		delete(w, "usage")
		delete(x, "usage")
		if !reflect.DeepEqual(w, x) {
			t.Errorf("event %d is\n%s\nwant\n%s", i, got[i], data)
		}
	}
}
