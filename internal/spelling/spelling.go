// Package spelling guesses what somebody meant who mistyped a word.
package spelling

import (
	"slices"
	"strconv"
	"strings"
)

// Suggest returns `; did you mean "x"?` when one of the words is close to the
// given one, else nothing.
func Suggest(word string, words []string) string {
	best, least := "", 1+len(word)/3
	words = slices.Sorted(slices.Values(words))
	for _, w := range words {
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d <= least && (best == "" || d < distance(strings.ToLower(word), strings.ToLower(best))) {
			best = w
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + strconv.Quote(best) + "?"
}

// distance is the number of edits (Levenshtein) between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
