package secret

import (
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

func TestNewKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var used [256]int
	for range 2000 {
		key := NewKey()
		if len(key) != KeyLength || !strings.HasPrefix(key, KeyPrefix) || !Check(key) || seen[key] {
			t.Fatalf("%q", key)
		}
		seen[key] = true
		for i := len(KeyPrefix); i < len(KeyPrefix)+keyRandom; i++ {
			used[key[i]]++
		}
	}
	// 64000 characters, 1032 of each.
	for i := range len(base62) {
		if n := used[base62[i]]; n < 800 || n > 1300 {
			t.Errorf("%c occurs %d times", base62[i], n)
		}
	}
}

func TestChecksum(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "a", "fwk_0123456789abcdefABCDEF0123456789", strings.Repeat("\xff", 100)} {
		if got, want := checksum(s), crc32.ChecksumIEEE([]byte(s)); got != want {
			t.Errorf("%q: %x, want %x", s, got, want)
		}
	}
}

// fixed is a key that earlier builds have made: the form must never change.
const fixed = "fwk_0123456789ABCDEFGHIJKLMNOPQRSTUV1TrT7m"

func TestCheck(t *testing.T) {
	t.Parallel()
	if !Check(fixed) {
		t.Fatal("a key of the known form is refused")
	}
	for _, bad := range []string{
		"", "fwk_", " ", "' OR 1=1--", fixed[1:], fixed + "0", " " + fixed, "Bearer " + fixed, strings.Repeat("a", 10<<10),
		strings.ToLower(fixed), "fwm_" + fixed[4:], strings.Repeat("é", KeyLength/2), fixed[:KeyLength-1] + "\x00",
	} {
		if Check(bad) {
			t.Errorf("%q is taken for a key", bad)
		}
	}
	// Each single mistake, and each pair that changed places, is noticed.
	for i := range fixed {
		for j := range len(base62) {
			if typo := fixed[:i] + base62[j:j+1] + fixed[i+1:]; typo != fixed && Check(typo) {
				t.Errorf("%q is taken for a key", typo)
			}
		}
		if i > 0 && fixed[i-1] != fixed[i] {
			if typo := fixed[:i-1] + fixed[i:i+1] + fixed[i-1:i] + fixed[i+1:]; Check(typo) {
				t.Errorf("%q is taken for a key", typo)
			}
		}
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{fixed: "fwk_0123…", "": "…", "ab": "ab…"} {
		if got := Hint(key); got != want {
			t.Errorf("%q: %q", key, got)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(fixed)
	f.Fuzz(func(t *testing.T, key string) {
		if Check(key) && (len(key) != KeyLength || key[:4] != KeyPrefix) {
			t.Error(key)
		}
	})
}

func ExampleHint() {
	fmt.Println(Hint("fwk_0123456789ABCDEFGHIJKLMNOPQRSTUV1TrT7m"))
	// Output: fwk_0123…
}

func BenchmarkCheck(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if !Check(fixed) {
			b.Fatal()
		}
	}
}
