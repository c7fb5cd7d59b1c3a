package gemini

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// forms are the ways in which a stream of chunks may come.
var forms = map[string]func(chunks ...string) string{
	"events":            func(c ...string) string { return "data: " + strings.Join(c, "\r\n\r\ndata: ") + "\r\n\r\n" },
	"events with LF":    func(c ...string) string { return "\ufeff: hello\n\ndata:" + strings.Join(c, "\n\ndata:") },
	"events, then done": func(c ...string) string { return "data: " + strings.Join(c, "\n\ndata: ") + "\n\ndata: [DONE]\n\n" },
	"a list":            func(c ...string) string { return "[" + strings.Join(c, "\n,\r\n") + "\n]\n" },
	"a list left open":  func(c ...string) string { return " [\n" + strings.Join(c, ",") },
}

// TestStreamOfOneChunk checks that a chunk in a stream says what it does alone.
func TestStreamOfOneChunk(t *testing.T) {
	t.Parallel()
	for _, tt := range chunks {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := decodeStream(t, strings.NewReader(tt.body), llm.StreamOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about  string
		chunks []string
		want   llm.Response
	}{
		{
			"text",
			[]string{
				`{"candidates":[{"content":{"parts":[{"text":"Hé"}],"role":"model"},"index":0}],"usageMetadata":{"trafficType":"ON_DEMAND"},"modelVersion":"m","responseId":"r"}`,
				`{"candidates":[{"content":{"parts":[{"text":"llo"}]}}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}`,
				`{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"c2ln"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2},"responseId":"other"}`,
			},
			llm.Response{ID: "r", Model: "m", Choices: []llm.Choice{choice("STOP", llm.FinishStop, signed(text("Héllo"), "c2ln"))}, Usage: &llm.Usage{Input: 3, Output: 2}},
		},
		{
			"a call, and the end apart",
			[]string{
				`{"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"f","args":{"a":1}}}]}}],"responseId":"r"}`,
				`{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}`,
			},
			llm.Response{ID: "r", Choices: []llm.Choice{choice("STOP", llm.FinishToolCalls, call("c", "f", `{"a":1}`))}},
		},
		{
			"calls in several chunks",
			[]string{
				`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}],"responseId":"r"}`,
				`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}]}`,
			},
			llm.Response{ID: "r", Choices: []llm.Choice{choice("STOP", llm.FinishToolCalls,
				call(inventedID("r", 0, 0, &llm.ToolCall{Name: "f"}), "f", "{}"), call(inventedID("r", 0, 1, &llm.ToolCall{Name: "f"}), "f", "{}"))}},
		},
		{
			"stop in every chunk, then more",
			[]string{
				`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`,
				`{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS"}]}`,
				`{"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP"}]}`,
			},
			llm.Response{Choices: []llm.Choice{choice("MAX_TOKENS", llm.FinishLength, text("abc"))}},
		},
		{
			"two candidates in turn",
			[]string{
				`{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":0}]}`,
				`{"candidates":[{"content":{"parts":[{"text":"x"}]},"index":1}]}`,
				`{"candidates":[{"content":{"parts":[{"text":"b"}]},"index":0,"finishReason":"STOP"},{"index":1,"finishReason":"SAFETY"}]}`,
			},
			llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, text("ab")), at(1, choice("SAFETY", llm.FinishContentFilter, text("x")))}},
		},
		{
			"blocked in the middle",
			[]string{
				`{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`,
				`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}`,
			},
			llm.Response{Choices: []llm.Choice{choice("PROHIBITED_CONTENT", llm.FinishContentFilter, text("a"))}},
		},
		{
			"arguments in pieces",
			[]string{
				`{"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"f","willContinue":true},"thoughtSignature":"c2ln"}]}}]}`,
				`{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.a.city","stringValue":"New ","willContinue":true},{"jsonPath":"$.n","numberValue":2.5}],"willContinue":true}}]}}]}`,
				`{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.a.city","stringValue":"York"},{"jsonPath":"$['l'][1]","boolValue":true},{"jsonPath":"$.z","nullValue":"NULL_VALUE"},{"jsonPath":"nonsense","boolValue":true},{"jsonPath":"$.l[99999999]","boolValue":true}],"willContinue":true}}]}}]}`,
				`{"candidates":[{"content":{"parts":[{"functionCall":{}}]}}]}`,
				`{"candidates":[{"finishReason":"STOP"}]}`,
			},
			llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishToolCalls, signed(call("c", "f", `{"a":{"city":"New York"},"n":2.5,"l":[null,true],"z":null}`), "c2ln"))}},
		},
		{
			"sound in pieces",
			[]string{
				`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16;rate=24000","data":"AQ=="}}]}}]}`,
				`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16;rate=24000","data":"AgM="}}]},"finishReason":"STOP"}]}`,
			},
			llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, llm.Part{Kind: llm.PartAudio, Media: &llm.Media{MIMEType: "audio/L16;rate=24000", Data: "AQID"}})}},
		},
		{
			"sources at the end, of the whole text",
			[]string{
				`{"candidates":[{"content":{"parts":[{"text":"né "}]},"groundingMetadata":{"webSearchQueries":["x"]}}]}`,
				`{"candidates":[{"content":{"parts":[{"text":"à Paris"}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example"}}],"groundingSupports":[{"segment":{"startIndex":4,"endIndex":7},"groundingChunkIndices":[0]}]}}]}`,
			},
			llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, cites(text("né à Paris"), llm.Citation{URL: "https://a.example", Start: 3, End: 5}))}},
		},
	}
	for _, tt := range tests {
		for name, form := range forms {
			t.Run(tt.about+" as "+name, func(t *testing.T) {
				t.Parallel()
				body := form(tt.chunks...)
				for _, r := range []io.Reader{strings.NewReader(body), iotest.OneByteReader(strings.NewReader(body)), iotest.DataErrReader(strings.NewReader(body))} {
					got, err := decodeStream(t, r, llm.StreamOptions{})
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(tt.want, *got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				}
			})
		}
	}
}

func TestStreamErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range unusableBodies {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			_, err := decodeStream(t, strings.NewReader(tt.body), llm.StreamOptions{})
			if tt.about == "half an object" || tt.about == "an empty list" {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			var e *llm.Error
			if !errors.As(err, &e) || e.Status != tt.status || e.Reason != tt.reason {
				t.Errorf("error %+v; want status %d and reason %q", e, tt.status, tt.reason)
			}
		})
	}
}

// TestCutOff checks every stream that stops short of its end.
func TestCutOff(t *testing.T) {
	t.Parallel()
	list := []string{
		`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":3}}`,
		`{"candidates":[{"content":{"parts":[{"text":"b"}]}}]}`,
		`{"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP"}]}`,
	}
	for name, form := range forms {
		if strings.Contains(name, "done") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := form(list...)
			last := strings.LastIndex(body, `{"candidates"`)
			for n := range last {
				r, err := decodeStream(t, strings.NewReader(body[:n]), llm.StreamOptions{})
				if err == nil {
					t.Fatalf("%q is taken for a whole stream", body[:n])
				}
				var e *llm.Error
				if said := len(r.Choices[0].Message.Parts) > 0; said && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &e) {
					t.Fatalf("%q: error %v", body[:n], err)
				} else if said && errors.Is(err, io.ErrUnexpectedEOF) && (r.Usage == nil || r.Usage.Input != 3) {
					t.Fatalf("%q: usage %+v", body[:n], r.Usage)
				}
			}
			_, err := decodeStream(t, io.MultiReader(strings.NewReader(body[:last]), iotest.ErrReader(errors.New("reset"))), llm.StreamOptions{})
			var e *llm.Error
			if !errors.As(err, &e) || e.Class != llm.ClassTransport {
				t.Errorf("a broken connection gives %v", err)
			}
			_, err = decodeStream(t, io.MultiReader(strings.NewReader(body[:last]), iotest.ErrReader(io.ErrUnexpectedEOF)), llm.StreamOptions{})
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("a body that ends too early gives %v", err)
			}
		})
	}
}

func TestErrorInStream(t *testing.T) {
	t.Parallel()
	list := []string{
		`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":3}}`,
		`{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`,
		`{"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP"}]}`,
	}
	for name, form := range forms {
		d := Dialect{}.NewStreamDecoder(strings.NewReader(form(list...)), llm.StreamOptions{})
		var kinds []llm.EventKind
		var failure *llm.Error
		for {
			events, err := d.Next()
			for _, e := range events {
				if e.Kind != llm.EventPing {
					kinds = append(kinds, e.Kind)
				}
				if e.Err != nil {
					failure = e.Err
				}
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
		}
		if diff := cmp.Diff([]llm.EventKind{llm.EventStart, llm.EventText, llm.EventUsage, llm.EventError}, kinds); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if failure == nil || failure.Status != 503 {
			t.Errorf("%s: %+v", name, failure)
		}
		if _, err := d.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: then %v", name, err)
		}
	}
}

func TestStreamBounds(t *testing.T) {
	t.Parallel()
	big := `{"candidates":[{"content":{"parts":[{"text":"` + strings.Repeat("x", 5000) + `"}]},"finishReason":"STOP"}]}`
	for name, body := range map[string]string{
		"an event": "data: " + big + "\n\n", "an element": "[" + big + "]", "an object": big,
		"sound": `[` + strings.Repeat(`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/pcm","data":"`+strings.Repeat("AAAA", 100)+`"}}]}}]},`, 20) + `{}]`,
	} {
		_, err := decodeStream(t, strings.NewReader(body), llm.StreamOptions{MaxEvent: 4096})
		var e *llm.Error
		if !errors.As(err, &e) || e.Class != llm.ClassBadOutput || e.Reason != "too_large" {
			t.Errorf("%s: error %v", name, err)
		}
		if name == "sound" {
			continue
		}
		if _, err := decodeStream(t, strings.NewReader(body), llm.StreamOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStreamStrings checks that events stay as they are until the next call.
func TestStreamStrings(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	for _, word := range []string{"one", "two", "three"} {
		body.WriteString(`data: {"candidates":[{"content":{"parts":[{"text":"` + word + `"},{"executableCode":{"code":"` + word + `"}}]}}]}` + "\n\n")
	}
	d := Dialect{}.NewStreamDecoder(&body, llm.StreamOptions{})
	for _, word := range []string{"one", "two", "three"} {
		events, err := d.Next()
		if err != nil {
			t.Fatal(err)
		}
		last := events[len(events)-2:]
		if last[0].Text != word || string(last[1].Data) != `{"executableCode":{"code":"`+word+`"}}` {
			t.Errorf("%q and %s, want %s", last[0].Text, last[1].Data, word)
		}
	}
}
