package faults

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestProvidersThatCannotBeReached holds what the record says of names, ports
// and certificates that are wrong.
func TestProvidersThatCannotBeReached(t *testing.T) {
	t.Parallel()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	silent := listener(t)

	providers := map[string]struct{ url, reason string }{
		"nobody":    {"http://127.0.0.1:1/v1", "dial"},
		"nameless":  {"http://no-such-host.invalid/v1", "dns"},
		"untrusted": {untrusted.URL + "/v1", "tls"},
		"not-tls":   {strings.Replace(plain.URL, "http:", "https:", 1) + "/v1", "tls"},
		"silent":    {"https://" + silent + "/v1", "tls_timeout"},
	}
	config := ""
	for name, p := range providers {
		config += "provider " + name + " openai_compatible {\n\tbase_url " + p.url + "\n\tapi_key sk-test\n}\n" +
			"model " + name + " {\n\ttarget " + name + "/x\n\tretry 0\n\ttimeout connect 500ms\n}\n"
	}
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: config})
	for name, p := range providers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			a := g.Chat(t, fairwaytest.Ask(name))
			took := time.Since(begun)
			unreachable.check(t, a)
			for _, word := range []string{"127.0.0.1", "invalid", "x509"} {
				if strings.Contains(string(a.Body), word) {
					t.Errorf("the caller sees %q: %s", word, a.Body)
				}
			}
			if r := g.Record(t, a.ID()); len(r.Attempts) != 1 || r.Attempts[0].Reason != p.reason {
				t.Errorf("the attempts are %+v, want the reason %q", r.Attempts, p.reason)
			}
			// A name server may take longer than a connection.
			if took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// listener accepts connections and says nothing.
func listener(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(io.Discard, conn) // until the other side gives up
			}()
		}
	}()
	return l.Addr().String()
}
