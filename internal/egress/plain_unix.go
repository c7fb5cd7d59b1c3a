//go:build unix

package egress

import (
	"net"
	"syscall"
)

// quiet makes the check whether an idle connection is still open and silent:
// a server that gave it up has closed it or sent something.
func quiet(conn net.Conn) func() bool {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return func() bool { return true }
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return func() bool { return true }
	}
	var open bool
	look := func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		open = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	}
	return func() bool { return raw.Read(look) == nil && open }
}
