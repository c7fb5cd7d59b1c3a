//go:build !unix

package egress

import "net"

// quiet trusts the connection where there is no cheap way to look at it.
func quiet(net.Conn) func() bool { return func() bool { return true } }
