package media

import (
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

const pictureUsage = `"usage":{"input_tokens":60,"input_tokens_details":{"text_tokens":10,"image_tokens":50},"output_tokens":700,"total_tokens":760}`

func TestImages(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	const reply = `{"created":1,"data":[{"b64_json":"iVBORw0KGgo="}],` + pictureUsage + `}`
	for _, c := range []struct{ name, path, operation string }{
		{"edit", "/v1/images/edits", "image_edits"},
		{"variation", "/openai/v1/images/variations", "image_variations"},
	} {
		up.On(c.name, fairwaytest.JSON(200, reply))
		kind, form := fairwaytest.Form("model", "oai/"+c.name, "@image[]", "\x89PNG\r\n\x1a\n", "@image[]", sound, "prompt", "a cat", "n", "2")
		a := g.Post(t, c.path, form, "Content-Type", kind)
		if a.Status != 200 || string(a.Body) != reply {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		got := only(t, up, c.name)
		f := fairwaytest.ReadForm(got.Header.Get("Content-Type"), got.Body)
		if len(f["image[]"]) != 2 || f["image[]"][1] != sound || f.Get("prompt") != "a cat" {
			t.Errorf("%s: the provider got %q", c.name, f)
		}
		if r := g.Record(t, a.ID()); r.Operation != c.operation || (r.Usage != fairwaytest.Consumed{Input: 10, ImageInput: 50, ImageOutput: 700}) {
			t.Errorf("recorded %s %+v", r.Operation, r.Usage)
		}
	}
	up.On("none", fairwaytest.JSON(200, `{"created":1,"data":[{"url":"https://example.com/a.png"}]}`))
	a := g.Post(t, "/v1/images/generations", `{"model":"oai/none","prompt":"a cat"}`)
	if r := g.Record(t, a.ID()); a.Status != 200 || !r.Usage.Unknown || r.Cost != nil {
		t.Errorf("recorded %+v, cost %v", r.Usage, r.Cost)
	}
}

// TestImageStream holds pictures that come in parts.
func TestImageStream(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	events := func(kind string, completed int) string {
		part := "event: " + kind + ".partial_image\ndata: {\"type\":\"" + kind + ".partial_image\",\"partial_image_index\":0,\"b64_json\":\"" + strings.Repeat("A", 100_000) + "\"}\n\n"
		return part + strings.Repeat("event: "+kind+".completed\ndata: {\"type\":\""+kind+".completed\",\"b64_json\":\"AAAA\","+pictureUsage+"}\n\n", completed)
	}
	for _, c := range []struct {
		name, path string
		n          int
	}{{"generate", "/v1/images/generations", 1}, {"several", "/v1/images/generations", 2}, {"edited", "/v1/images/edits", 1}} {
		kind := "image_generation"
		contentType, body := "application/json", `{"model":"oai/`+c.name+`","prompt":"a cat","stream":true,"partial_images":1,"n":`+string(rune('0'+c.n))+`}`
		if c.name == "edited" {
			kind = "image_edit"
			contentType, body = fairwaytest.Form("model", "oai/edited", "@image", sound, "stream", "true")
		}
		want := events(kind, c.n)
		up.On(c.name, fairwaytest.Stream(want, 4000))
		a := g.Post(t, c.path, body, "Content-Type", contentType)
		if a.Status != 200 || string(a.Body) != want {
			t.Errorf("%s: %d, %d bytes, want %d: %.300s", c.name, a.Status, len(a.Body), len(want), a.Body)
		}
		used := fairwaytest.Consumed{Input: 10 * int64(c.n), ImageInput: 50 * int64(c.n), ImageOutput: 700 * int64(c.n)}
		if r := g.Record(t, a.ID()); !r.Stream || r.Usage != used {
			t.Errorf("%s: recorded %+v", c.name, r.Usage)
		}
	}
}
