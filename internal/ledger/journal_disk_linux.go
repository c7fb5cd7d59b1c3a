package ledger

import (
	"errors"
	"os"
	"syscall"
)

// keepSize is FALLOC_FL_KEEP_SIZE of fallocate(2).
const keepSize = 1

// reserve allocates blocks beyond the end of the file without making it
// longer. File systems that know no such thing are left alone.
func reserve(f *os.File, off, n int64) error {
	for {
		err := syscall.Fallocate(int(f.Fd()), keepSize, off, n)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOSYS):
			return nil
		}
		return err
	}
}
