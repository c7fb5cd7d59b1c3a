// Command fairway is Caddy with Fairway's modules and commands.
package main

import (
	"fmt"
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
		address, err := adminAddress(caddy.AppDataDir(), os.Args[1:])
		if err != nil && serves(os.Args[1:]) {
			fmt.Fprintln(os.Stderr, "fairway:", err)
		}
		if address != "" {
			caddy.DefaultAdminListen = address
		}
	}
	caddycmd.Main()
}
