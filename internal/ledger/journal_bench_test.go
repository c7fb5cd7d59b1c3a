//go:build unix

package ledger

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time of this process.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchmarkAppend appends from so many goroutines at once. The processor's
// time is what matters: it is paid by every call, while the wait is not felt.
func benchmarkAppend(b *testing.B, writers int, appendRecord func(*Record) error) {
	r := sampleRecord()
	b.ReportAllocs()
	start := cpu(b)
	b.ResetTimer()
	var group sync.WaitGroup
	for w := range writers {
		n := b.N / writers
		if w == 0 {
			n += b.N % writers
		}
		group.Go(func() {
			for range n {
				if err := appendRecord(r); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N), "cpu-ns/op")
}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			j, err := Open(b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			benchmarkAppend(b, writers, j.Append)
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkAppendAndRun has the cost of the way through the journal, all of
// it but the store.
func BenchmarkAppendAndRun(b *testing.B) {
	j, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- j.Run(ctx, Checkpoint{}, func(context.Context, []Record, Checkpoint) error { return nil })
	}()
	start := cpu(b)
	benchmarkAppend(b, 64, j.Append)
	if err := j.Drain(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N), "cpu-ns/op")
	cancel()
	<-ended //nolint:errcheck // it ends with the context
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
