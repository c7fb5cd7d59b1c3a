// Command fairway is Caddy with Fairway's modules and commands.
package main

import (
	"os"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/fairwaygw/fairway"
	"github.com/fairwaygw/fairway/modules/gateway"
)

func main() {
	gateway.RegisterCommands()
	registerQuickstart()
	if os.Getenv("CADDY_ADMIN") == "" {
		if address, err := adminAddress(caddy.AppDataDir(), os.Args[1:]); err == nil {
			caddy.DefaultAdminListen = address
		}
	}
	caddycmd.Main()
}
