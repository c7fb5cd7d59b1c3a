//go:build deps

// temporary: pins the dependencies while the packages that use them are written
package fairway

import (
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	_ "github.com/pressly/goose/v3"
	_ "github.com/prometheus/client_golang/prometheus"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/sashabaranov/go-openai"
	_ "go.uber.org/goleak"
	_ "go.uber.org/zap"
	_ "modernc.org/sqlite"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/spf13/cobra"
	_ "github.com/google/uuid"
	_ "golang.org/x/sync/errgroup"
)
