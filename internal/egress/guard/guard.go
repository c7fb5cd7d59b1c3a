// Package guard keeps requests whose address comes from a tenant away from
// what is not public: the gateway's own machine, its network, and the metadata
// services of clouds. It looks at the address that a connection is really made
// to, so that no name, number or answer of a DNS server leads around it.
package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrBlocked is matched by errors of connections that the guard does not let
// be made.
var ErrBlocked = errors.New("the address is not public, and not among those that the operator allows")

// Guard decides which addresses may be reached. The zero value lets public ones
// be. It is safe for concurrent use.
type Guard struct {
	networks []network
	names    map[string][]uint16 // lower case → ports; none for all
}

type network struct {
	prefix netip.Prefix
	port   uint16 // 0 for all
}

// New makes a guard that also lets be what is listed: networks and addresses
// ("10.0.0.0/8", "10.1.2.3", "[fd00::1]:8080") and names ("orders.internal",
// "orders.internal:8080").
func New(allow []string) (*Guard, error) {
	g := &Guard{names: map[string][]uint16{}}
	for _, entry := range allow {
		if err := g.allow(entry); err != nil {
			return nil, fmt.Errorf("reading %q: %w", entry, err)
		}
	}
	return g, nil
}

func (g *Guard) allow(entry string) error {
	if p, err := netip.ParsePrefix(entry); err == nil {
		if p.Masked() != p {
			return fmt.Errorf("the network has bits set behind its length; did you mean %s", p.Masked())
		}
		g.networks = append(g.networks, network{prefix: p})
		return nil
	}
	host, port, err := splitPort(entry)
	if err != nil {
		return err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		g.networks = append(g.networks, network{netip.PrefixFrom(ip, ip.BitLen()), port})
		return nil
	}
	if !isName(host) {
		return errors.New("not a network, an address or a name, with or without a port")
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ports, seen := g.names[host]
	if port == 0 || seen && len(ports) == 0 {
		g.names[host] = nil
	} else {
		g.names[host] = append(ports, port)
	}
	return nil
}

func splitPort(entry string) (host string, port uint16, err error) {
	if ip, err := netip.ParseAddr(entry); err == nil {
		return ip.String(), 0, nil
	}
	if !strings.Contains(entry, ":") {
		return entry, 0, nil
	}
	host, text, err := net.SplitHostPort(entry)
	if err != nil {
		return "", 0, errors.New("not a host and a port")
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q is not a port", text)
	}
	return host, uint16(n), nil
}

func isName(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	letter := false
	for _, r := range host {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_':
			letter = true
		case r >= '0' && r <= '9', r == '-', r == '.':
		default:
			return false
		}
	}
	return letter // numbers alone are read as addresses by some
}

// named reports whether the operator allows a name at a port, whatever address
// it has.
func (g *Guard) named(host string, port uint16) bool {
	if g == nil || len(g.names) == 0 {
		return false
	}
	ports, ok := g.names[strings.ToLower(strings.TrimSuffix(host, "."))]
	if !ok {
		return false
	}
	for _, p := range ports {
		if p == port {
			return true
		}
	}
	return len(ports) == 0
}

// Allows reports whether connections to an address may be made.
func (g *Guard) Allows(to netip.AddrPort) bool {
	ip := to.Addr().WithZone("").Unmap()
	if g != nil {
		for _, n := range g.networks {
			if n.prefix.Contains(ip) && (n.port == 0 || n.port == to.Port()) {
				return true
			}
		}
	}
	return public(ip)
}

// Control is a [net.Dialer]'s: it sees the address that a connection is made
// to after names were resolved.
func (g *Guard) Control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !g.Allows(to) {
		return ErrBlocked
	}
	return nil
}

// DialContext makes a connection, if it is allowed. Errors of those that are not
// match [ErrBlocked]; none says what an address was resolved to.
func (g *Guard) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("dialing: %w", err)
	}
	d := net.Dialer{Timeout: 5 * time.Second, Control: g.Control}
	if port, err := strconv.ParseUint(text, 10, 16); err == nil && g.named(host, uint16(port)) {
		d.Control = nil
	}
	conn, err := d.DialContext(ctx, network, addr)
	if errors.Is(err, ErrBlocked) {
		return nil, fmt.Errorf("dialing %s: %w", addr, ErrBlocked)
	}
	return conn, err
}

// CheckURL looks at an address before it is stored: http or https, a host, no
// credentials, no fragment. Numbers that are no public address are told here
// already; names are looked at when a connection is made.
func (g *Guard) CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("must begin with http:// or https://")
	case u.User != nil:
		return errors.New("must not contain credentials")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return errors.New("must not have a fragment")
	case u.Hostname() == "":
		return errors.New("has no host")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if u.Port() == "" {
		port, err = map[string]uint64{"http": 80, "https": 443}[u.Scheme], nil
	}
	if err != nil || port == 0 {
		return errors.New("has a port that is none")
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		if !g.Allows(netip.AddrPortFrom(ip, uint16(port))) {
			return fmt.Errorf("leads to %s: %w", host, ErrBlocked)
		}
		return nil
	}
	if !isName(host) {
		return errors.New("has a host that is neither a name nor an address")
	}
	if isLocal(host) && !g.named(host, uint16(port)) {
		return fmt.Errorf("leads to %s: %w", host, ErrBlocked)
	}
	return nil
}

// isLocal reports names that always mean this machine (RFC 6761).
func isLocal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
