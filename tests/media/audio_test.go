package media

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// sound is a file that no text reader would leave as it is.
const sound = "ID3\x04\x00\xff\xfb\x90\r\n--not-a-boundary\r\n\x00\n\r{\"model\":\"x\"}"

// TestTranscription holds what reaches the provider and what the caller sees, in
// every format of an answer and at every provider.
func TestTranscription(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	const tokens = `{"text":"hi","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":3,"total_tokens":17}}`
	for _, c := range []struct {
		name, path, provider, uri string
		format                    string
		kind, reply               string
		usage                     fairwaytest.Consumed
	}{
		{"json", "/v1/audio/transcriptions", "oai", "/v1/audio/transcriptions", "json", "application/json", tokens, fairwaytest.Consumed{Input: 4, AudioInput: 10, Output: 3}},
		{"openai", "/openai/v1/audio/transcriptions", "oai", "/v1/audio/transcriptions", "json", "application/json; charset=utf-8", `{"text":"hi","usage":{"type":"duration","seconds":12.25}}`, fairwaytest.Consumed{AudioSeconds: 13}},
		{"verbose", "/v1/audio/translations", "oai", "/v1/audio/translations", "verbose_json", "application/json", `{"task":"translate","language":"german","duration":2.0,"text":"hi","segments":[]}`, fairwaytest.Consumed{AudioSeconds: 2}},
		{"no usage", "/v1/audio/transcriptions", "oai", "/v1/audio/transcriptions", "json", "application/json", `{"text":"hi"}`, fairwaytest.Consumed{Unknown: true}},
		{"text", "/v1/audio/transcriptions", "oai", "/v1/audio/transcriptions", "text", "text/plain; charset=utf-8", "hi\n", fairwaytest.Consumed{Unknown: true}},
		{"srt", "/v1/audio/translations", "oai", "/v1/audio/translations", "srt", "text/plain; charset=utf-8", "1\n00:00:00,000 --> 00:00:01,000\nhi\n", fairwaytest.Consumed{Unknown: true}},
		{"vtt", "/v1/audio/transcriptions", "oai", "/v1/audio/transcriptions", "vtt", "text/vtt", "WEBVTT\n\nhi\n", fairwaytest.Consumed{Unknown: true}},
		{"silence", "/v1/audio/transcriptions", "oai", "/v1/audio/transcriptions", "text", "text/plain", "", fairwaytest.Consumed{Unknown: true}},
		{"azure", "/v1/audio/transcriptions", "az", "/openai/v1/audio/transcriptions", "json", "application/json", tokens, fairwaytest.Consumed{Input: 4, AudioInput: 10, Output: 3}},
		{"dated", "/v1/audio/transcriptions", "dated", "/openai/deployments/UP/audio/transcriptions?api-version=2024-10-21", "json", "application/json", tokens, fairwaytest.Consumed{Input: 4, AudioInput: 10, Output: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			model := "t-" + strings.ReplaceAll(c.name, " ", "-")
			up.On(model, fairwaytest.Whole(200, c.kind, c.reply))
			kind, form := fairwaytest.Form("model", c.provider+"/"+model, "@file", sound, "response_format", c.format, "timestamp_granularities[]", "word", "timestamp_granularities[]", "segment", "other", "kept")
			a := g.Post(t, c.path, form, "Content-Type", kind, "Cookie", "a=b")
			if a.Status != 200 || string(a.Body) != c.reply || a.Header.Get("Content-Type") == "" {
				t.Fatalf("status %d, %s: %q", a.Status, a.Header.Get("Content-Type"), a.Body)
			}
			got := only(t, up, model)
			if got.Method != http.MethodPost || got.URI != strings.ReplaceAll(c.uri, "UP", model) {
				t.Errorf("the provider got %s %s", got.Method, got.URI)
			}
			fields := fairwaytest.ReadForm(got.Header.Get("Content-Type"), got.Body)
			if fields.Get("file") != sound || len(fields["timestamp_granularities[]"]) != 2 || fields.Get("other") != "kept" || len(fields) != 5 {
				t.Errorf("the provider got the form %q", fields)
			}
			r := g.Record(t, a.ID())
			if r.Usage != c.usage || (r.Cost == nil) != (c.usage != fairwaytest.Consumed{}) || r.Class != "" || !strings.HasPrefix(c.path[len(c.path)-len(r.Operation):], r.Operation) {
				t.Errorf("recorded %s, %+v, cost %v", r.Operation, r.Usage, r.Cost)
			}
		})
	}
}

// TestTranscriptionStream holds a transcript that comes in events.
func TestTranscriptionStream(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	const done = `{"type":"transcript.text.done","text":"hi there","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":3,"total_tokens":17}}`
	ask := func(model string) *fairwaytest.Answer {
		kind, form := fairwaytest.Form("model", "oai/"+model, "@file", sound, "stream", "true")
		return g.Post(t, "/v1/audio/transcriptions", form, "Content-Type", kind)
	}
	up.On("events", fairwaytest.SSE(`{"type":"transcript.text.delta","delta":"hi"}`, `{"type":"transcript.text.delta","delta":" there"}`, done))
	a := ask("events")
	want := "data: {\"type\":\"transcript.text.delta\",\"delta\":\"hi\"}\n\ndata: {\"type\":\"transcript.text.delta\",\"delta\":\" there\"}\n\ndata: " + done + "\n\n"
	if a.Status != 200 || string(a.Body) != want || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if r := g.Record(t, a.ID()); !r.Stream || (r.Usage != fairwaytest.Consumed{Input: 4, AudioInput: 10, Output: 3}) {
		t.Errorf("recorded %+v", r)
	}

	// Servers of open models send chunks and a mark.
	up.On("chunks", fairwaytest.SSE(`{"object":"transcription.chunk","model":"chunks","choices":[{"delta":{"content":"hi"}}]}`, `{"object":"transcription.chunk","model":"chunks","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`, "[DONE]"))
	a = ask("chunks")
	if body := string(a.Body); strings.Count(body, `"model":"oai/chunks"`) != 2 || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if r := g.Record(t, a.ID()); (r.Usage != fairwaytest.Consumed{Input: 5, Output: 2}) {
		t.Errorf("recorded %+v", r)
	}

	// Older models answer as a whole whatever is asked for.
	up.On("whole", fairwaytest.JSON(200, `{"text":"hi"}`))
	if a = ask("whole"); a.Status != 200 || string(a.Body) != `{"text":"hi"}` {
		t.Errorf("%d %s", a.Status, a.Body)
	}

	// One that stops short is no whole answer.
	up.On("short", fairwaytest.SSE(`{"type":"transcript.text.delta","delta":"hi"}`))
	if a = ask("short"); !strings.Contains(string(a.Body), `"error"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if r := g.Record(t, a.ID()); r.Class != "bad_output" || !r.Usage.Unknown {
		t.Errorf("recorded %+v", r)
	}
	up.On("error", fairwaytest.SSE(`{"type":"error","error":{"message":"too many","type":"rate_limit_error","code":"rate_limit_exceeded"}}`))
	if a = ask("error"); a.Status != 429 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// TestSpeech holds that sound passes through as it comes.
func TestSpeech(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	go1, go2 := make(chan struct{}), make(chan struct{})
	up.On("slow", func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
		c.Head(200, "Content-Type", "audio/mpeg")
		c.Chunk("first\x00\xff")
		<-go1
		c.Chunk("second")
		<-go2
		c.End()
	})
	r, err := g.Open(context.Background(), http.MethodPost, "/v1/audio/speech", `{"model":"oai/slow","input":"hi","voice":"alloy"}`)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	read := func(want string) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(r.Body, got); err != nil || string(got) != want {
			t.Fatalf("%q (%v)", got, err)
		}
	}
	// The first part is here while the provider has not sent the second.
	read("first\x00\xff")
	close(go1)
	read("second")
	close(go2)
	if rest, err := io.ReadAll(r.Body); err != nil || len(rest) > 0 || r.Header.Get("Content-Type") != "audio/mpeg" {
		t.Errorf("%q, %v, %s", rest, err, r.Header.Get("Content-Type"))
	}
	if got := only(t, up, "slow"); got.URI != "/v1/audio/speech" || string(got.Body) != `{"model":"slow","input":"hi","voice":"alloy"}` {
		t.Errorf("the provider got %s %s", got.URI, got.Body)
	}
	if rec := g.Record(t, r.Header.Get("X-Request-Id")); rec.Operation != "speech" || !rec.Usage.Unknown || rec.Cost != nil || rec.Class != "" {
		t.Errorf("recorded %+v", rec)
	}

	up.On("length", fairwaytest.Whole(200, "audio/wav", sound))
	a := g.Post(t, "/v1/audio/speech", `{"model":"oai/length","input":"hi","voice":"alloy"}`)
	if a.Status != 200 || string(a.Body) != sound || a.Err != nil {
		t.Errorf("%d %q", a.Status, a.Body)
	}

	up.On("events", fairwaytest.SSE(`{"type":"speech.audio.delta","audio":"AAAA"}`, `{"type":"speech.audio.done","usage":{"input_tokens":4,"output_tokens":9,"total_tokens":13}}`))
	a = g.Post(t, "/v1/audio/speech", `{"model":"oai/events","input":"hi","voice":"alloy","stream_format":"sse"}`)
	if a.Status != 200 || strings.Count(string(a.Body), "data: ") != 2 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if rec := g.Record(t, a.ID()); (rec.Usage != fairwaytest.Consumed{Input: 4, AudioOutput: 9}) {
		t.Errorf("recorded %+v", rec.Usage)
	}
}

// TestSpeechBroken holds that a file which is not whole does not look like one.
func TestSpeechBroken(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	up.On("chunked", func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
		c.Head(200, "Content-Type", "audio/mpeg")
		c.Chunk("first")
		c.Close()
	})
	up.On("sized", fairwaytest.Raw("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 100\r\n\r\nfirst"))
	for _, model := range []string{"chunked", "sized"} {
		a := g.Post(t, "/v1/audio/speech", `{"model":"oai/`+model+`","input":"hi","voice":"alloy"}`)
		if a.Err == nil {
			t.Errorf("%s: %d %q looks whole", model, a.Status, a.Body)
		}
		if r := g.Record(t, a.ID()); r.Class != "bad_output" || !r.Usage.Unknown {
			t.Errorf("%s: recorded %+v", model, r)
		}
	}
	for model, reply := range map[string]fairwaytest.Reply{
		"page":  fairwaytest.Whole(200, "text/html", "<html>login</html>"),
		"empty": fairwaytest.Whole(200, "audio/mpeg", ""),
		"json":  fairwaytest.JSON(200, `{"error":{"message":"no such voice"}}`),
	} {
		up.On(model, reply)
		if a := g.Post(t, "/v1/audio/speech", `{"model":"oai/`+model+`","input":"hi","voice":"alloy"}`); a.Status < 400 || strings.Contains(string(a.Body), "login") {
			t.Errorf("%s: %d %q", model, a.Status, a.Body)
		}
	}
}

// TestFormRetries holds that a form goes to the next target as a whole.
func TestFormRetries(t *testing.T) {
	t.Parallel()
	g, up := start(t)
	up.On("primary", fairwaytest.JSON(500, `{"error":{"message":"down"}}`))
	up.On("secondary", fairwaytest.JSON(200, `{"text":"hi"}`))
	kind, form := fairwaytest.Form("@file", sound, "model", "voice")
	a := g.Post(t, "/v1/audio/transcriptions", form, "Content-Type", kind)
	if a.Status != 200 || a.Header.Get("Fairway-Attempts") != "2" || a.Header.Get("Fairway-Target") != "az/secondary" {
		t.Fatalf("%d %v %s", a.Status, a.Header, a.Body)
	}
	for _, model := range []string{"primary", "secondary"} {
		got := only(t, up, model)
		if f := fairwaytest.ReadForm(got.Header.Get("Content-Type"), got.Body); f.Get("file") != sound {
			t.Errorf("%s got %q", model, f)
		}
	}
	if got := only(t, up, "secondary"); got.Header.Get("Api-Key") != "sk-az" || got.Header.Get("Authorization") != "" {
		t.Errorf("the provider got %v", got.Header)
	}
}

// TestFormRefused holds that nothing reaches a provider of a form that two
// readers could take for different ones.
func TestFormRefused(t *testing.T) {
	t.Parallel()
	up := fairwaytest.NewUpstream(t)
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: providers(up.URL), Site: "fairway {\n\tmax_body 64KiB\n}"})
	up.On("no", fairwaytest.JSON(200, `{"text":"hi"}`))
	canary := fairwaytest.NewCanary(t)
	evil := "http://" + canary.Address + "/v1"
	const path = "/v1/audio/transcriptions"
	for _, c := range []struct {
		name   string
		pairs  []string
		status int
		code   string
		param  string
	}{
		{"no model", []string{"@file", sound}, 400, "invalid_model", "model"},
		{"two models", []string{"model", "oai/no", "@file", sound, "model", "oai/no"}, 400, "duplicate_key", "model"},
		{"model in another case", []string{"model", "oai/no", "Model", "claude/no"}, 400, "unsupported_parameter", "Model"},
		{"model as a file", []string{"@model", "oai/no"}, 400, "invalid_type", "model"},
		{"empty model", []string{"model", ""}, 400, "invalid_model", "model"},
		{"dots", []string{"model", "oai/../no"}, 400, "invalid_model", "model"},
		{"line break", []string{"model", "oai/no\r\n"}, 400, "invalid_model", "model"},
		{"stream", []string{"model", "oai/no", "stream", "maybe"}, 400, "invalid_type", "stream"},
		{"base_url", []string{"model", "oai/no", "base_url", evil}, 400, "unsupported_parameter", "base_url"},
		{"api_base", []string{"model", "oai/no", "API_BASE", evil}, 400, "unsupported_parameter", "API_BASE"},
		{"extra_headers", []string{"model", "oai/no", "extra_headers", "{}"}, 400, "unsupported_parameter", "extra_headers"},
		{"api_key", []string{"model", "oai/no", "api_key", "sk-x"}, 400, "unsupported_parameter", "api_key"},
		{"unknown model", []string{"model", "gone"}, 404, "model_not_found", "model"},
		{"no such operation", []string{"model", "claude/no"}, 400, "unsupported_operation", "model"},
	} {
		kind, form := fairwaytest.Form(c.pairs...)
		a := g.Post(t, path, form, "Content-Type", kind)
		if e := a.Error(t); a.Status != c.status || e.CodeOf() != c.code || e.ParamOf() != c.param {
			t.Errorf("%s: %d %s", c.name, a.Status, a.Body)
		}
	}
	kind, form := fairwaytest.Form("model", "oai/no", "@file", sound)
	for _, c := range []struct {
		name, kind, form string
		status           int
	}{
		{"json", "application/json", `{"model":"oai/no"}`, 415},
		{"no boundary", "multipart/form-data", form, 400},
		{"two boundaries", kind + "; boundary=x", form, 400},
		{"other boundary", "multipart/form-data; boundary=x", form, 400},
		{"preamble", kind, "x\r\n" + form, 400},
		{"epilogue", kind, form + "x", 400},
		{"bare line feeds", kind, strings.ReplaceAll(form, "\r\n", "\n"), 400},
		{"cut", kind, form[:len(form)-6], 400},
		{"empty", kind, "", 400},
		{"too large", kind, strings.Replace(form, sound, strings.Repeat("x", 100_000), 1), 413},
	} {
		if a := g.Post(t, path, c.form, "Content-Type", c.kind); a.Status != c.status {
			t.Errorf("%s: %d %s", c.name, a.Status, a.Body)
		}
	}
	// What steers beside the body is of no effect.
	up.On("yes", fairwaytest.JSON(200, `{"text":"hi"}`))
	kind, form = fairwaytest.Form("model", "oai/yes", "@file", sound)
	a := g.Post(t, path+"?api_base="+evil+"&base_url="+evil, form, "Content-Type", kind, "X-Api-Base", evil, "X-Upstream-Host", canary.Address, "Fairway-Base-Url", evil)
	if got := only(t, up, "yes"); a.Status != 200 || got.URI != path || strings.Contains(got.Header.Get("X-Upstream-Host"), canary.Address) {
		t.Errorf("%d, the provider got %s %v", a.Status, got.URI, got.Header)
	}
	if n := canary.Connections(); n != 0 || len(up.Requests("no")) != 0 {
		t.Errorf("%d connections to another place, %d requests of refused calls", n, len(up.Requests("no")))
	}
}
