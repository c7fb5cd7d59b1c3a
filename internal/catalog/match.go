package catalog

import "strings"

// Lookup finds a model by the name that a request would use for it: the exact
// id first, then the forms that vendors let stand for a model. Google's names
// may have "models/" before them.
func (v *Vendor) Lookup(name string) (*Model, bool) {
	name = strings.TrimPrefix(name, "models/")
	if m, ok := v.lookup(name); ok {
		return m, true
	}
	if lower := strings.ToLower(name); lower != name {
		return v.lookup(lower)
	}
	return nil, false
}

// Exact finds a model by its id alone.
func (v *Vendor) Exact(id string) (*Model, bool) {
	m, ok := v.byID[id]
	return m, ok
}

func (v *Vendor) lookup(name string) (*Model, bool) {
	// Two steps at most: "x-preview-09-2025" is a snapshot of "x-preview", and
	// that stands for "x".
	for range 3 {
		if m, ok := v.byID[name]; ok {
			return m, true
		}
		if m, ok := v.bySeries[name]; ok {
			return m, true
		}
		series, ok := snapshot(name)
		if !ok {
			if series, ok = strings.CutSuffix(name, "-latest"); !ok {
				if series, ok = strings.CutSuffix(name, "-preview"); !ok {
					return nil, false
				}
			}
		}
		name = series
	}
	return nil, false
}

// snapshotForms are the ends of names that pin a model to a date or a number:
// 0 stands for a digit.
var snapshotForms = [...]string{
	"-0000-00-00", // OpenAI
	"-00000000",   // Anthropic
	"@00000000",   // Anthropic's models at Google
	"-00-0000",    // Google's previews
	"-00-00",      // Google's older previews
	"-000",        // Google
}

// snapshot cuts the end that pins a model off its name; ok is false when there
// is none.
func snapshot(name string) (series string, ok bool) {
	for _, form := range snapshotForms {
		at := len(name) - len(form)
		if at > 0 && hasForm(name[at:], form) {
			return name[:at], true
		}
	}
	return "", false
}

func hasForm(s, form string) bool {
	for i := range len(form) {
		if form[i] == '0' {
			if s[i] < '0' || s[i] > '9' {
				return false
			}
		} else if s[i] != form[i] {
			return false
		}
	}
	return true
}
