package limits

import "github.com/fairwaygw/fairway/internal/platform"

// Rules are the limits of a plan as rules, in the order of their kinds.
func Rules(l platform.Limits) []Rule {
	if l.Empty() {
		return nil
	}
	window := Natural
	switch l.Window {
	case platform.WindowSliding:
		window = Sliding
	case platform.WindowFixed:
		window = Fixed
	}
	var rules []Rule
	for _, k := range Kinds() {
		if n, ok := l.Max[k.String()]; ok {
			rules = append(rules, Rule{Kind: k, Window: window, Max: n})
		}
	}
	return rules
}
