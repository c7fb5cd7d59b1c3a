package gateway

import "testing"

func TestGCPercent(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{
		0: gcMost, 1 << 20: gcMost, 16 << 20: 400, 32 << 20: 200, 64 << 20: 100, 128 << 20: 75, 1 << 30: gcLeast, 1 << 62: gcLeast,
	} {
		if got := gcPercent(live); got != want {
			t.Errorf("with %d bytes alive: got %d, want %d", live, got, want)
		}
	}
}

// TestDropStartupPages holds that nothing is lost: the program goes on.
func TestDropStartupPages(t *testing.T) {
	t.Parallel()
	dropStartupPages()
	if got := provisioned(t, simple, "unused").Resolve("m"); got == nil {
		t.Error("the program does not go on")
	}
}
