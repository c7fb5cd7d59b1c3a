package routing

import "math"

const (
	// explore is how often a strategy that measures tries any target, so that
	// one that was slow once is found again.
	explore = 0.05
	// alike is by how much two measured targets may differ and still share the
	// calls by weight.
	alike = 1.1
)

// best picks one of the model's targets that are not in the set by the plan's
// strategy, -1 when there is none. Among those that are alike, weights decide.
func (p *Plan) best(without set, need *Need, rnd func() float64) int {
	if p.strategy == LeastLatency && rnd() < explore {
		return p.weighted(without, rnd)
	}
	var scores [MaxTargets]float64
	least := math.Inf(1)
	for i := range p.lists[listTargets].to {
		if without.has(i) {
			continue
		}
		scores[i] = p.score(i, need)
		least = min(least, scores[i])
	}
	if math.IsInf(least, 1) {
		return p.weighted(without, rnd) // nothing is known of any
	}
	bound := least
	if p.strategy == LeastLatency {
		bound *= alike
	}
	for i := range p.lists[listTargets].to {
		if scores[i] > bound {
			without.add(i)
		}
	}
	return p.weighted(without, rnd)
}

// score is lower for a target that is better.
func (p *Plan) score(i int, need *Need) float64 {
	t := &p.targets[i]
	switch p.strategy {
	case LeastLatency:
		if t.Load != nil {
			return t.Load.average(need.Stream) // an unknown one first
		}
	case LeastBusy:
		if t.Load != nil {
			return float64(t.Load.Calls()) / float64(t.Weight)
		}
	case LeastCost:
		if t.Cost != nil {
			if cost, known := t.Cost(need.Input, need.Output); known {
				return float64(cost)
			}
		}
		return math.Inf(1)
	}
	return 0
}

// sticky picks the target of a session: each target draws a number for it, and
// the highest wins, so that a target that is out moves its own sessions only
// (weighted rendezvous hashing).
func (p *Plan) sticky(without set, session uint64) int {
	best, most := -1, math.Inf(-1)
	for i := range p.lists[listTargets].to {
		if without.has(i) {
			continue
		}
		t := &p.targets[i]
		// In (0, 1), and always the same for a session and a target.
		u := (float64(mix(session^t.Hash)>>11) + 0.5) / (1 << 53)
		if draw := -float64(t.Weight) / math.Log(u); draw > most {
			best, most = i, draw
		}
	}
	return best
}

// mix spreads bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
