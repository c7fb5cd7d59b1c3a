// Package client speaks to the management API: over the network, through a
// unix socket, or to a handler in the same process.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairwaygw/fairway/internal/manage/api"
)

// Doer sends a request. An [http.Client] is one.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Client speaks to the management API. An error that the API answers with is
// an [*api.Problem].
type Client struct {
	base string
	doer Doer
}

// New makes a client for the API below a base such as
// "http://localhost:2019/fairway/v1".
func New(base string, d Doer) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), doer: d}
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// call sends a request with a body, unless that is nil, and reads the answer.
func (c *Client) call(ctx context.Context, method, path string, values url.Values, body, answer any) error {
	req, err := c.request(ctx, method, path, values, body)
	if err != nil {
		return err
	}
	resp, err := c.doer.Do(req)
	if err != nil {
		return fmt.Errorf("reaching the management API: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading the answer of the management API: %w", err)
	case len(text) > maxAnswer:
		return errors.New("reading the answer of the management API: it is too large")
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return problem(resp, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("reading the answer of the management API: %w", err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, values url.Values, body any) (*http.Request, error) {
	address := c.base + path
	if len(values) > 0 {
		address += "?" + values.Encode()
	}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("writing a request to the management API: %w", err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return nil, fmt.Errorf("writing a request to the management API: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// problem is the error in an answer. Something else than the API may have
// answered: a proxy, or a server without it.
func problem(resp *http.Response, text []byte) error {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var p api.Problem
	if media == "application/problem+json" && json.Unmarshal(text, &p) == nil && p.Code != "" {
		return &p
	}
	return fmt.Errorf("the management API is not there: the answer was %s", resp.Status)
}

// all reads all parts of a list.
func all[T any](ctx context.Context, c *Client, path string, values url.Values) ([]T, error) {
	var items []T
	for {
		var part api.List[T]
		if err := c.call(ctx, http.MethodGet, path, values, nil, &part); err != nil {
			return nil, err
		}
		items = append(items, part.Items...)
		if part.Next == "" {
			return items, nil
		}
		if values == nil {
			values = url.Values{}
		}
		values.Set("cursor", part.Next)
	}
}

// in is a path with one part that may be anything.
func in(before, part, after string) string { return before + url.PathEscape(part) + after }
