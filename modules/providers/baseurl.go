package providers

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// parseBaseURL reads a base URL without placeholders. Errors do not repeat it:
// it may hold a password. added are the ends of paths that are added to it and
// must not stand in it already.
func parseBaseURL(text string, added []string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("base_url: not a URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("base_url: must begin with http:// or https://")
	case u.User != nil:
		return nil, errors.New("base_url: must not have a user or password; credentials belong into api_key")
	case u.Hostname() == "":
		return nil, errors.New("base_url: has no host")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("base_url: must not have a query")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return nil, errors.New("base_url: must not have a fragment")
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return nil, errors.New("base_url: the port must be a number from 1 to 65535")
		}
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	for step := range strings.SplitSeq(strings.ToLower(path), "/") {
		if step == ".." || step == "." || strings.Contains(step, "%2e") {
			return nil, errors.New("base_url: the path must not have steps up")
		}
	}
	for _, end := range added {
		if strings.HasSuffix(path, end) {
			return nil, errors.New("base_url: leave " + end + " out; the path is added to each request")
		}
	}
	u.RawPath = ""
	if u.Path, err = url.PathUnescape(path); err != nil {
		return nil, errors.New("base_url: not a URL")
	}
	if u.EscapedPath() != path {
		u.RawPath = path
	}
	return u, nil
}
