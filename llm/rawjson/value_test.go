package rawjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestInt(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"0": 0, "1": 1, "-7": -7, "123456789012345678": 123456789012345678, "-999999999999999999": -999999999999999999,
	} {
		if n, ok := Int([]byte(in)); !ok || n != want {
			t.Errorf("%s: got %d, %v", in, n, ok)
		}
	}
	for _, in := range []string{"", "-", "-0", "01", "1.0", "1e3", "1234567890123456789", "9223372036854775808", `"1"`, "null", "+1", " 1"} {
		if n, ok := Int([]byte(in)); ok {
			t.Errorf("%q: got %d", in, n)
		}
	}
}

func TestTrue(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{"true": true, "false": false, "null": false, `"true"`: false} {
		if True([]byte(in)) != want {
			t.Errorf("%s is %v", in, !want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	n := NewNames("a", "b", "Long", strings.Repeat("x", maxName))
	for in, want := range map[string]int{"a": 0, "b": 1, "Long": 2, "long": -1, "": -1, "c": -1, strings.Repeat("x", maxName): 3, strings.Repeat("x", maxName+1): -1} {
		if got := n.Find([]byte(in)); got != want {
			t.Errorf("%q: got %d", in, got)
		}
	}
	if (*Names)(nil).Find([]byte("a")) != -1 {
		t.Error("a set that is not there holds something")
	}
}

func TestSplice(t *testing.T) {
	t.Parallel()
	b := []byte(`{"model":"a","stream":true,"x":1}`)
	got := Splice([]byte(">"), b, []Edit{{9, 12, []byte(`"long name"`)}, {26, 26, []byte(`,"y":2`)}, {26, 32, nil}})
	if want := `>{"model":"long name","stream":true,"y":2}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Splice(nil, b, nil); !bytes.Equal(got, b) {
		t.Errorf("without edits it is %s", got)
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, s string
		want    bool
	}{
		{"stop", "stop", true},
		{"Stop", "stop", false},
		{"stop", "stops", false},
		{`\u0073top`, "stop", true},
		{`st\u006f\u0070`, "stop", true},
		{`a\/b`, "a/b", true},
		{`a\nb`, `a\nb`, false},
		{`\ud83d\ude00`, "😀", true},
		{"", "", true},
		{`\u0073`, "", false},
		{`\u0073t`, "s", false},
	}
	for _, tt := range tests {
		if Is([]byte(tt.text), tt.s) != tt.want {
			t.Errorf("%s is %q: %v", tt.text, tt.s, !tt.want)
		}
	}
}

// FuzzText checks the reading of strings and the writing of them against
// encoding/json.
func FuzzText(f *testing.F) {
	for _, s := range []string{``, `a`, `\"\\\/\b\f\n\r\t\u0041`, `\ud83d\ude00\ud83d`, `é\u00e9`, `\ude00x`, `\ud800\u0041`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if quoted := AppendQuote(nil, text); true {
			var back string
			if err := json.Unmarshal(quoted, &back); err != nil || back != string([]rune(text)) {
				t.Fatalf("%q was written as %s (%v)", text, quoted, err)
			}
		}
		var want string
		if !utf8.ValidString(text) || json.Unmarshal([]byte(`"`+text+`"`), &want) != nil {
			return
		}
		b := []byte(text)
		if got := string(Unquote(b, nil)); got != want {
			t.Errorf("%s is read as %q, want %q", text, got, want)
		}
		if got := TextLen(b); got != len(want) {
			t.Errorf("%s has length %d, want %d", text, got, len(want))
		}
		if !strings.ContainsRune(want, utf8.RuneError) && (!Is(b, want) || Is(b, want+"x")) {
			t.Errorf("%s is not %q", text, want)
		}
	})
}

func TestTextEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in       string
		end      int
		wide, ok bool
	}{
		{`"}`, 0, false, true},
		{`a\"b" "`, 4, false, true},
		{`é"`, 2, true, true},
		{`abc`, 0, false, false},
		{"a\nb\"", 0, false, false},
		{`\q"`, 0, false, false},
		{"invalid \xff is wide\"", 17, true, true},
	}
	for _, tt := range tests {
		end, wide, ok := TextEnd([]byte(tt.in), 0)
		if ok != tt.ok || ok && (end != tt.end || wide != tt.wide) {
			t.Errorf("%q: got %d, %v, %v", tt.in, end, wide, ok)
		}
	}
}

func TestTrimSpace(t *testing.T) {
	t.Parallel()
	if got := string(TrimSpace([]byte(" \t\r\n{} \n"))); got != "{}" {
		t.Errorf("got %q", got)
	}
	if got := string(TrimSpace([]byte("\f{}"))); got != "\f{}" {
		t.Errorf("a form feed is no space in JSON: %q", got)
	}
}
