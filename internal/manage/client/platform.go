package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairwaygw/fairway/internal/manage/api"
)

// Tenants lists all tenants.
func (c *Client) Tenants(ctx context.Context) ([]api.Tenant, error) {
	return all[api.Tenant](ctx, c, "/tenants", nil)
}

// Applications lists all applications of a tenant, named by id or name.
func (c *Client) Applications(ctx context.Context, tenant string) ([]api.Application, error) {
	return all[api.Application](ctx, c, in("/tenants/", tenant, "/applications"), nil)
}

// CreateApplication creates an application in a tenant.
func (c *Client) CreateApplication(ctx context.Context, tenant, name string) (a api.Application, err error) {
	err = c.call(ctx, http.MethodPost, in("/tenants/", tenant, "/applications"), nil, api.NewApplication{Name: name}, &a)
	return a, err
}

// Application finds an application by its id, or in a tenant by its name.
func (c *Client) Application(ctx context.Context, tenant, idOrName string) (a api.Application, err error) {
	if strings.HasPrefix(idOrName, "app_") {
		err = c.call(ctx, http.MethodGet, in("/applications/", idOrName, ""), nil, nil, &a)
		if p, ok := asProblem(err); !ok || p.Code != api.CodeNotFound {
			return a, err
		}
		// A name can begin like an id.
	}
	var found api.List[api.Application]
	err = c.call(ctx, http.MethodGet, in("/tenants/", tenant, "/applications"), url.Values{"name": {idOrName}}, nil, &found)
	if err == nil && len(found.Items) == 0 {
		err = api.NewProblem(http.StatusNotFound, api.CodeNotFound, fmt.Sprintf("there is no application %q in tenant %q", idOrName, tenant))
	}
	if err != nil {
		return api.Application{}, err
	}
	return found.Items[0], nil
}

// Keys lists all keys of an application.
func (c *Client) Keys(ctx context.Context, application string) ([]api.Key, error) {
	return all[api.Key](ctx, c, in("/applications/", application, "/keys"), nil)
}

// CreateKey creates a key of an application. Its secret is in the answer, and
// nowhere else ever again.
func (c *Client) CreateKey(ctx context.Context, application string, k api.NewKey) (created api.Key, err error) {
	err = c.call(ctx, http.MethodPost, in("/applications/", application, "/keys"), nil, k, &created)
	return created, err
}

// Key finds a key.
func (c *Client) Key(ctx context.Context, id string) (k api.Key, err error) {
	err = c.call(ctx, http.MethodGet, in("/keys/", id, ""), nil, nil, &k)
	return k, err
}

// RevokeKey revokes a key. Doing it again changes nothing.
func (c *Client) RevokeKey(ctx context.Context, id string) (k api.Key, err error) {
	err = c.call(ctx, http.MethodPost, in("/keys/", id, "/revoke"), nil, nil, &k)
	return k, err
}
