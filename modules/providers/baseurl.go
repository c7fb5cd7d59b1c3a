package providers

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// parseBaseURL reads a base URL without placeholders. Errors do not repeat it:
// it may hold a password. version tells whether base URLs of the kind end in a
// version.
func parseBaseURL(text string, version bool) (*url.URL, error) {
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
	for _, operation := range []string{"/chat/completions", "/messages"} {
		if strings.HasSuffix(path, operation) {
			return nil, errors.New("base_url: leave " + operation + " out; it is added to each request")
		}
	}
	if !version {
		for _, v := range []string{"/v1", "/v1beta", "/models"} {
			if strings.HasSuffix(path, v) {
				return nil, errors.New("base_url: leave " + v + " out; it is added to each request")
			}
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
