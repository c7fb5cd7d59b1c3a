package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairwaygw/fairway/internal/manage/api"
)

// CatalogStatus tells which catalog of models is in force.
func (c *Client) CatalogStatus(ctx context.Context) (s api.CatalogStatus, err error) {
	err = c.call(ctx, http.MethodGet, "/model-catalog", nil, nil, &s)
	return s, err
}

// RefreshCatalog reads the catalog's source now.
func (c *Client) RefreshCatalog(ctx context.Context, force bool) (s api.CatalogStatus, err error) {
	err = c.call(ctx, http.MethodPost, "/model-catalog/refresh", nil, api.RefreshCatalog{Force: force}, &s)
	return s, err
}

// RollbackCatalog puts the catalog before in force.
func (c *Client) RollbackCatalog(ctx context.Context) (s api.CatalogStatus, err error) {
	err = c.call(ctx, http.MethodPost, "/model-catalog/rollback", nil, nil, &s)
	return s, err
}

// CatalogModels lists the catalog's models whose "vendor/model" has all words
// of a search; empty strings choose all.
func (c *Client) CatalogModels(ctx context.Context, vendor, search string) ([]api.CatalogModel, error) {
	v := url.Values{}
	if vendor != "" {
		v.Set("vendor", vendor)
	}
	if search != "" {
		v.Set("search", search)
	}
	return all[api.CatalogModel](ctx, c, "/model-catalog/models", v)
}

// ExplainModel tells what is known of a model, and why.
func (c *Client) ExplainModel(ctx context.Context, name string) (x api.CatalogExplanation, err error) {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	err = c.call(ctx, http.MethodGet, "/model-catalog/models/"+strings.Join(parts, "/"), nil, nil, &x)
	return x, err
}
