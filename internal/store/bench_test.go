package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
)

// BenchmarkIngest stores records in batches, as the journal hands them over.
func BenchmarkIngest(b *testing.B) {
	for _, size := range []int{1, 50, 500} {
		b.Run(fmt.Sprint("batch=", size), func(b *testing.B) {
			s := openAt(b, filepath.Join(b.TempDir(), "fairway.db"))
			a := platform.Application{ID: platform.NewApplicationID(start), Tenant: platform.DefaultTenant}
			batch := make([]ledger.Record, size)
			n := 0
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				for i := range batch {
					batch[i] = record(n, a)
					batch[i].ID = "call_" + string(platform.NewKeyID(start.Add(time.Duration(n) * time.Millisecond)))[4:]
					n++
				}
				if err := s.Ingest(context.Background(), batch, ledger.Checkpoint{Segment: 1, Offset: int64(n)}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkCalls lists the newest of 100,000 calls, and an application's.
func BenchmarkCalls(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "fairway.db"))
	batch := make([]ledger.Record, 500)
	for n := 0; n < 100_000; n += len(batch) {
		for i := range batch {
			batch[i] = record(n+i, platform.Application{ID: platform.ApplicationID(fmt.Sprint("app_", i%50)), Tenant: platform.DefaultTenant})
		}
		if err := s.Ingest(context.Background(), batch, ledger.Checkpoint{}); err != nil {
			b.Fatal(err)
		}
	}
	for name, f := range map[string]CallFilter{"newest": {}, "application": {Application: "app_7"}, "rare": {Model: "none"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.Calls(context.Background(), defaultScope, f, Page{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("purge", func(b *testing.B) {
		deleted := 0
		for b.Loop() {
			n, err := s.PurgeCalls(context.Background(), start.Add(time.Hour*1000), len(batch))
			if err != nil || n != len(batch) {
				b.Fatal(n, err)
			}
			deleted += n
			b.StopTimer()
			for i := range batch {
				batch[i].ID = fmt.Sprint("again ", deleted+i)
			}
			if err := s.Ingest(context.Background(), batch, ledger.Checkpoint{}); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		b.ReportMetric(float64(deleted)/b.Elapsed().Seconds(), "rows/s")
	})
}

func BenchmarkVersion(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "fairway.db"))
	for b.Loop() {
		if _, err := s.Version(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkChanges reads 100,000 keys.
func BenchmarkChanges(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "fairway.db"))
	a := platform.Application{ID: platform.NewApplicationID(start), Tenant: platform.DefaultTenant, Name: "a", Created: start}
	if err := s.CreateApplication(context.Background(), a); err != nil {
		b.Fatal(err)
	}
	_, err := s.writer.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO keys (id, tenant, application, name, hint, hash, created, version)
		SELECT printf('key_%026d', i), ?, ?, 'name', 'fwk_0000…', randomblob(32), 0, i FROM n`, string(a.Tenant), string(a.ID))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n := 0
		_, err := s.Changes(context.Background(), 0, platform.Changes{Credential: func(*platform.Credential) { n++ }})
		if err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}
