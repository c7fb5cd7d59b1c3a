package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/fairwaygw/fairway/internal/catalog/live"
	"github.com/fairwaygw/fairway/internal/manage"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/manage/client"
	"github.com/fairwaygw/fairway/internal/secret"
	"github.com/fairwaygw/fairway/internal/spelling"
	"github.com/fairwaygw/fairway/internal/store"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "fairway",
		Usage: "<command>",
		Short: "Manages Fairway: applications, keys, call records",
		CobraFunc: func(cmd *cobra.Command) {
			for _, c := range commands {
				cmd.AddCommand(c.build())
			}
		},
	})
}

// RegisterCommands adds the commands at the top level too, where the program is
// Fairway's own.
func RegisterCommands() {
	for _, c := range commands {
		caddycmd.RegisterCommand(caddycmd.Command{Name: c.name, Usage: c.usage, Short: c.short, Long: c.long, CobraFunc: c.fill})
	}
}

// command is a command, which may have commands of its own.
type command struct {
	name  string
	usage string
	short string
	long  string
	// args is how many arguments there are; -1 is any number.
	args  int
	flags func(*cobra.Command)
	run   func(*session) error
	sub   []*command
	// local is set for commands that need no management API; storeless for those
	// that can do without a server and a store.
	local     bool
	storeless bool
}

// commands are all of them.
var commands = []*command{appCommand, keyCommand, callsCommand, modelsCommand, connectCommand, healthCommand}

func (c *command) build() *cobra.Command {
	cmd := &cobra.Command{Use: strings.TrimSpace(c.name + " " + c.usage), Short: c.short, Long: c.long}
	c.fill(cmd)
	return cmd
}

// fill gives a cobra command its flags, and what it does.
func (c *command) fill(cmd *cobra.Command) {
	if c.flags != nil {
		c.flags(cmd)
	}
	for _, s := range c.sub {
		cmd.AddCommand(s.build())
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit(usageError(err.Error())) })
	cmd.Args = cobra.ArbitraryArgs // each looks at its own
	if c.run == nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit(usageError(fmt.Sprintf("%s has no command %q%s", c.name, args[0], spelling.Suggest(args[0], c.names()))))
			}
			return cmd.Help()
		}
		return
	}
	if !c.local {
		cmd.Flags().String("address", "", "the admin endpoint of the running server, such as localhost:2019 or unix//run/caddy.sock")
		cmd.Flags().StringP("config", "c", "", "the configuration that names the admin endpoint, and the store when no server runs")
		cmd.Flags().StringP("adapter", "a", "", "the configuration's format, if it is not told by its name")
		cmd.Flags().Bool("json", false, "print JSON")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		s := &session{ctx: ctx, cmd: cmd, args: args, out: os.Stdout}
		return exit(s.do(c))
	}
}

// names are the names of a command's own commands.
func (c *command) names() []string {
	var names []string
	for _, s := range c.sub {
		names = append(names, s.name)
	}
	return names
}

// exit ends the process when a command has failed: with 2 when it was called
// wrongly, else with 1.
func exit(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	fmt.Fprintf(os.Stderr, "error: %v\n", err)
	var usage usageError
	if errors.As(err, &usage) {
		os.Exit(2)
	}
	os.Exit(1)
	return nil
}

// usageError is a command line that makes no sense: exit status 2.
type usageError string

func (e usageError) Error() string { return string(e) }

// session is one run of a command.
type session struct {
	ctx    context.Context
	cmd    *cobra.Command
	args   []string
	out    io.Writer
	client *client.Client
}

func (s *session) do(c *command) error {
	if c.args >= 0 && len(s.args) != c.args {
		_, line, _ := strings.Cut(s.cmd.UseLine(), " ") // the program may have another name
		return usageError("usage: " + filepath.Base(os.Args[0]) + " " + line)
	}
	if c.local {
		return c.run(s)
	}
	done, err := s.connect()
	if errors.Is(err, errNoStore) && c.storeless {
		s.client, done, err = client.InProcess(manage.New(manage.Options{Catalog: keptCatalog{live.Open(live.Options{})}, Actor: manage.Operator})), nothing, nil
	}
	if err != nil {
		return err
	}
	return errors.Join(c.run(s), done())
}

func (s *session) flag(name string) string {
	f := s.cmd.Flags().Lookup(name)
	if f == nil {
		return ""
	}
	return f.Value.String()
}

func (s *session) json() bool { return s.flag("json") == "true" }

// connect finds the management API: of a running server, else of the store
// that the configuration names.
func (s *session) connect() (done func() error, err error) {
	address := s.flag("address")
	config, adapter := s.flag("config"), s.flag("adapter")
	admin, err := caddycmd.DetermineAdminAPIAddress(address, nil, config, adapter)
	if err != nil {
		return nil, err
	}
	if s.client, err = client.Dial(admin); err != nil {
		return nil, err
	}
	_, err = s.client.Tenants(s.ctx)
	var opErr *net.OpError
	if err == nil || !errors.As(err, &opErr) {
		return nothing, err
	}
	if address != "" {
		return nil, fmt.Errorf("nothing answers at %s: %w", address, err)
	}
	return s.openStore(config, adapter)
}

func nothing() error { return nil }

// errNoStore is for a machine on which nothing was configured yet.
var errNoStore = errors.New("no server runs, and there is no store")

// openStore works on the store itself, because no server runs.
func (s *session) openStore(config, adapter string) (done func() error, err error) {
	path, source, err := configuredStore(config, adapter)
	if err != nil {
		return nil, err
	}
	if config == "" {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("%w at %s; name the configuration with --config, or the server with --address", errNoStore, path)
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, openTimeout)
	defer cancel()
	db, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return nil, fmt.Errorf("opening the store at %s: %w", path, err)
	}
	hasher, err := secret.Open(ctx, secret.PepperPath(path), db)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store at %s: %w", path, err), db.Close())
	}
	s.client = client.InProcess(manage.New(manage.Options{
		Store: db, Hasher: hasher, Catalog: keptCatalog{openKept(path, source)}, Actor: manage.Operator,
	}))
	return db.Close, nil
}

// configuredStore is the path of the store that a configuration names, and
// where its catalog is from.
func configuredStore(config, adapter string) (path string, source *live.Config, err error) {
	var c struct {
		Apps struct {
			Fairway struct {
				Store   *StoreConfig   `json:"store"`
				Catalog *CatalogConfig `json:"catalog"`
			} `json:"fairway"`
		} `json:"apps"`
	}
	if config != "" {
		text, _, _, err := caddycmd.LoadConfig(config, adapter)
		if err != nil {
			return "", nil, err
		}
		if err := json.Unmarshal(text, &c); err != nil {
			return "", nil, fmt.Errorf("reading %s: %w", filepath.Base(config), err)
		}
	}
	if path, err = storePath(c.Apps.Fairway.Store); err != nil {
		return "", nil, err
	}
	source, err = c.Apps.Fairway.Catalog.source()
	return path, source, err
}

// print writes a value as JSON.
func (s *session) print(v any) error {
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// listOf is a list to print: an empty one is [], not null.
func listOf[T any](items []T, next string) api.List[T] {
	if items == nil {
		items = []T{}
	}
	return api.List[T]{Items: items, Next: next}
}

// table writes rows in columns, below a head if there is one.
func (s *session) table(head string, rows func(w io.Writer)) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	if head != "" {
		fmt.Fprintln(w, head)
	}
	rows(w)
	return w.Flush()
}

// when writes a time for people.
func when(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// expiry reads a time to expire at: a time (RFC 3339), a date, or a duration
// from now such as 90d.
func expiry(v string, now time.Time) (*time.Time, error) {
	if v == "" {
		return nil, nil
	}
	for _, layout := range [...]string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			return &t, nil
		}
	}
	d, err := caddy.ParseDuration(v)
	if err != nil || d <= 0 {
		return nil, usageError(fmt.Sprintf("--expires %q is no time; write one such as 90d, 2027-01-31 or 2027-01-31T12:00:00Z", v))
	}
	t := now.Add(d)
	return &t, nil
}
