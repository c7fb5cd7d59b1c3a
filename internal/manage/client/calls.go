package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
)

// CallQuery chooses among call records. A zero field chooses all.
type CallQuery struct {
	// Tenant is an id or a name.
	Tenant      string
	Application string
	Key         string
	Model       string
	// Status is one, such as "429", or a class, such as "4xx".
	Status      string
	From, Until time.Time
	// Limit is how many are wanted at most; 0 leaves it to the server.
	Limit int
}

func (q CallQuery) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("tenant", q.Tenant)
	set("application", q.Application)
	set("key", q.Key)
	set("model", q.Model)
	set("status", q.Status)
	if !q.From.IsZero() {
		set("from", q.From.UTC().Format(time.RFC3339Nano))
	}
	if !q.Until.IsZero() {
		set("until", q.Until.UTC().Format(time.RFC3339Nano))
	}
	if q.Limit != 0 {
		set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// Calls lists call records, the newest calls first, from a cursor on, which is
// empty for the first part. The next cursor is empty at the end.
func (c *Client) Calls(ctx context.Context, q CallQuery, cursor string) (calls []api.Call, next string, err error) {
	v := q.values()
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	return c.calls(ctx, v)
}

// Where CallsSince can begin beside a cursor.
const (
	SinceStart = "start" // with all that is stored
	SinceNow   = "now"   // with what comes; returns just the cursor
)

// CallsSince lists call records in the order in which they were stored, after
// a cursor that it returned before. It always returns one, to follow: call it
// again with that after a while, or at once when there were as many as wanted.
func (c *Client) CallsSince(ctx context.Context, q CallQuery, since string) (calls []api.Call, next string, err error) {
	v := q.values()
	v.Set("since", since)
	return c.calls(ctx, v)
}

func (c *Client) calls(ctx context.Context, v url.Values) ([]api.Call, string, error) {
	var l api.List[api.Call]
	if err := c.call(ctx, http.MethodGet, "/calls", v, nil, &l); err != nil {
		return nil, "", err
	}
	return l.Items, l.Next, nil
}

// Call finds a call record.
func (c *Client) Call(ctx context.Context, id string) (call api.Call, err error) {
	err = c.call(ctx, http.MethodGet, in("/calls/", id, ""), nil, nil, &call)
	return call, err
}

func asProblem(err error) (*api.Problem, bool) {
	var p *api.Problem
	ok := errors.As(err, &p)
	return p, ok
}
