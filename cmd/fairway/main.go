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

const description = `Fairway is an AI gateway made of Caddy modules: Caddy's commands and its own.

	fairway quickstart                        a gateway to try, on :8080
	fairway run --config Caddyfile            a server, in the foreground
	fairway validate --config Caddyfile       finds mistakes
	fairway reload --config Caddyfile         changes a server that runs
	fairway app create <name>                 an application, which owns keys
	fairway key create --application <name>   a key, which is shown once
	fairway calls --follow                    what is called, and what it costs`

func main() {
	caddy.CustomBinaryName, caddy.CustomLongDescription = "fairway", description
	caddy.CustomVersion = "fairway " + gateway.Version + ", caddy"
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
