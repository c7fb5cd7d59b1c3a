package guard

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "2606:4700::1111": true, "64:ff9b::808:808": true, "2002:808:808::1": true,
		"0.0.0.0": false, "127.0.0.1": false, "127.8.8.8": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.100.100.200": false, "192.0.0.192": false, "198.18.0.1": false,
		"224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::7f00:1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "2002:7f00:1::": false, "fd00:ec2::254": false, "fe80::1": false,
		"ff02::1": false, "2001:db8::1": false, "2001:0:1::1": false, "fec0::1": false,
	} {
		if got := (*Guard)(nil).Allows(netip.AddrPortFrom(netip.MustParseAddr(addr), 80)); got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
	if (*Guard)(nil).Allows(netip.MustParseAddrPort("[fe80::1%eth0]:80")) {
		t.Error("an address with a zone is let be")
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	g, err := New([]string{"10.0.0.0/8", "192.168.7.7:8080", "fd00::/16", "[fd01::1]:90", "orders.internal", "one.internal:81", "one.internal:82"})
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]bool{
		"10.9.8.7:1": true, "[::ffff:10.1.1.1]:1": true, "11.0.0.1:1": true, "192.168.7.7:8080": true, "192.168.7.7:80": false,
		"[fd00::9]:1": true, "[fd01::1]:90": true, "[fd01::1]:91": false, "127.0.0.1:80": false,
	} {
		if got := g.Allows(netip.MustParseAddrPort(addr)); got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
	for _, at := range []struct {
		host string
		port uint16
		want bool
	}{{"orders.internal", 1, true}, {"Orders.Internal.", 2, true}, {"one.internal", 81, true}, {"one.internal", 82, true}, {"one.internal", 83, false}, {"x.orders.internal", 1, false}} {
		if got := g.named(at.host, at.port); got != at.want {
			t.Errorf("%s at %d: %v", at.host, at.port, got)
		}
	}
	for _, entry := range []string{"", "10.0.0.1/8", "http://x", "x:0", "x:99999", "x y", "2130706433", "a:b:c"} {
		if _, err := New([]string{entry}); err == nil || !strings.Contains(err.Error(), "reading") {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	g, err := New([]string{"orders.internal:8080", "10.0.0.0/8", "localhost:9"})
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		"https://hooks.example.com/x?y=1": "", "http://8.8.8.8": "", "http://10.2.3.4:99/": "", "http://orders.internal:8080": "", "http://localhost:9/": "",
		"ftp://example.com": "must begin", "https://u:p@example.com": "credentials", "https://example.com/#a": "fragment", "https://": "no host",
		"http://127.0.0.1/": "leads to", "http://[::1]:80": "leads to", "http://[::ffff:127.0.0.1]": "leads to", "http://169.254.169.254/latest": "leads to",
		"http://2130706433/": "neither", "http://0x7f.1/": "", "http://127.1/": "neither", "http://localhost/": "leads to", "http://a.localhost.": "leads to",
		"http://example.com:0": "port", "http://example.com:99999": "port", "::": "URL",
	} {
		err := g.CheckURL(raw)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", raw, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}

// Whatever a name or a number means to whoever resolves it, the connection
// itself is judged.
func TestDialing(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 100)
	canary := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	}))
	defer canary.Close()
	_, port, _ := net.SplitHostPort(canary.Listener.Addr().String())
	client := new(Guard).Client(5 * time.Second)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "2130706433", "0x7f.1", "127.1", "[::ffff:7f00:1]", "[::ffff:0:0]"} {
		resp, err := client.Get("http://" + host + ":" + port + "/")
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s was reached", host)
		}
	}
	if len(reached) > 0 {
		t.Error("the canary was reached")
	}
	if _, err := new(Guard).DialContext(context.Background(), "tcp", "localhost:"+port); !errors.Is(err, ErrBlocked) {
		t.Errorf("dialing localhost: %v", err)
	}

	g, err := New([]string{"localhost:" + port})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := g.Client(5 * time.Second).Get("http://localhost:" + port + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		t.Errorf("status %d: a redirect was followed", resp.StatusCode)
	}
	if resp, err := g.Client(5 * time.Second).Get("http://127.0.0.1:" + port + "/"); err == nil {
		resp.Body.Close()
		t.Error("the address of an allowed name was reached by itself")
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1", "https://example.com:443/a?b", "http://[::1%25lo]/", "http://0x7f.1"} {
		f.Add(s)
	}
	g := new(Guard)
	f.Fuzz(func(t *testing.T, raw string) {
		if g.CheckURL(raw) != nil {
			return
		}
		host := raw[strings.Index(raw, "//")+2:]
		if strings.HasPrefix(host, "127.0.0.1") && (len(host) == 9 || strings.ContainsAny(host[9:10], ":/?#")) {
			t.Errorf("%q is let be", raw)
		}
	})
}
