package manage

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

// query reads the parameters of a request, of which only the named ones may be
// there, each once.
func query(r *http.Request, names ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, api.NewProblem(http.StatusBadRequest, api.CodeInvalid, "the query is not well-formed")
	}
	var unknown []string
	for name, all := range values {
		switch {
		case !slices.Contains(names, name):
			unknown = append(unknown, name)
		case len(all) > 1:
			return nil, platform.Invalid(name, "is there twice")
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, unknownNames("parameter", unknown)
	}
	return values, nil
}

// paged reads which part of a list is wanted, and other parameters.
func paged(r *http.Request, names ...string) (url.Values, store.Page, error) {
	values, err := query(r, append(names, "cursor", "limit")...)
	if err != nil {
		return nil, store.Page{}, err
	}
	p, err := pageOf(values)
	return values, p, err
}

// pageOf reads which part of a list is wanted.
func pageOf(values url.Values) (store.Page, error) {
	p := store.Page{Cursor: values.Get("cursor")}
	if limit := values.Get("limit"); limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > store.MaxLimit {
			return p, platform.Invalid("limit", "is not a number from 1 to %d", store.MaxLimit)
		}
		p.Limit = n
	}
	return p, nil
}

// statuses reads "429" as one status and "4xx" as a hundred.
func statuses(status string) (low, high int, err error) {
	const text = `is neither a status such as 429 nor a class such as 4xx`
	if status == "" {
		return 0, 0, nil
	}
	if len(status) == 3 && status[0] >= '1' && status[0] <= '5' {
		if status[1:] == "xx" {
			low = int(status[0]-'0') * 100
			return low, low + 99, nil
		}
		if n, err := strconv.Atoi(status); err == nil {
			return n, n, nil
		}
	}
	return 0, 0, platform.Invalid("status", text)
}

// timeOf reads a time; a missing one is zero.
func timeOf(values url.Values, name string) (time.Time, error) {
	value := values.Get(name)
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil || t.Year() < 1970 || t.Year() >= 2200 {
		return time.Time{}, platform.Invalid(name, `is not a time such as "2027-01-01T00:00:00Z"`)
	}
	return t, nil
}
