package manage

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
)

// edit reads a merge patch (RFC 7396) of what can be edited of a thing: into has
// that as it is, and then as it shall be.
func edit(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := readBody(w, r, "application/merge-patch+json")
	if err != nil || len(body) == 0 {
		return err
	}
	if _, _, err := object(body); err != nil {
		return err
	}
	before, err := json.Marshal(into)
	if err != nil {
		return err
	}
	var old, patch map[string]any
	for _, side := range []struct {
		text []byte
		to   *map[string]any
	}{{before, &old}, {body, &patch}} {
		d := json.NewDecoder(strings.NewReader(string(side.text)))
		d.UseNumber()
		if err := d.Decode(side.to); err != nil {
			return api.NewProblem(http.StatusBadRequest, api.CodeInvalidJSON, "the body is not valid JSON")
		}
	}
	for name := range patch {
		if _, ok := old[name]; !ok {
			return unknownNames("field", []string{name})
		}
	}
	after, err := json.Marshal(merge(old, patch))
	if err != nil {
		return err
	}
	clearFields(into)
	return decode(after, into)
}

// merge is the function MergePatch of RFC 7396, section 2.
func merge(old, patch map[string]any) map[string]any {
	if old == nil {
		old = map[string]any{}
	}
	for name, value := range patch {
		switch v := value.(type) {
		case nil:
			delete(old, name)
		case map[string]any:
			inner, _ := old[name].(map[string]any)
			old[name] = merge(inner, v)
		default:
			old[name] = v
		}
	}
	return old
}

// etag is the tag of a thing at a revision.
func etag(revision int64) string { return strconv.Quote(strconv.FormatInt(revision, 10)) }

// match refuses a change of what has changed since the sender read it, where the
// sender says what that was.
func match(r *http.Request, revision int64) error {
	tags := r.Header.Get("If-Match")
	if tags == "" || tags == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(tags, ",") {
		if strings.TrimSpace(tag) == etag(revision) {
			return nil
		}
	}
	return platform.ErrStale
}

// show answers with a thing that has a revision.
func show(w http.ResponseWriter, status int, revision int64, v any) error {
	w.Header().Set("ETag", etag(revision))
	return reply(w, status, v)
}
