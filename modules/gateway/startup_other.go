//go:build !linux

package gateway

// dropStartupPages does nothing where the system has its own way.
func dropStartupPages() {}
