package spelling

import "testing"

func TestSuggest(t *testing.T) {
	t.Parallel()
	words := []string{"provider", "model", "expose", "store"}
	for word, want := range map[string]string{
		"provder":  `; did you mean "provider"?`,
		"MODL":     `; did you mean "model"?`,
		"sotre":    `; did you mean "store"?`,
		"whatever": "",
		"":         "",
	} {
		if got := Suggest(word, words); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", word, got, want)
		}
	}
	if words[0] != "provider" {
		t.Error("Suggest changed the words that it was given")
	}
}
