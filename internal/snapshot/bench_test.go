package snapshot

import (
	"context"
	"runtime"
	"testing"
)

const many = 100_000

func manyKeys() *memory {
	m := new(memory)
	for n := range many {
		m.keys, m.versions = append(m.keys, credential(n)), append(m.versions, 1)
	}
	m.version = 1
	return m
}

// BenchmarkLoad puts 100,000 keys into a snapshot.
func BenchmarkLoad(b *testing.B) {
	m := manyKeys()
	var l *Live
	for b.Loop() {
		l = New(m, Options{})
		if err := l.Load(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	// What a snapshot needs is what is given back when it goes.
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	with := heap()
	runtime.KeepAlive(l) // and no longer
	b.ReportMetric(float64(with-heap())/many, "B/key")
	runtime.KeepAlive(m)
}

// BenchmarkChange changes one of 100,000 keys.
func BenchmarkChange(b *testing.B) {
	m := manyKeys()
	l := New(m, Options{})
	if err := l.Load(context.Background()); err != nil {
		b.Fatal(err)
	}
	s := l.Snapshot()
	one := entries(credential(1))
	b.ReportAllocs()
	for b.Loop() {
		s = s.with(2, one)
	}
}

func BenchmarkFind(b *testing.B) {
	m := manyKeys()
	l := New(m, Options{})
	if err := l.Load(context.Background()); err != nil {
		b.Fatal(err)
	}
	hashes := make([][32]byte, 1024)
	for n := range hashes {
		hashes[n] = credential(n * 90).Hash
	}
	for name, h := range map[string]func(n int) [32]byte{
		"known":   func(n int) [32]byte { return hashes[n%1024] },
		"unknown": func(n int) [32]byte { h := hashes[n%1024]; h[9]++; return h },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for n := 0; p.Next(); n++ {
					if _, ok := l.Find(h(n)); ok != (name == "known") {
						b.Error("wrong")
					}
				}
			})
		})
	}
}

var _ Source = (*memory)(nil)
