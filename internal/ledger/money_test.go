package ledger

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"testing/quick"
)

func TestNanoIsWrittenAsDecimalDollars(t *testing.T) {
	t.Parallel()
	for text, n := range map[string]Nano{
		"0":                     0,
		"0.000123":              123_000,
		"0.000000001":           1,
		"0.1":                   100_000_000,
		"12":                    12_000_000_000,
		"12.5":                  12_500_000_000,
		"-0.5":                  -500_000_000,
		"9223372036.854775807":  math.MaxInt64,
		"-9223372036.854775807": -math.MaxInt64,
	} {
		if got := n.String(); got != text {
			t.Errorf("%d is written %q, want %q", int64(n), got, text)
		}
		if back, err := ParseNano(text); err != nil || back != n {
			t.Errorf("%q is read as %d, %v; want %d", text, int64(back), err, int64(n))
		}
	}
	if got := Nano(math.MinInt64).String(); got != "-9223372036.854775808" {
		t.Errorf("the smallest amount is written %q", got)
	}
}

func TestNanoComesBackFromJSON(t *testing.T) {
	t.Parallel()
	same := func(n Nano) bool {
		if n == math.MinInt64 {
			return true
		}
		text, err := json.Marshal(&n)
		var back Nano
		return err == nil && text[0] == '"' && json.Unmarshal(text, &back) == nil && back == n
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestParseNanoRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "-", ".", "1.", ".5", "--1", "+1", "1e3", "1E-3", " 1", "1 ", "1_000", "0x1", "1,5", "NaN", "Inf", "1.2.3",
		"0.0000000001", "9223372036.854775808", "99999999999999999999", "1.-5", "٣",
	} {
		if n, err := ParseNano(text); err == nil {
			t.Errorf("%q is read as %v", text, n)
		} else if !strings.Contains(err.Error(), text) {
			t.Errorf("the error for %q does not show it: %v", text, err)
		}
	}
}

func TestUnknownCostsMakeAnUnknownSum(t *testing.T) {
	t.Parallel()
	nano := func(n Nano) *Nano { return &n }
	for name, c := range map[string]struct {
		attempts []Attempt
		want     *Nano
	}{
		"no attempt":   {nil, nano(0)},
		"one":          {[]Attempt{{Cost: nano(7)}}, nano(7)},
		"several":      {[]Attempt{{Cost: nano(7)}, {Cost: nano(0)}, {Cost: nano(5)}}, nano(12)},
		"one unknown":  {[]Attempt{{Cost: nano(7)}, {}, {Cost: nano(5)}}, nil},
		"overflow":     {[]Attempt{{Cost: nano(math.MaxInt64)}, {Cost: nano(1)}}, nil},
		"underflow":    {[]Attempt{{Cost: nano(math.MinInt64)}, {Cost: nano(-1)}}, nil},
		"up and down":  {[]Attempt{{Cost: nano(math.MaxInt64)}, {Cost: nano(-1)}}, nano(math.MaxInt64 - 1)},
		"first is nil": {[]Attempt{{}, {Cost: nano(1)}}, nil},
	} {
		got := Sum(c.attempts)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: the sum is %v, want %v", name, got, c.want)
		}
	}
}

func TestEstimateRoundsUp(t *testing.T) {
	t.Parallel()
	for bytes, tokens := range map[int64]int64{-1: 0, 0: 0, 1: 1, 4: 1, 5: 2, 400: 100, math.MaxInt64: 1 << 61} {
		if got := EstimateTokens(bytes); got != tokens {
			t.Errorf("%d bytes are %d tokens, want %d", bytes, got, tokens)
		}
	}
	if u := Estimate(8, 5); u.Input != 2 || u.Output != 2 || !u.Estimated {
		t.Errorf("estimated %+v", u)
	}
}
