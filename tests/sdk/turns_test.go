package sdk

import (
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestSecondTurn goes on from an answer of a provider that keeps none, by
// OpenAI's own library, and then reads and deletes what is kept.
func TestSecondTurn(t *testing.T) {
	t.Parallel()
	up := fairwaytest.NewUpstream(t)
	up.On("m", fairwaytest.JSON(200, fairwaytest.AnthropicMessage("one")), fairwaytest.JSON(200, fairwaytest.AnthropicMessage("two")))
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: "provider claude anthropic {\n\tbase_url " + up.URL + "\n\tapi_key sk-test\n}\nexpose claude/m\n"})
	client := openai.NewClient(option.WithBaseURL(g.URL+"/v1/"), option.WithAPIKey(g.Key))
	ask := func(text, previous string) *responses.Response {
		t.Helper()
		p := responses.ResponseNewParams{Model: "claude/m", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(text)}}
		if previous != "" {
			p.PreviousResponseID = openai.String(previous)
		}
		r, err := client.Responses.New(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := ask("first question", "")
	second := ask("second question", first.ID)
	if second.PreviousResponseID != first.ID || second.OutputText() != "two" {
		t.Errorf("got %s after %q", second.OutputText(), second.PreviousResponseID)
	}
	body := string(up.Last(t, "m").Body)
	at := 0
	for _, said := range []string{"first question", "one", "second question"} {
		i := strings.Index(body[at:], `"`+said+`"`)
		if i < 0 {
			t.Fatalf("%q does not stand where it was said: %s", said, body)
		}
		at += i
	}
	again, err := client.Responses.Get(t.Context(), first.ID, responses.ResponseGetParams{})
	if err != nil || again.OutputText() != "one" {
		t.Errorf("got %v (%v)", again, err)
	}
	items, err := client.Responses.InputItems.List(t.Context(), second.ID, responses.InputItemListParams{})
	if err != nil || len(items.Data) != 1 || !strings.Contains(items.Data[0].RawJSON(), "second question") {
		t.Errorf("got %v (%v)", items, err)
	}
	if err := client.Responses.Delete(t.Context(), first.ID); err != nil {
		t.Error(err)
	}
	if _, err := client.Responses.Get(t.Context(), first.ID, responses.ResponseGetParams{}); err == nil {
		t.Error("it is there still")
	}
}
