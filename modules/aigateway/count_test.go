package aigateway

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/anthropic"
	"github.com/fairwaygw/fairway/llm/gemini"
	"github.com/fairwaygw/fairway/llm/openai"
)

// TestEstimatesFitWhatProvidersCount compares estimates with what providers
// said of recorded prompts.
func TestEstimatesFitWhatProvidersCount(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("FAIRWAY_CORPUS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	index, err := os.Open(filepath.Join(folder, "index.jsonl"))
	if err != nil {
		t.Skipf("the corpus of recordings is absent: %v", err)
	}
	defer index.Close()
	fronts := map[string]llm.Front{"openai_chat": openai.Dialect{}, "anthropic_messages": anthropic.Dialect{}, "gemini_generate_content": gemini.Dialect{}}
	// All others are vendors whose ways are not known.
	vendors := map[string]string{
		"openai.chat": "openai", "azure_openai.chat": "azure", "anthropic.messages": "anthropic", "gemini.generateContent": "google", "vertex.generateContent": "google",
	}
	ratios := map[string][]float64{}
	lines := bufio.NewScanner(index)
	for lines.Scan() {
		var entry struct {
			File, Family, API string
			Tags              []string
		}
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatal(err)
		}
		front := fronts[entry.Family]
		media := slices.ContainsFunc(entry.Tags, func(tag string) bool {
			return slices.Contains([]string{"vision", "document", "audio", "video", "web_search", "server_tool", "code_execution", "cached_content", "mcp", "grounding"}, tag)
		})
		if front == nil || media {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.File))
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			Request  *struct{ Body json.RawMessage }
			Response struct {
				Status int
				Body   json.RawMessage
			}
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		if r.Request == nil || r.Response.Status != 200 || len(r.Response.Body) == 0 {
			continue
		}
		upstream, ok := front.(llm.Upstream)
		if !ok {
			t.Fatalf("%T reads no answers", front)
		}
		answer, err := upstream.DecodeResponse(r.Response.Body)
		if err != nil || answer.Usage == nil || answer.Usage.InputTotal() == 0 {
			continue
		}
		var in llm.Inspection
		if front.Inspect(r.Request.Body, &in) != nil {
			continue
		}
		request, err := front.DecodeRequest(r.Request.Body)
		if err != nil {
			continue
		}
		vendor := vendors[entry.API]
		ratios[vendor] = append(ratios[vendor], float64(ledger.EstimatePrompt(request, vendor))/float64(answer.Usage.InputTotal()))
	}
	for _, vendor := range []string{"openai", "anthropic", "google", ""} {
		list := ratios[vendor]
		if len(list) < 5 {
			t.Errorf("%q: only %d prompts were compared", vendor, len(list))
			continue
		}
		slices.Sort(list)
		median := list[len(list)/2]
		t.Logf("note: %q: %d prompts, estimated at %.2f of what was counted (median; from %.2f to %.2f)", vendor, len(list), median, list[0], list[len(list)-1])
		if math.Abs(math.Log(median)) > math.Log(1.4) {
			t.Errorf("%q: estimates are off by the factor %.2f in the middle", vendor, median)
		}
	}
}
