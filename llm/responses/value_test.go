package responses

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

func TestAppendString(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                     `""`,
		"plain":                `"plain"`,
		"\"\\/":                `"\"\\/"`,
		"\n\r\t\b\x00\x1f":     `"\n\r\t\u0008\u0000\u001f"`,
		"\x7f<>&\u2028é😀":      "\"\x7f<>&\u2028é😀\"",
		"a\xffb\xc3":           "\"a\ufffdb\ufffd\"",
		"\ufffd":               "\"\ufffd\"",
		"\xed\xa0\x80 lone":    "\"\ufffd\ufffd\ufffd lone\"",
		strings.Repeat("é", 9): `"` + strings.Repeat("é", 9) + `"`,
	} {
		got := appendString(nil, in)
		if string(got) != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil || utf8.ValidString(in) && back != in {
			t.Errorf("%q reads back as %q, %v", in, back, err)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	const text = ` {"a" : [1, "x\\\"]", {"b":{}} , null],"c":"\\", "d" :-1.5e3 ,"\u0065":true} `
	want := map[string]string{"a": `[1, "x\\\"]", {"b":{}} , null]`, "c": `"\\"`, "d": `-1.5e3`, "e": `true`}
	n := 0
	for key, v := range members([]byte(strings.TrimSpace(text))) {
		n++
		if want[key] != string(v) {
			t.Errorf("%s is %s, want %s", key, v, want[key])
		}
	}
	if n != len(want) {
		t.Errorf("%d members, want %d", n, len(want))
	}
	var items []string
	for i, v := range elements([]byte(want["a"])) {
		if i != len(items) {
			t.Errorf("element %d has the number %d", len(items), i)
		}
		items = append(items, string(v))
	}
	if got := strings.Join(items, "|"); got != `1|"x\\\"]"|{"b":{}}|null` {
		t.Errorf("elements are %s", got)
	}
}

func TestStandardBase64(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"AAAA": "AAAA", "AA==": "AA==", "AA": "AA==", "AAA": "AAA=", "AAA=": "AAA=", "AA\r\nAA\n": "AAAA", "+/09": "+/09",
		"": "", "=": "", "====": "", "A": "", "AAAAA": "", "AA=": "", "AAAA=": "", "A=AA": "", "AA-_": "", "AA A": "", "AAAé": "",
	} {
		if got, ok := standardBase64(in); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestValidBase64(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"AAAA": true, "AA==": true, "AA": true, "AAA=": true, `\/9j\/4AA=`: true, `AAAA\r\nAAAA\n`: true, `AA==\n`: true, strings.Repeat("iVBORw0K", 99): true,
		"": false, "A": false, "=": false, "AA=": false, "AAA==": false, "AA==AA": false, "AA-_": false, "AA AA": false, `AA\u003d=`: false, strings.Repeat("A", 1000) + "-" + strings.Repeat("A", 999): false,
	} {
		if validBase64([]byte(in)) != want {
			t.Errorf("%q: %v", in, !want)
		}
	}
}

func TestMedia(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "application/pdf", "a": "application/pdf", "a.PDF": "application/pdf", "a.md": "text/markdown", "a.xyz": "application/octet-stream"} {
		if got := fileType(name); got != want {
			t.Errorf("%q: %s", name, got)
		}
	}
	for mime, want := range map[string]llm.PartKind{"image/png": llm.PartImage, "audio/wav": llm.PartAudio, "video/mp4": llm.PartVideo, "text/plain": llm.PartDocument, "application/octet-stream": llm.PartImage, "": llm.PartImage} {
		if got := mediaKind(&llm.Media{MIMEType: mime}, llm.PartImage); got != want {
			t.Errorf("%q: %d", mime, got)
		}
	}
	if got := string(appendMediaURL(nil, &llm.Media{Data: "AAAA"})); got != `"data:application/octet-stream;base64,AAAA"` {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{"data:image/png,x", "data:image/png;base64", "ftp://a.example/b", "nothing", "http://[::1]/", "://", "data:image/svg+xml;base64,AAAA", "data:image/png;base64,A"} {
		if m, err := readMediaURL(bad, "at"); err == nil || err.Param != "at" {
			t.Errorf("%q: %+v, %v", bad, m, err)
		}
	}
	for _, good := range []string{"gs://a/b", "s3://a/b", "HTTPS://a.example/b"} {
		if m, err := readMediaURL(good, "at"); err != nil || m.URL != good {
			t.Errorf("%q: %+v, %v", good, m, err)
		}
	}
}
