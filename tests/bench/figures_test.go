package main

import (
	"math"
	"slices"
	"testing"
)

func TestPercentile(t *testing.T) {
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(i + 1)
	}
	for _, c := range []struct {
		sorted []int64
		p      float64
		want   int64
	}{
		{nil, 50, 0},
		{[]int64{7}, 0, 7},
		{[]int64{7}, 99, 7},
		{[]int64{1, 2}, 50, 1},
		{[]int64{1, 2, 3}, 50, 2},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 99.5, 100},
		{hundred, 100, 100},
	} {
		if got := percentile(c.sorted, c.p); got != c.want {
			t.Errorf("percentile(%v, %v) = %v, want %v", c.sorted, c.p, got, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	if !math.IsNaN(median(nil)) {
		t.Error("of nothing there is a median")
	}
	values := []float64{9, 1, 5}
	if got := median(values); got != 5 {
		t.Errorf("got %v, want 5", got)
	}
	if !slices.Equal(values, []float64{9, 1, 5}) {
		t.Error("the caller's values were put in order")
	}
	if got := median([]float64{4, 1, 2, 10}); got != 3 {
		t.Errorf("got %v, want 3", got)
	}
}

// A round in which the machine was twice as busy must not move the ratio.
func TestRatiosAreTakenRoundByRound(t *testing.T) {
	caddy := map[int]float64{0: 100, 1: 200, 2: 100, 3: 0, 4: 50}
	ours := map[int]float64{0: 60, 1: 120, 2: 60, 3: 70}
	got := ratios(ours, caddy)
	if !slices.Equal(got, []float64{0.6, 0.6, 0.6}) {
		t.Errorf("got %v", got)
	}
	if got := differences(map[int]float64{0: 3, 1: 5}, map[int]float64{0: 1, 1: 4, 2: 9}); !slices.Equal(got, []float64{1, 2}) {
		t.Errorf("got %v", got)
	}
}
