package source

import (
	"encoding/json"
	"testing"
)

func TestDecimal(t *testing.T) {
	t.Parallel()
	for n, want := range map[json.Number]string{
		"15.0": "15", "10": "10", "0": "0", "0.0": "0", "0.125": "0.125", "1e-06": "0.000001", "2.5e2": "250", "100.10": "100.1",
	} {
		if got, exact, err := decimal(n, 0); got != want || !exact || err != nil {
			t.Errorf("%s is %s, exact %t, %v", n, got, exact, err)
		}
	}
	if got, exact, _ := decimal("0.00000051", 0); got != "0.000001" || exact {
		t.Errorf("rounded to %s, exact %t", got, exact)
	}
}
