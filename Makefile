# Everything that a person or continuous integration does with this project.

export CGO_ENABLED ?= 0
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# What xcaddy leaves out of every Caddy too: databases that an internal certificate
# authority could use.
TAGS     = nobadger,nomysql,nopgx
LDFLAGS  = -s -w -X github.com/fairwaygw/fairway/modules/gateway.Version=$(VERSION)
CADDY    = v2.11.9
TOOL     = $(GO) tool -modfile=tools/go.mod

.PHONY: help run build xcaddy test unit integration conformance lint fmt fuzz bench clean

help: ## Shows this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

run: build ## Builds and starts a gateway on :8080 and prints a call that works
	@bin/fairway quickstart

build: ## Builds bin/fairway
	$(GO) build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/fairway ./cmd/fairway

xcaddy: ## Builds bin/caddy as a custom build does, by the line of xcaddy.Dockerfile
	$(TOOL) xcaddy build $(CADDY) --output bin/caddy --with github.com/fairwaygw/fairway@v0.0.0=.

test: ## Runs every test; installs what they need
	@tests/run

conformance: build ## Runs clients and agents of many kinds; writes docs/clients.md
	@tests/conformance/run

unit: ## Runs the tests beside the code only
	CGO_ENABLED=1 $(GO) test -race ./...

lint: ## Checks style and layers
	$(TOOL) golangci-lint run ./...
	cd tests && $(TOOL:tools/go.mod=../tools/go.mod) golangci-lint run ./...

fmt: ## Formats the code
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

fuzz: ## Runs every fuzz target for FUZZTIME (default 60s) each
	@tests/fuzz $(or $(FUZZTIME),60s)

bench: build ## Compares the gateway with plain Caddy, in one run on this machine
	cd tests && $(GO) build -o ../bin/bench ./bench && ../bin/bench -fairway ../bin/fairway $(BENCHFLAGS)

clean: ## Removes what was built
	rm -rf bin
