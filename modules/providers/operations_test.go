package providers

import (
	"errors"
	"io"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// TestOperations holds which operations providers have, in which dialect before
// which front, and where they are.
func TestOperations(t *testing.T) {
	noGoogle(t)
	tokens := newTokenServer(t)
	file := serviceAccount(t, tokens.URL)
	s, got := vendor(t)
	keyed := func(base, more string) string {
		return `{"base_url":"` + s.URL + base + `","api_keys":["k"]` + more + `}`
	}
	at := `{"base_url":"` + s.URL + `","project":"p","location":"global","credentials_file":"` + file + `"}`
	for _, c := range []struct {
		kind, config, model string
		op                  llm.Operation
		front               string
		// dialect and uri are empty where the provider lacks the operation.
		dialect, uri string
	}{
		{"openai_compatible", keyed("/v1", ""), "m", llm.OpEmbeddings, "gemini-embed", "openai-embeddings", "/v1/embeddings"},
		{"openai_compatible", keyed("/v1", ""), "m", llm.OpRerank, "cohere-rerank", "openai-rerank", "/v1/rerank"},
		{"openai_compatible", keyed("/v1", ""), "m", llm.OpModerations, "", "openai-moderations", "/v1/moderations"},
		{"openai_compatible", keyed("/v1", ""), "m", llm.OpCompletions, "", "openai-completions", "/v1/completions"},
		{"openai_compatible", keyed("/v1", `,"vendor":"groq"`), "m", llm.OpCompletions, "", "", ""},
		{"openai_compatible", keyed("/v1", `,"vendor":"openai"`), "gpt-5", llm.OpCompletions, "", "", ""},
		{"openai_compatible", keyed("/v1", `,"vendor":"openai"`), "gpt-3.5-turbo-instruct", llm.OpCompletions, "", "openai-completions", "/v1/completions"},
		{"openai_compatible", keyed("/v1", ""), "m", llm.OpCountTokens, "anthropic-count", "", ""},
		{"azure_openai", keyed("", ""), "m", llm.OpEmbeddings, "", "openai-embeddings", "/openai/v1/embeddings"},
		{"azure_openai", keyed("", `,"api_version":"2024-10-21"`), "d/1", llm.OpEmbeddings, "", "openai-embeddings", "/openai/deployments/d%2F1/embeddings?api-version=2024-10-21"},
		{"azure_openai", keyed("", ""), "m", llm.OpRerank, "", "", ""},
		{"anthropic", keyed("", ""), "m", llm.OpCountTokens, "gemini-count", "anthropic-count", "/v1/messages/count_tokens"},
		{"anthropic", keyed("", ""), "m", llm.OpEmbeddings, "", "", ""},
		{"cohere", keyed("", ""), "m", llm.OpEmbeddings, "openai-embeddings", "cohere-embed", "/v2/embed"},
		{"cohere", keyed("", ""), "m", llm.OpEmbeddings, "cohere-embed-v1", "cohere-embed-v1", "/v1/embed"},
		{"cohere", keyed("", ""), "m", llm.OpRerank, "", "cohere-rerank", "/v2/rerank"},
		{"cohere", keyed("", ""), "m", llm.OpCountTokens, "", "", ""},
		{"ollama", keyed("", ""), "m", llm.OpEmbeddings, "", "ollama-embed", "/api/embed"},
		{"ollama", keyed("", ""), "m", llm.OpEmbeddings, "ollama-embeddings", "ollama-embeddings", "/api/embeddings"},
		{"ollama", keyed("", ""), "m", llm.OpRerank, "", "", ""},
		{"gemini", keyed("", ""), "m?x", llm.OpEmbeddings, "gemini-embed", "gemini-embed", "/v1beta/models/m%3Fx:embedContent"},
		{"gemini", keyed("", ""), "models/m", llm.OpEmbeddings, "openai-embeddings", "gemini-embed-batch", "/v1beta/models/m:batchEmbedContents"},
		{"gemini", keyed("", ""), "m", llm.OpCountTokens, "", "gemini-count", "/v1beta/models/m:countTokens"},
		{"gemini", keyed("", ""), "m", llm.OpRerank, "", "", ""},
		{"vertex", at, "m", llm.OpEmbeddings, "", "vertex-predict", "/v1/projects/p/locations/global/publishers/google/models/m:predict"},
		{"vertex", at, "m", llm.OpCountTokens, "", "gemini-count", "/v1/projects/p/locations/global/publishers/google/models/m:countTokens"},
		{"vertex", at, "m", llm.OpRerank, "", "", ""},
	} {
		*got = nil
		p := mustLoad(t, c.kind, c.config)
		var d llm.Dialect
		switch p := p.(type) {
		case llm.Versed:
			d = p.SpeaksTo(c.op, c.model, c.front)
		case llm.Speaker:
			d = p.Speaks(c.op)
		}
		if d == nil {
			if c.dialect != "" {
				t.Errorf("%s lacks %s", c.kind, c.op)
			}
			continue
		}
		if d.Name() != c.dialect {
			t.Errorf("%s before %q has %s as %s, want %q", c.kind, c.front, c.op, d.Name(), c.dialect)
		}
		a, err := p.Send(t.Context(), &llm.Outgoing{Operation: c.op, Dialect: d.Name(), Model: c.model, Body: []byte(`{"generateContentRequest":{"model":"m","contents":[]}}`)})
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		_, _ = io.Copy(io.Discard, a.Body)
		if err := a.Body.Close(); err != nil {
			t.Error(err)
		}
		if len(*got) != 1 || (*got)[0].uri != c.uri {
			t.Errorf("%s: sent %+v, want %s", c.kind, *got, c.uri)
		} else if unwrapped := (*got)[0].body == `{"contents":[]}`; unwrapped != (c.kind == "vertex" && c.op == llm.OpCountTokens) {
			t.Errorf("%s: sent %s", c.kind, (*got)[0].body)
		}
	}
	// What a provider does not have is not sent, whoever asks.
	*got = nil
	var e *llm.Error
	_, err := mustLoad(t, "anthropic", keyed("", "")).Send(t.Context(), &llm.Outgoing{Operation: llm.OpRerank, Model: "m", Body: []byte("{}")})
	if !errors.As(err, &e) || e.Code != "unsupported_operation" || len(*got) > 0 {
		t.Errorf("%v, sent %+v", err, *got)
	}
}
