//go:build unix

package store

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
)

// cpu is the processor time of this process.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// callID is an id as the gateway makes them.
func callID(at time.Time) string { return "call_" + string(platform.NewKeyID(at))[4:] }

// BenchmarkJournalIngest has the cost of the way from the journal's files into
// the store, in batches as under load, of a few applications and of many.
func BenchmarkJournalIngest(b *testing.B) {
	for _, applications := range []int{1, 50} {
		b.Run(fmt.Sprint("applications=", applications), func(b *testing.B) { benchmarkJournalIngest(b, applications) })
	}
}

func benchmarkJournalIngest(b *testing.B, applications int) {
	j, err := ledger.Open(b.TempDir(), ledger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	from := make([]platform.Application, applications)
	for i := range from {
		from[i] = platform.Application{ID: platform.NewApplicationID(start), Tenant: platform.DefaultTenant}
	}
	for n := range b.N {
		// Calls end in another order than they began.
		r := record(n, from[n*7%len(from)])
		r.Time = start.Add(time.Duration(n)*100*time.Microsecond - time.Duration(n*7919%20_000)*time.Microsecond)
		r.ID, r.Key = callID(r.Time), "key_"+r.Application[4:]
		if err := j.Append(&r); err != nil {
			b.Fatal(err)
		}
	}
	s := openAt(b, filepath.Join(b.TempDir(), "fairway.db"))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	b.ReportAllocs()
	begin := cpu(b)
	b.ResetTimer()
	go func() { ended <- j.Run(ctx, ledger.Checkpoint{}, s.Ingest) }()
	if err := j.Drain(ctx); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(cpu(b)-begin)/float64(b.N), "cpu-ns/op")
	cancel()
	<-ended //nolint:errcheck // it ends with the context
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
