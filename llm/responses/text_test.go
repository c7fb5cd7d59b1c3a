package responses

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func TestDialect(t *testing.T) {
	t.Parallel()
	d := Dialect{}
	if d.Name() != "responses" || d.FieldName(llm.FieldMaxTokens) != "max_output_tokens" || d.FieldName(llm.FieldSeed) != "seed" {
		t.Errorf("%s, %s, %s", d.Name(), d.FieldName(llm.FieldMaxTokens), d.FieldName(llm.FieldSeed))
	}
}

func TestEncryptedContent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signature, issuer, own string
	}{
		{"gAAAAAB", llm.IssuerOpenAI, "gAAAAAB"}, {"s", llm.IssuerAnthropic, "anthropic:s"}, {"s", llm.IssuerGoogle, "google:s"}, {"", "", ""},
	} {
		own := encryptedContent(c.signature, c.issuer)
		if own != c.own {
			t.Errorf("%q of %q becomes %q", c.signature, c.issuer, own)
		}
		for _, p := range []struct {
			mark string
			want proof
		}{
			{"", proof{signature: c.signature, issuer: c.issuer}}, {markCall, proof{c.signature, c.issuer, true, false}}, {markRedacted, proof{c.signature, c.issuer, false, true}},
		} {
			if got := readEncrypted(p.mark + own); got != p.want {
				t.Errorf("%q is read as %+v", p.mark+own, got)
			}
			if foreign := c.issuer != llm.IssuerOpenAI && c.issuer != "" || p.mark != ""; marked([]byte(p.mark+own)) != foreign {
				t.Errorf("%q is marked: %v", p.mark+own, !foreign)
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ namespace, name, full, space, own string }{
		{"", "f", "f", "", "f"}, {"n", "f", "n::f", "n", "f"}, {"f", "f", "f", "", "f"}, {"", "::f", "::f", "", "::f"}, {"", "f::", "f::", "", "f::"},
	} {
		full := qualified(c.namespace, c.name)
		if space, own := unqualified(full); full != c.full || space != c.space || own != c.own {
			t.Errorf("%q in %q is %q, then %q in %q", c.name, c.namespace, full, own, space)
		}
	}
	for _, name := range []string{"a.b", "a::b", "", strings.Repeat("x", 65), "ä"} {
		got := toolName(name)
		if got == name || len(got) > 64 || toolName(got) != got || toolName(name) != got {
			t.Errorf("%q becomes %q", name, got)
		}
	}
	if toolName("a-b_C9") != "a-b_C9" || toolName("a.b") == toolName("a:b") {
		t.Error("names change without need, or meet")
	}
	long := strings.Repeat("x", 65)
	if callID("c|1") != "c|1" || callID(long) == long || len(callID(long)) > 64 || callID(callID(long)) != callID(long) {
		t.Errorf("%q becomes %q", long, callID(long))
	}
}

func TestFinishOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, reason string
		calls          bool
		want           llm.Finish
		native         string
	}{
		{"completed", "", false, llm.FinishStop, "completed"},
		{"completed", "", true, llm.FinishToolCalls, "completed"},
		{"", "", false, llm.FinishStop, ""},
		{"incomplete", "max_output_tokens", true, llm.FinishLength, "max_output_tokens"},
		{"incomplete", "content_filter", false, llm.FinishContentFilter, "content_filter"},
		{"incomplete", "", false, llm.FinishLength, "incomplete"},
		{"failed", "", true, llm.FinishError, "failed"},
		{statusCanceled, "", false, llm.FinishError, statusCanceled},
	} {
		if got, native := finishOf(c.status, c.reason, c.calls); got != c.want || native != c.native {
			t.Errorf("%+v: %s (%s)", c, got, native)
		}
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]bool{
		"o3": true, "o4-mini": true, "gpt-5": true, "gpt-5.6-terra": true, "openai/gpt-5-mini": true, "openai.gpt-5.6-luna": true,
		"gpt-5-chat-latest": false, "gpt-4o": false, "grok-4": false, "o": false, "": false, "omni": false,
	} {
		if reasons(model) != want {
			t.Errorf("%s: %v", model, !want)
		}
	}
}

func TestNearestEffort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, takes, got string }{
		{"high", "", "high"}, {"high", "low high", "high"}, {"max", "low high", "high"}, {"minimal", "low high", "low"}, {"none", "low high", "low"}, {"medium", "none high", "high"}, {"new", "low", "new"},
	} {
		if got := nearestEffort(c.want, strings.Fields(c.takes)); got != c.got {
			t.Errorf("%+v: %s", c, got)
		}
	}
	for tokens, want := range map[int64]string{0: "none", 1: "low", 1024: "low", 1025: "medium", 4096: "medium", 4097: "high"} {
		if got := budgetEffort(tokens); got != want {
			t.Errorf("%d: %s", tokens, got)
		}
	}
}

func TestCustomTools(t *testing.T) {
	t.Parallel()
	for _, own := range []string{
		`{"type":"custom","name":"p"}`,
		`{"type":"custom","name":"p","description":"d\n","format":{"type":"text"}}`,
		`{"type":"custom","name":"p","format":{"type":"grammar","syntax":"regex","definition":"a\"b"}}`,
	} {
		tool, err := neutralCustomTool([]byte(own))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := appendCustomTool(nil, tool.Hosted); !ok || string(got) != own {
			t.Errorf("%s becomes %s and then %s", own, tool.Hosted, got)
		}
	}
	for _, other := range []string{`{"type":"web_search"}`, `{"type":"custom","custom":{}}`, `null`, `1`} {
		if got, ok := appendCustomTool([]byte(">"), json.RawMessage(other)); ok || string(got) != ">" {
			t.Errorf("%s becomes %s", other, got)
		}
		if _, ok := readCustomCall(json.RawMessage(other)); ok {
			t.Errorf("%s is a call", other)
		}
		if _, _, ok := readCustomResult(json.RawMessage(other)); ok {
			t.Errorf("%s is a result", other)
		}
	}
}

func TestPublicHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"a.example": true, "8.8.8.8": true, "2606:4700::1111": true, "10.0.0.1": false, "127.0.0.1": false, "169.254.169.254": false, "::1": false,
		"::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "localhost": false, "a.localhost.": false, "metadata.google.internal": false, "2130706433": false, "0x7f.1": false, "": false,
	} {
		if publicHost(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	learned := func(data string) *shape {
		var r reader
		var w wireEvent
		r.read([]byte(data))
		w.read(&r)
		p := new(shape)
		p.learn([]byte(data), &w.holes)
		return p
	}
	const a = `{"type":"x","delta":"a","obfuscation":"p","sequence_number":9}`
	for _, c := range []struct{ name, learn, data, text string }{
		{"the same", a, a, "a"},
		{"another text, padding and number", a, `{"type":"x","delta":"b\n","obfuscation":"","sequence_number":10}`, `b\n`},
		{"another order", `{"sequence_number":1,"delta":"","x":[1]}`, `{"sequence_number":2,"delta":"é","x":[1]}`, `é`},
		{"another type", a, `{"type":"y","delta":"a","obfuscation":"p","sequence_number":9}`, ""},
		{"more", a, a + " ", ""},
		{"less", a, a[:len(a)-1], ""},
		{"another member", a, `{"type":"x","delta":"a","obfuscation":"p","sequence_number":9,"z":1}`, ""},
		{"a number that is none", a, `{"type":"x","delta":"a","obfuscation":"p","sequence_number":}`, ""},
		{"a number with a zero before it", a, `{"type":"x","delta":"a","obfuscation":"p","sequence_number":09}`, ""},
		{"a text that does not end", a, `{"type":"x","delta":"a`, ""},
		{"a text with a control character", a, "{\"type\":\"x\",\"delta\":\"a\nb\",\"obfuscation\":\"p\",\"sequence_number\":9}", ""},
		{"a text that is not UTF-8", a, "{\"type\":\"x\",\"delta\":\"a\xff\",\"obfuscation\":\"p\",\"sequence_number\":9}", ""},
		{"no text", `{"sequence_number":1}`, `{"sequence_number":2}`, ""},
		{"two texts", `{"delta":"a","delta":"b"}`, `{"delta":"a","delta":"b"}`, ""},
	} {
		text, ok := learned(c.learn).match([]byte(c.data))
		if string(text) != c.text && ok || ok != (c.text != "") {
			t.Errorf("%s: %q, %v", c.name, text, ok)
		}
	}
}
