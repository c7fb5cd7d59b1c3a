package formdata

import (
	"bytes"
	"io"
	"mime/multipart"
	"strings"
	"testing"
)

// form joins lines as a form has them.
func form(lines ...string) string { return strings.Join(lines, "\r\n") }

const field = `Content-Disposition: form-data; name="`

func TestRead(t *testing.T) {
	body := form("--b", field+`model"`, "", "m-1", "--b", field+`file"; filename="ä;b\"c.mp3"`, "Content-Type: audio/mpeg", "", "ID3\r\n-b\n--x", "--b", field+`empty"`, "", "", "--b--", "")
	parts, err := Read(nil, []byte(body), "b")
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		name, kind, value string
		file              bool
	}{{"model", "", "m-1", false}, {"file", "audio/mpeg", "ID3\r\n-b\n--x", true}, {"empty", "", "", false}}
	if len(parts) != len(want) {
		t.Fatalf("%d parts: %+v", len(parts), parts)
	}
	for i, w := range want {
		p := &parts[i]
		if p.Name != w.name || p.Type != w.kind || p.File != w.file || string(p.Value([]byte(body))) != w.value {
			t.Errorf("%+v: %q, want %+v", p, p.Value([]byte(body)), w)
		}
	}
}

func TestRefused(t *testing.T) {
	one := func(head string) string { return form("--b", head, "", "v", "--b--", "") }
	for name, body := range map[string]string{
		"empty":                        "",
		"no boundary":                  "x",
		"preamble":                     "hello\r\n" + one(field+`a"`),
		"no parts":                     "--b--\r\n",
		"no end":                       form("--b", field+`a"`, "", "v", ""),
		"cut":                          form("--b", field+`a"`, "", "v", "--b"),
		"epilogue":                     one(field+`a"`) + "x",
		"bare LF":                      strings.ReplaceAll(one(field+`a"`), "\r\n", "\n"),
		"bare LF before a boundary":    form("--b", field+`a"`, "", "v\n--b", field+`c"`, "", "v", "--b--", ""),
		"boundary in a value":          form("--b", field+`a"`, "", "v--b", "--b--", ""),
		"longer boundary":              form("--b", field+`a"`, "", "v", "--bc", "--b--", ""),
		"space behind a boundary":      form("--b ", field+`a"`, "", "v", "--b--", ""),
		"no disposition":               one("Content-Type: text/plain"),
		"two dispositions":             one(field + "a\"\r\n" + field + `c"`),
		"folded":                       one("Content-Disposition: form-data;\r\n name=\"a\""),
		"attachment":                   one(`Content-Disposition: attachment; name="a"`),
		"no name":                      one(`Content-Disposition: form-data; filename="a"`),
		"two names":                    one(field + `a"; name="c"`),
		"encoded name":                 one(`Content-Disposition: form-data; name*=UTF-8''model`),
		"encoded name beside a name":   one(field + `a"; name*=UTF-8''model`),
		"escapes in a name":            one(field + `mo%64el"`),
		"quotes in a name":             one(field + `a\"b"`),
		"control character":            one(field + "a\x00\""),
		"space before a colon":         one("Content-Disposition : form-data; name=\"a\""),
		"base64":                       one(field + "a\"\r\nContent-Transfer-Encoding: base64"),
		"two types":                    one(field + "a\"\r\nContent-Type: a/b\r\nContent-Type: c/d"),
		"head without an end":          "--b\r\n" + field + "a\"\r\nX: " + strings.Repeat("x", maxHead),
		"value without its line break": form("--b", field+`a"`, "", "--b--", ""),
		"too many parts":               strings.Repeat(form("--b", field+`a"`, "", "v", ""), MaxParts+1) + "--b--",
	} {
		if parts, err := Read(nil, []byte(body), "b"); err == nil {
			t.Errorf("%s: read as %+v", name, parts)
		}
	}
}

func TestBoundary(t *testing.T) {
	for in, want := range map[string]string{
		"multipart/form-data; boundary=b":                  "multipart/form-data; boundary=b",
		`Multipart/Form-Data; Boundary="b:c"`:              `multipart/form-data; boundary="b:c"`,
		"multipart/form-data; charset=utf-8; boundary=b-1": "multipart/form-data; boundary=b-1",
		"":                               "",
		"multipart/form-data":            "",
		"multipart/form-data; boundary=": "",
		"multipart/mixed; boundary=b":    "",
		"application/json":               "",
		"multipart/form-data; boundary=b; boundary=c":                         "",
		`multipart/form-data; boundary="b c"`:                                 "",
		`multipart/form-data; boundary="b\c"`:                                 "",
		"multipart/form-data; boundary*=UTF-8''b":                             "",
		"multipart/form-data; boundary=" + strings.Repeat("b", maxBoundary+1): "",
	} {
		_, got, err := Boundary(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, want %q (%v)", in, got, want, err)
		}
	}
}

// FuzzRead holds that what is read here is read as the same form by another
// reader.
func FuzzRead(f *testing.F) {
	f.Add([]byte(form("--b", field+`model"`, "", "m", "--b", field+`file"; filename="f"`, "Content-Type: a/b", "", "x\r\ny", "--b--", "")))
	f.Add([]byte(form("--b", field+`a"`, "", "", "--b--")))
	f.Add([]byte("--b--"))
	f.Fuzz(func(t *testing.T, body []byte) {
		parts, err := Read(nil, body, "b")
		if err != nil {
			return
		}
		r := multipart.NewReader(bytes.NewReader(body), "b")
		for i := range parts {
			p, err := r.NextRawPart()
			if err != nil {
				t.Fatalf("part %d of %d is not there for another reader: %v", i, len(parts), err)
			}
			value, err := io.ReadAll(p)
			if err != nil || p.FormName() != parts[i].Name || !bytes.Equal(value, parts[i].Value(body)) {
				t.Fatalf("part %d: %q %q, another reader: %q %q (%v)", i, parts[i].Name, parts[i].Value(body), p.FormName(), value, err)
			}
		}
		if _, err := r.NextRawPart(); err != io.EOF { //nolint:errorlint // the end itself
			t.Fatalf("another reader finds a further part (%v)", err)
		}
	})
}
