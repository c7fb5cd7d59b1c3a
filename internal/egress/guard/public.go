package guard

import "net/netip"

// reserved are networks that are not public though their addresses look as if
// they were: the IANA special-purpose registries of IPv4 and IPv6 (RFC 6890).
var reserved = prefixes(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // shared by carriers, RFC 6598; some clouds' metadata
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and broadcast
	"::/96",           // IPv4-compatible, which is obsolete
	"64:ff9b:1::/48",  // translation within a network, RFC 8215
	"100::/64",        // discarded
	"2001::/23",       // protocol assignments, Teredo among them
	"2001:db8::/32",   // documentation
	"3fff::/20",       // documentation
	"5f00::/16",       // segment routing
	"fec0::/10",       // site-local, which is obsolete
)

func prefixes(list ...string) []netip.Prefix {
	p := make([]netip.Prefix, len(list))
	for i, s := range list {
		p[i] = netip.MustParsePrefix(s)
	}
	return p
}

var (
	nat64    = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixToFor = netip.MustParsePrefix("2002::/16")    // RFC 3056
)

// public reports whether an address is one of the internet's. One that holds
// another inside is judged by that.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	if ip.Is6() {
		b := ip.As16()
		switch {
		case nat64.Contains(ip):
			return public(netip.AddrFrom4([4]byte(b[12:16])))
		case sixToFor.Contains(ip):
			return public(netip.AddrFrom4([4]byte(b[2:6])))
		}
	}
	return true
}
