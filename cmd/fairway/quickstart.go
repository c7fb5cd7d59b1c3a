package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/manage/client"
	"github.com/fairwaygw/fairway/modules/providers"
)

func registerQuickstart() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name: "quickstart", Short: "Starts a gateway to try, and prints a call that works",
		Long: `Starts a gateway on one address with the simulator, and with each vendor whose
usual variable (such as OPENAI_API_KEY) is set, and prints its address, a fresh
key and a call that works as printed. Its store is below Caddy's data directory.`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.Flags().String("listen", ":8080", "the address to listen on")
			cmd.RunE = func(cmd *cobra.Command, _ []string) error {
				listen, err := cmd.Flags().GetString("listen")
				if err != nil {
					return err
				}
				return quickstart(listen)
			}
		},
	})
}

func quickstart(listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen %q is no address; write one such as :8080 or 127.0.0.1:8080", listen)
	}
	if host == "" {
		host = "localhost"
	}
	base := "http://" + net.JoinHostPort(host, port)

	caddy.TrapSignals()
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(quickstartCaddyfile(listen)), map[string]any{"filename": "quickstart"})
	if err != nil {
		return fmt.Errorf("making the configuration: %w", err)
	}
	if err := caddy.Load(adapted, true); err != nil {
		return fmt.Errorf("starting: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := ready(ctx, base+"/readyz"); err != nil {
		return err
	}
	key, err := quickstartKey(ctx)
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	fmt.Print(greeting(base, key))
	select {} // until a signal ends the process
}

// quickstartCaddyfile is the configuration to try things with.
func quickstartCaddyfile(listen string) string {
	var names []string
	for _, p := range providers.Presets() {
		if p.KeyVariable == "" || os.Getenv(p.KeyVariable) != "" {
			names = append(names, p.Name)
		}
	}
	host, port, _ := net.SplitHostPort(listen) // it was split before
	var b strings.Builder
	fmt.Fprintf(&b, `{
	persist_config off
	auto_https off
	default_bind fairway/%s
	log {
		level ERROR
		format fairway
	}
	fairway {
		store sqlite %q
`, host, filepath.Join(caddy.AppDataDir(), "fairway", "quickstart", "fairway.db"))
	for _, name := range names {
		fmt.Fprintf(&b, "\t\tprovider %s\n\t\texpose %s/*\n", name, name)
	}
	fmt.Fprintf(&b, "\t}\n}\n\nhttp://:%s {\n\tfairway\n}\n", port)
	return b.String()
}

// ready waits until the gateway answers.
func ready(ctx context.Context, url string) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close() // nothing of it is needed
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("the gateway does not answer; its log tells why")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

const (
	quickstartApplication = "quickstart"
	quickstartKeyDays     = 7
)

// quickstartKey makes a fresh key that ends by itself.
func quickstartKey(ctx context.Context) (string, error) {
	c, err := client.Dial(caddy.DefaultAdminListen)
	if err != nil {
		return "", err
	}
	a, err := c.Application(ctx, "default", quickstartApplication)
	var problem *api.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusNotFound {
		a, err = c.CreateApplication(ctx, "default", quickstartApplication)
	}
	if err != nil {
		return "", err
	}
	end := time.Now().AddDate(0, 0, quickstartKeyDays)
	k, err := c.CreateKey(ctx, a.ID, api.NewKey{Name: "quickstart", ExpiresAt: &end})
	return k.Secret, err
}

// greeting tells what to do next.
func greeting(base, key string) string {
	return fmt.Sprintf(`Fairway is ready.

  base URL   %[1]s/v1
  key        %[2]s   (valid for %[3]d days)

Try it:

curl %[1]s/v1/chat/completions -H 'Authorization: Bearer %[2]s' -H 'Content-Type: application/json' -d '{"model":"simulator/echo","messages":[{"role":"user","content":"Hello, Fairway!"}]}'

What was called: %[4]s calls --follow      End: Ctrl-C
`, base, key, quickstartKeyDays, os.Args[0])
}
