package gateway

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dropStartupPages takes the pages of the program's own file out of the
// process: starting up touches most of it, code and tables of every module that
// registers itself, and serving needs a part. What is needed is mapped again at
// its next use, from the page cache. Only what cannot be written is dropped, so
// nothing can be lost (madvise(2), MADV_DONTNEED).
func dropStartupPages() {
	executable, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		// 00400000-01d22000 r-xp 00000000 fe:00 9978564    /usr/bin/fairway
		f := strings.Fields(lines.Text())
		if len(f) != 6 || f[5] != executable || f[1] != "r-xp" && f[1] != "r--p" {
			continue
		}
		first, last, _ := strings.Cut(f[0], "-")
		from, err1 := strconv.ParseUint(first, 16, 64)
		to, err2 := strconv.ParseUint(last, 16, 64)
		if err1 != nil || err2 != nil || to <= from {
			continue
		}
		// It is a hint: a kernel that does not take it loses nothing.
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(from), uintptr(to-from), syscall.MADV_DONTNEED)
	}
}
