package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/catalog"
)

// Ending are the headers of answers by a model whose end is announced, made
// once: Deprecation (RFC 9745), Sunset (RFC 8594) and Link (RFC 8288).
type Ending struct {
	deprecation, sunset, link []string

	catalog.Ending
}

// endingOf are the headers for a model; nil when no end is announced.
func endingOf(m *catalog.Model) *Ending {
	known, ok := m.Ending()
	if !ok {
		return nil
	}
	e := &Ending{Ending: known}
	if !e.Deprecated.IsZero() {
		e.deprecation = []string{"@" + strconv.FormatInt(e.Deprecated.Unix(), 10)}
	}
	if !e.Retires.IsZero() {
		e.sunset = []string{e.Retires.UTC().Format(http.TimeFormat)}
	}
	// What is no address would break the header's form.
	if checkURL(e.Notice) == nil && !strings.ContainsAny(e.Notice, "<>\" \t\r\n") {
		link := "<" + e.Notice + `>; rel="deprecation"; type="text/html"`
		if e.sunset != nil {
			link += ", <" + e.Notice + `>; rel="sunset"; type="text/html"`
		}
		e.link = []string{link}
	}
	return e
}

// Set puts the headers into an answer.
func (e *Ending) Set(h http.Header) {
	if e.deprecation != nil {
		h["Deprecation"] = e.deprecation
	}
	if e.sunset != nil {
		h["Sunset"] = e.sunset
	}
	if e.link != nil {
		h["Link"] = append(e.link[:1:1], h["Link"]...)
	}
}

// endsSoon is how long before its end a model is warned of.
const endsSoon = 90 * 24 * time.Hour

// warnOfEndings logs which configured targets are served no more, or not for
// long, each once.
func (a *App) warnOfEndings(t *table) {
	now := time.Now()
	if a.warned == nil {
		a.warned = map[string]bool{}
	}
	for _, name := range t.builder.names() {
		e := t.builder.targets[name].Ending
		if e == nil || e.Retires.IsZero() || now.Add(endsSoon).Before(e.Retires) || a.warned[name] {
			continue
		}
		a.warned[name] = true
		text := "a configured target ends soon: its vendor will serve the model no more"
		if e.Over(now) {
			text = "a configured target has ended: its vendor serves the model no more"
		}
		fields := []zap.Field{zap.String("target", name), zap.String("ends", e.Retires.Format(time.DateOnly))}
		if e.Successor != "" {
			fields = append(fields, zap.String("successor", e.Successor))
		}
		if e.Notice != "" {
			fields = append(fields, zap.String("see", e.Notice))
		}
		a.logger.Warn(text, fields...)
	}
}

// names are the targets that the configuration names, in order.
func (b *routeBuilder) names() []string {
	names := make([]string, 0, len(b.targets))
	for name := range b.targets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
