package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// content is what a source has now.
type content struct {
	text []byte
	// unchanged is set when the source says that it is as before.
	unchanged      bool
	etag, modified string
}

// key tells a source from others, and does not tell what may be secret in it.
func (c *Config) key() string {
	sum := sha256.Sum256([]byte(c.File + "\n" + c.URL))
	return hex.EncodeToString(sum[:16])
}

// Name is the source for people: an address without its query.
func (c *Config) Name() string {
	if c.URL == "" {
		return c.File
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return "(url)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// fetch reads the source within its bounds. etag and modified are of the last
// reading; empty reads in any case.
func (c *Config) fetch(ctx context.Context, etag, modified string) (*content, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if c.URL == "" {
		return c.readFile()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, http.NoBody)
	if err != nil {
		return nil, errors.New("the address is not well-formed")
	}
	req.Header.Set("User-Agent", "fairway")
	req.Header.Set("Accept", "application/json")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	if modified != "" {
		req.Header.Set("If-Modified-Since", modified)
	}
	res, err := client.Do(req)
	if err != nil {
		// Its own text has all of the address.
		var whole *url.Error
		if errors.As(err, &whole) {
			err = whole.Err
		}
		return nil, err
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotModified && (etag != "" || modified != ""):
		return &content{unchanged: true, etag: etag, modified: modified}, nil
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the answer is %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	text, err := c.readAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &content{text: text, etag: res.Header.Get("ETag"), modified: res.Header.Get("Last-Modified")}, nil
}

func (c *Config) readFile() (*content, error) {
	info, err := os.Stat(c.File)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file") // opening a pipe waits for whoever writes
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := c.readAll(f)
	if err != nil {
		return nil, err
	}
	return &content{text: text}, nil
}

func (c *Config) readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, c.MaxSize+1))
	if err == nil && int64(len(text)) > c.MaxSize {
		err = fmt.Errorf("it has more than %d bytes", c.MaxSize)
	}
	return text, err
}

// client reads addresses of the operator's. It keeps no connection: a day lies
// between two readings.
var client = &http.Client{
	Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DisableKeepAlives:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 1 << 16,
	},
	CheckRedirect: func(req *http.Request, via []*http.Request) error {
		switch {
		case len(via) > 3:
			return errors.New("it redirects more than three times")
		case via[0].URL.Scheme == "https" && req.URL.Scheme != "https":
			return errors.New("it redirects to an address without TLS")
		}
		return nil
	},
}
