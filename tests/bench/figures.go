package main

import (
	"math"
	"slices"
)

// percentile is the smallest value that p percent of the sorted values do not
// exceed (the nearest-rank method), 0 of none.
func percentile[T int64 | float64](sorted []T, p float64) T {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p/100*float64(len(sorted)))) - 1
	return sorted[max(0, min(rank, len(sorted)-1))]
}

// median is the middle value, NaN of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// pairwise applies f to what two targets did in the same round. Rounds in which
// one of them has no figure are left out.
func pairwise(ours, base map[int]float64, f func(a, b float64) float64) []float64 {
	var out []float64
	for round, b := range base {
		if a, ok := ours[round]; ok {
			out = append(out, f(a, b))
		}
	}
	slices.Sort(out)
	return out
}

// ratios are the quotients round by round, so that a round in which the
// machine was busy weighs on both sides alike.
func ratios(ours, base map[int]float64) []float64 {
	known := map[int]float64{}
	for round, b := range base {
		if b > 0 {
			known[round] = b
		}
	}
	return pairwise(ours, known, func(a, b float64) float64 { return a / b })
}

// differences are what ours has more than base, round by round.
func differences(ours, base map[int]float64) []float64 {
	return pairwise(ours, base, func(a, b float64) float64 { return a - b })
}
