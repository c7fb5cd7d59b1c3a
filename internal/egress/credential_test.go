package egress

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
)

// The credential of one call replaces nothing of another's, and cannot be set
// among the other headers.
func TestCredentialOfOneCall(t *testing.T) {
	var got http.Header
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Header
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := Acquire(t.Name())
	t.Cleanup(c.Release)
	template := NewTemplate(u, http.Header{"X-Fixed": {"a"}})
	for name, body := range map[string][]byte{"plain": []byte("{}"), "transport": bytes.Repeat([]byte(" "), maxPlainBody+1)} {
		for _, credential := range [][]string{{"authorization", "one", "X-Amz-Date", "now"}, {"Authorization", "two"}, nil} {
			a, err := c.Send(t.Context(), template, Request{Body: body, Credential: credential, Header: []string{"X-Team", "b", "X-Amz-Date", "other"}})
			if err != nil {
				t.Fatal(err)
			}
			_ = a.Body.Close()
			var want []string
			if credential != nil {
				want = []string{credential[1]}
			}
			if !slices.Equal(got["Authorization"], want) || (got.Get("X-Amz-Date") != "now") == (len(credential) > 2) || got.Get("X-Team") != "b" || got.Get("X-Fixed") != "a" {
				t.Errorf("%s: got %v, want %q", name, got, want)
			}
		}
	}
}
