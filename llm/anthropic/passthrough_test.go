package anthropic

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func TestEditRequest(t *testing.T) {
	t.Parallel()
	const mine, strange, tagged = `{"type":"thinking","thinking":"a","signature":"c2ln"}`, `{"type":"thinking","thinking":"b","signature":"none:"}`, `{"signature":"google:c2ln","thinking":"","type":"thinking"}`
	body := func(content string) string {
		return `{"foo":[12345678901234567890,1e400,"\u00e9"], "messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[` + content + `]}],"max_tokens":5 ,"model":"m"}`
	}
	const text = `{"type":"text","text":"x"}`
	for _, tt := range []struct{ about, content, want string }{
		{"nothing strange", mine + "," + text, mine + "," + text},
		{"first", strange + " , " + text, " " + text},
		{"last", text + " , " + strange, text + " "},
		{"in the middle", mine + "," + strange + "," + text, mine + "," + text},
		{"in a row", mine + "," + strange + ", " + tagged + "," + text, mine + "," + text},
		{"in a row at the end", text + "," + strange + ", " + tagged, text},
		{"apart", strange + "," + text + "," + tagged, text},
		{"everywhere", strange + "," + text + "," + tagged + "," + mine + "," + strange + "," + tagged, text + "," + mine},
		{"alone", strange, string(standIn)},
		{"alone in a row", strange + "," + tagged, string(standIn)},
		{"no signature at all", `{"type":"thinking","thinking":"a"},` + text, `{"type":"thinking","thinking":"a"},` + text},
		{"no thought", `{"type":"x","signature":"a:b"}`, `{"type":"x","signature":"a:b"}`},
	} {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			if err := (Dialect{}).Inspect([]byte(body(tt.content)), &in); err != nil {
				t.Fatal(err)
			}
			got := Dialect{}.EditRequest([]byte("kept"), []byte(body(tt.content)), &in, llm.RequestEdit{Model: "new\""})
			want := "kept" + strings.Replace(body(tt.want), `"model":"m"`, `"model":"new\""`, 1)
			if string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			got = Dialect{}.EditRequest(nil, []byte(body(tt.content)), &in, llm.RequestEdit{Model: "m"})
			if string(got) != body(tt.want) {
				t.Errorf("got  %s\nwant %s", got, body(tt.want))
			}
		})
	}
}

func TestRelay(t *testing.T) {
	t.Parallel()
	stream := strings.ReplaceAll(textStream, "event: x\n", "event: y\n") + ": a comment\n\n"
	out, f, err := relayed(reads(stream), llm.RelayOptions{Model: "pub\"lic", HideUsage: true})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(strings.Replace(stream, `"claude-x"`, `"pub\"lic"`, 1), "event: y", "event: message_start", 1)
	want = strings.TrimSuffix(want, ": a comment\n\n") // nothing follows the end
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if f.ID != "msg_1" || f.Model != "claude-x" || f.Finish != llm.FinishStop || f.NativeFinish != "end_turn" || f.Usage != *usual() || !f.Content || f.OutputBytes != 5 {
		t.Errorf("facts %+v", f)
	}
}

func TestRelayOddities(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		about, stream, want string
		bytes               int64
		repaired            bool
	}{
		{about: "no end", stream: events(endTurn), want: events(endTurn) + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"},
		{about: "no last line", stream: strings.TrimRight(events(endTurn, messageStop), "\n"), want: events(endTurn, messageStop)},
		{about: "another dialect's end", stream: events(endTurn) + "data: [DONE]\n\n", want: events(endTurn)},
		{about: "CRLF and comments", stream: ": hi\r\n\r\ndata: " + endTurn + "\r\n\r\ndata:" + messageStop + "\r\n\r\n", want: ": hi\r\n\r\ndata: " + endTurn + "\r\n\r\ndata:" + messageStop + "\r\n\r\n"},
		{about: "padding", stream: events(textDelta("a"), textDelta("bc")+"  ", textDelta(`\u00e9`)[:len(textDelta(`\u00e9`))-1]+"  }", endTurn, messageStop), want: events(textDelta("a"), textDelta("bc")+"  ", textDelta(`\u00e9`)[:len(textDelta(`\u00e9`))-1]+"  }", endTurn, messageStop), bytes: 5},
		{about: "no UTF-8", stream: events(textDelta("a"), textDelta("\xff"), endTurn, messageStop), want: events(textDelta("a"), textDelta("\ufffd"), endTurn, messageStop), bytes: 4, repaired: true},
		{about: "pieces of calls", stream: events(jsonDelta(`{\"a\"`), jsonDelta(`:1}`), endTurn, messageStop), want: events(jsonDelta(`{\"a\"`), jsonDelta(`:1}`), endTurn, messageStop), bytes: 7},
		{about: "unknown events", stream: events(`{"type":"new","usage":{"input_tokens":9},"delta":{"stop_reason":"x"}}`, endTurn, messageStop), want: events(`{"type":"new","usage":{"input_tokens":9},"delta":{"stop_reason":"x"}}`, endTurn, messageStop)},
		{about: "a start of several lines", stream: "data: {\"type\":\"message_start\",\ndata: \"message\":{\"model\":\"x\"}}\n\n" + events(endTurn, messageStop), want: "event: message_start\ndata: {\"type\":\"message_start\", \"message\":{\"model\":\"public\"}}\n\n" + events(endTurn, messageStop)},
	} {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			out, f, err := relayed(reads(tt.stream), llm.RelayOptions{Model: "public"})
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != tt.want {
				t.Errorf("got\n%q\nwant\n%q", out, tt.want)
			}
			if f.OutputBytes != tt.bytes || f.Repaired != tt.repaired || f.NativeFinish != "end_turn" || f.Usage != (llm.Usage{Output: 7}) {
				t.Errorf("facts %+v", f)
			}
		})
	}
}

func TestEditResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range wholeAnswers {
		body := []byte(strings.Replace(tt.body, `"id"`, `"foo":[1e400],"id"`, 1))
		var f llm.AnswerFacts
		got, err := Dialect{}.EditResponse(nil, body, "public", &f)
		if err != nil {
			t.Errorf("%s: %v", tt.about, err)
			continue
		}
		if want := bytes.ReplaceAll(body, []byte(`"model":"claude-x"`), []byte(`"model":"public"`)); !bytes.Equal(got, want) {
			t.Errorf("%s: got %s, want %s", tt.about, got, want)
		}
		c := tt.want.Choices[0]
		if f.Finish != c.Finish || f.NativeFinish != c.NativeFinish || f.ID != tt.want.ID || f.Model != tt.want.Model || f.HasUsage != (tt.want.Usage != nil) {
			t.Errorf("%s: facts %+v", tt.about, f)
		}
		if f.HasUsage && f.Usage != *tt.want.Usage {
			t.Errorf("%s: usage %+v", tt.about, f.Usage)
		}
	}
	var f llm.AnswerFacts
	got, err := Dialect{}.EditResponse(nil, []byte("{\"content\":[{\"type\":\"text\",\"text\":\"\xff\"}]}"), "m", &f)
	if want := "{\"content\":[{\"type\":\"text\",\"text\":\"\ufffd\"}]}"; err != nil || string(got) != want || !f.Repaired {
		t.Errorf("%q, %v, %+v", got, err, f)
	}
}
