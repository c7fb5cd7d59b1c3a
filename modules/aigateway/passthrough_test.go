package aigateway

import (
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode"
)

func TestPassableQuery(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                        "",
		"a=1&b=%20&a=2":           "a=1&b=%20&a=2",
		"key=x":                   "",
		"k%65y=x&a":               "a",
		"KEY=x&alt=sse&api-key=y": "alt=sse",
		"access_token=x&&a=b":     "a=b",
		"monkey=1":                "monkey=1",
	} {
		if got, err := passableQuery(in); err != nil || got != want {
			t.Errorf("%q: %q, want %q (%v)", in, got, want, err)
		}
	}
	for _, in := range []string{"a;b", "a=%zz", "%z=1", "a=1&key;x=1"} {
		if got, err := passableQuery(in); err == nil {
			t.Errorf("%q passes as %q", in, got)
		}
	}
}

// FuzzBadPath holds that a path which passes stays below the base, however often
// it is decoded and whoever cleans it.
func FuzzBadPath(f *testing.F) {
	for _, seed := range []string{"", "/", "/a/b:c", "/%2e%2e/x", "/a%2f..%2fb", "/..;/x", "//x", "/%252e%252e/", `/..\x`, "/a%20b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		if escaped != "" && escaped[0] != '/' || badPath(escaped) != "" {
			return
		}
		const base = "/base/v1"
		for decoded := escaped; ; {
			for _, seen := range []string{decoded, strings.ReplaceAll(decoded, `\`, "/")} {
				if clean := path.Clean(base + seen); clean != base && !strings.HasPrefix(clean, base+"/") || strings.Contains(seen, "//") {
					t.Fatalf("%q leads to %q", escaped, clean)
				}
			}
			next, err := url.PathUnescape(decoded)
			if err != nil || next == decoded {
				break
			}
			decoded = next
		}
		if u, err := url.Parse("http://host" + base + escaped); err != nil || u.Host != "host" || u.RawQuery != "" || strings.ContainsFunc(u.Path, unicode.IsControl) {
			t.Fatalf("%q is read as %v (%v)", escaped, u, err)
		}
	})
}
