// Package fairway is an AI and API gateway made of Caddy modules. Importing it
// registers all of them, so that it is what a custom build names:
//
//	xcaddy build --with github.com/fairwaygw/fairway
//
// The command in cmd/fairway is the same with Caddy's standard modules and a
// few commands of its own.
package fairway

import (
	_ "github.com/fairwaygw/fairway/caddyfile"            // global option and directives
	_ "github.com/fairwaygw/fairway/modules/aigateway"    // http.handlers.ai_gateway
	_ "github.com/fairwaygw/fairway/modules/gateway"      // app fairway, admin.api.fairway, commands
	_ "github.com/fairwaygw/fairway/modules/health"       // http.handlers.fairway_health
	_ "github.com/fairwaygw/fairway/modules/listener"     // the network fairway
	_ "github.com/fairwaygw/fairway/modules/logging"      // caddy.logging.encoders.fairway
	_ "github.com/fairwaygw/fairway/modules/providers"    // fairway.providers.*
	_ "github.com/fairwaygw/fairway/modules/subscription" // http.handlers.subscription
)
