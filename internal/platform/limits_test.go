package platform

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	const text = `{"requests_per_minute":60,"tokens_per_minute":100000,"cost_per_month":"50.00","window":"sliding"}`
	var l Limits
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatal(err)
	}
	if l.Max["cost_per_month"] != 50e9 || l.Max["requests_per_minute"] != 60 || l.Window != WindowSliding {
		t.Error(l)
	}
	if b, err := json.Marshal(l); err != nil || string(b) != text {
		t.Errorf("%s (%v)", b, err)
	}
	for in, place := range map[string]string{
		`{"requests_per_minute":-1}`: "limits.requests_per_minute", `{"requests_per_minute":1.5}`: "limits.requests_per_minute",
		`{"requests_per_minute":"1"}`: "limits.requests_per_minute", `{"cost_per_day":5}`: "limits.cost_per_day",
		`{"cost_per_day":"-5"}`: "limits.cost_per_day", `{"cost_per_day":"1.0000000001"}`: "limits.cost_per_day", `{"cost_per_day":"."}`: "limits.cost_per_day",
		`{"cost_per_day":"99999999999999"}`: "limits.cost_per_day", `{"window":"tumbling"}`: "limits.window", `{"requests_per_year":1}`: "limits.requests_per_year",
		`[]`: "limits", `{"requests_per_day":9999999999999999999}`: "limits.requests_per_day",
	} {
		var l Limits
		err := json.Unmarshal([]byte(in), &l)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Place != place {
			t.Errorf("%s: %v", in, err)
		}
	}
	with := Limits{Max: map[string]int64{"requests_per_minute": 60}}.With(Limits{Max: map[string]int64{"requests_per_minute": 30, "requests_per_day": 5}})
	if with.Max["requests_per_minute"] != 30 || with.Max["requests_per_day"] != 5 {
		t.Error(with)
	}
}

func TestDollars(t *testing.T) {
	t.Parallel()
	for nano, s := range map[int64]string{0: "0.00", 1: "0.000000001", 50e9: "50.00", 1_500_000_000: "1.50", 123_456_789_000: "123.456789"} {
		if got := Dollars(nano); got != s {
			t.Errorf("%d is %q, want %q", nano, got, s)
		}
		if got, err := ParseDollars(s); err != nil || got != nano {
			t.Errorf("%q is %d (%v)", s, got, err)
		}
	}
}

func FuzzLimits(f *testing.F) {
	f.Add(`{"requests_per_minute":60,"cost_per_month":"50.00"}`)
	f.Add(`{"cost_per_day":"0.000000001","window":"fixed"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var l, again Limits
		if json.Unmarshal([]byte(text), &l) != nil {
			return
		}
		b, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &again); err != nil || !again.Equal(l) {
			t.Errorf("%s is read as %v, written as %s and read as %v (%v)", text, l, b, again, err)
		}
	})
}
