package api

import (
	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/live"
	"github.com/fairwaygw/fairway/internal/catalog/source"
	"github.com/fairwaygw/fairway/internal/ledger"
)

// CatalogStatus tells which catalog of models is in force.
type CatalogStatus = live.Status

// RefreshCatalog is what is said to refresh the catalog.
type RefreshCatalog struct {
	// Force takes what is hard to believe, and what was rolled back.
	Force bool `json:"force"`
}

// CatalogModel is a model of the catalog. Prices are US dollars for a million
// tokens, as decimal strings.
type CatalogModel struct {
	Vendor string `json:"vendor"`
	catalog.Entry
	// Version is that of the price, as records have it; Source says where the
	// facts are from.
	Version string `json:"price_version,omitempty"`
	Source  string `json:"source,omitempty"`
	// Notice is the page on which the vendor announces the end of models.
	Notice string `json:"notice,omitempty"`
}

// CatalogTarget is what a configured target costs.
type CatalogTarget struct {
	Target string `json:"target"`
	// Vendor is whose models the provider has, empty when that is not known.
	Vendor string `json:"vendor,omitempty"`
	Model  string `json:"model"`
	// Override is the price that the configuration sets, nil for none.
	Override *ledger.Rates `json:"override,omitempty"`
	// Version is that of the price that holds; empty when it is unknown.
	Version string `json:"price_version,omitempty"`
	// Models are the names that callers reach the target by.
	Models []string `json:"models,omitempty"`
}

// CatalogExplanation tells why a model is believed to be as it is.
type CatalogExplanation struct {
	Asked string `json:"asked"`
	// Target is what is configured under the name, if it is.
	Target *CatalogTarget `json:"target,omitempty"`
	// Model is what the catalog in force has, Builtin what came with the build;
	// nil is nothing.
	Model   *CatalogModel `json:"model,omitempty"`
	Builtin *CatalogModel `json:"builtin,omitempty"`
	// Held are facts about it that the source has and that are not believed.
	Held []source.Note `json:"held,omitempty"`
}
