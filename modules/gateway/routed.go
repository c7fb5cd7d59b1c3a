package gateway

import (
	"hash/fnv"
	"math"
	"net/http"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/routing"
	"github.com/fairwaygw/fairway/llm"
)

// strategies are those of routing by name.
var strategies = map[string]routing.Strategy{
	StrategyWeighted: routing.Weighted, StrategyFirst: routing.First, StrategyLeastLatency: routing.LeastLatency,
	StrategyLeastCost: routing.LeastCost, StrategyLeastBusy: routing.LeastBusy,
}

// routed is what routing knows of a target, but for its states.
func (t *Target) routed(index int) routing.Target {
	f := &t.Facts
	r := routing.Target{Index: index, Model: t.Model, Weight: 1, Known: f.Known, Context: f.ContextWindow, Hash: hash(t.Name)}
	for _, a := range []struct {
		has bool
		is  routing.Abilities
	}{
		{f.Tools, routing.Tools},
		{f.ImageInput, routing.Images},
		{f.DocumentInput, routing.Documents},
		{f.AudioInput, routing.Audio},
		// Dialects make up for these: by a tool, and by leaving the wish out.
		{true, routing.Structured},
		{true, routing.Reasoning},
	} {
		if a.has {
			r.Abilities |= a.is
		}
	}
	if price := t.Price; price != nil {
		r.Cost = func(input, output int64) (int64, bool) {
			n, known := ledger.Cost(&llm.Usage{Input: input, Output: output}, price)
			return int64(n), known
		}
	}
	return r
}

// Need is what a call needs of a target. prompt is the estimated size of its
// prompt in tokens.
func (r *Route) Need(in *llm.Inspection, prompt int64) routing.Need {
	n := routing.Need{Input: prompt, Output: in.MaxTokens, Stream: in.Stream}
	for _, a := range []struct {
		needed bool
		is     routing.Abilities
	}{{in.Tools, routing.Tools}, {in.Images, routing.Images}, {in.Documents, routing.Documents}, {in.Audio, routing.Audio}} {
		if a.needed {
			n.Abilities |= a.is
		}
	}
	if !r.sticky {
		return n
	}
	switch {
	case in.Session != "":
		n.Session = hash(in.Session)
	case in.User != "":
		n.Session = hash(in.User)
	}
	return n
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// Fits reports whether a prompt of so many bytes, with an answer of so many
// tokens, fits everywhere, so that its tokens need not be estimated: a token has
// at least a byte.
func (r *Route) Fits(bytes, output int64) bool {
	return r.strategy != StrategyLeastCost && bytes < r.small && output < r.small-bytes
}

// smallest is the smallest context window, in tokens, that is known of the
// route's targets.
func (r *Route) smallest() int64 {
	least := int64(math.MaxInt64)
	for _, t := range r.targets {
		if n := t.Facts.ContextWindow; n > 0 {
			least = min(least, n)
		}
	}
	return least
}

// Worth is what a prompt and an answer, in tokens, would cost at the dearest of
// the route's targets, the prompt alone and both, in nano-dollars. It is an
// error that names the target when a price is not known: a limit on cost could
// not be kept.
func (r *Route) Worth(prompt, answer int64) (least, most int64, err *llm.Error) {
	for _, t := range r.targets {
		a, known := ledger.Cost(&llm.Usage{Input: prompt}, t.Price)
		b, alsoKnown := ledger.Cost(&llm.Usage{Input: prompt, Output: answer}, t.Price)
		if !known || !alsoKnown {
			return 0, 0, &llm.Error{
				Status: http.StatusForbidden, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "price-unknown",
				Message: "a limit on cost applies to this call, and what " + t.Name + " costs is not known here; whoever runs the gateway can set a price",
			}
		}
		least, most = max(least, int64(a)), max(most, int64(b))
	}
	return least, most, nil
}
