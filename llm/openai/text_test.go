package openai

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
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

func TestPublicHost(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"example.com", "example.com.", "a-1.example", "8.8.8.8", "2606:4700::1111", "localhost.example.com", "10.example.org", "xn--bcher-kva.example"} {
		if !publicHost(host) {
			t.Errorf("%s is refused", host)
		}
	}
	for _, host := range []string{"", ".", "localhost", "LOCALHOST", "10.1.2.3", "100.100", "0x7f000001", "1", "::", "::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "x.internal"} {
		if publicHost(host) {
			t.Errorf("%s is taken for public", host)
		}
	}
}

func TestFinishOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		native string
		calls  bool
		want   string
	}{
		{"stop", false, "stop"},
		{"stop", true, "tool_calls"},
		{"tool_calls", false, "stop"},
		{"function_call", true, "tool_calls"},
		{"length", true, "length"},
		{"content_filter", true, "content_filter"},
		{"error", true, "error"},
		{"eos", false, "stop"},
		{"model_length", false, "length"},
		{"", true, "tool_calls"},
		{"whatever", false, "stop"},
		{"insufficient_system_resource", false, "error"},
	} {
		if got := finishOf(c.native, c.calls); string(got) != c.want {
			t.Errorf("%q with calls %v is %q, want %q", c.native, c.calls, got, c.want)
		}
	}
}

func TestNearestEffort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want  string
		takes []string
		near  string
	}{
		{"high", nil, "high"},
		{"high", []string{"low", "high"}, "high"},
		{"minimal", []string{"low", "medium", "high"}, "low"},
		{"max", []string{"low", "medium", "high"}, "high"},
		{"none", []string{"low", "high"}, "low"},
		{"minimal", []string{"none", "high"}, "high"},
		{"medium", []string{"low", "high"}, "low"},
	} {
		if got := nearestEffort(c.want, c.takes); got != c.near {
			t.Errorf("%s among %v is %s, want %s", c.want, c.takes, got, c.near)
		}
	}
}

func TestFamilyOf(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]bool{
		"o1": true, "o3-mini": true, "openai/o4-mini": true, "gpt-5": true, "GPT-5.1-codex": true, "gpt-5-chat-latest": false,
		"gpt-4o": false, "omni": false, "o": false, "": false, "llama": false, "anthropic/claude": false,
	} {
		if got := familyOf(model).reasons; got != want {
			t.Errorf("%q: got %v", model, got)
		}
	}
}

func TestMistralID(t *testing.T) {
	t.Parallel()
	if got := mistralID("abcDEF123"); got != "abcDEF123" {
		t.Errorf("a valid id became %q", got)
	}
	seen := map[string]string{}
	for _, id := range []string{"", "a", "call_1", "call_2", strings.Repeat("x", 300), "toolu|:", "abcDEF12é"} {
		got := mistralID(id)
		if len(got) != 9 || mistralID(got) != got || mistralID(id) != got {
			t.Errorf("%q became %q", id, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q both became %q", id, other, got)
		}
		seen[got] = id
	}
	// The mapping is part of prompts that providers cache, so it must not change.
	if got := mistralID("call_1"); got != "V4VBKxSKr" {
		t.Errorf("call_1 became %q", got)
	}
}

func TestDialect(t *testing.T) {
	t.Parallel()
	if (Dialect{}).Name() != "openai" || (Dialect{}).FieldName("seed") != "seed" {
		t.Error("the dialect or its fields have another name")
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
