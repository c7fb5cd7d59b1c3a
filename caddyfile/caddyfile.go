// Package caddyfile is the grammar of Fairway in the Caddyfile: the global
// option, the site directives and their order. It turns tokens into the JSON
// that the modules read, and finds every mistake that can be found without
// running anything, with its file and line.
package caddyfile

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("fairway", parseGlobal)

	httpcaddyfile.RegisterHandlerDirective("subscription", parseSubscription)
	httpcaddyfile.RegisterHandlerDirective("ai_gateway", parseAIGateway)
	httpcaddyfile.RegisterHandlerDirective("fairway_health", parseHealth)
	httpcaddyfile.RegisterDirective("fairway", parseShortcut)

	// Who calls is settled before anything is done for them; what answers
	// stands where other handlers that answer stand.
	httpcaddyfile.RegisterDirectiveOrder("subscription", httpcaddyfile.After, "forward_auth")
	httpcaddyfile.RegisterDirectiveOrder("ai_gateway", httpcaddyfile.Before, "reverse_proxy")
	httpcaddyfile.RegisterDirectiveOrder("fairway_health", httpcaddyfile.Before, "respond")
	httpcaddyfile.RegisterDirectiveOrder("fairway", httpcaddyfile.Before, "respond")
}
