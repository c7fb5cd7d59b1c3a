package gateway

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairwaygw/fairway/internal/manage/api"
)

func tenantFlag(cmd *cobra.Command) {
	cmd.Flags().String("tenant", "default", "the tenant, by id or name")
}

var appCommand = &command{
	name: "app", usage: "<command>", short: "Manages applications, which own keys",
	sub: []*command{
		{
			name: "create", usage: "<name>", short: "Creates an application", args: 1, flags: tenantFlag,
			run: func(s *session) error {
				a, err := s.client.CreateApplication(s.ctx, s.flag("tenant"), s.args[0])
				if err != nil {
					return err
				}
				if s.json() {
					return s.print(a)
				}
				fmt.Fprintf(s.out, "%s\t%s\n", a.ID, a.Name)
				return nil
			},
		},
		{
			name: "list", short: "Lists the applications", flags: tenantFlag,
			run: func(s *session) error {
				list, err := s.client.Applications(s.ctx, s.flag("tenant"))
				if err != nil {
					return err
				}
				if s.json() {
					return s.print(listOf(list, ""))
				}
				return s.table("ID\tNAME\tCREATED", func(w io.Writer) {
					for _, a := range list {
						fmt.Fprintf(w, "%s\t%s\t%s\n", a.ID, a.Name, when(&a.CreatedAt))
					}
				})
			},
		},
	},
}

func applicationFlag(cmd *cobra.Command) {
	tenantFlag(cmd)
	cmd.Flags().String("application", "", "the application, by id or name")
}

// application finds the application that the flags name.
func (s *session) application() (api.Application, error) {
	name := s.flag("application")
	if name == "" {
		return api.Application{}, usageError("name the application with --application")
	}
	return s.client.Application(s.ctx, s.flag("tenant"), name)
}

var keyCommand = &command{
	name: "key", usage: "<command>", short: "Manages the keys of applications",
	sub: []*command{
		{
			name: "create", short: "Creates a key, and shows its secret, once",
			flags: func(cmd *cobra.Command) {
				applicationFlag(cmd)
				cmd.Flags().String("name", "key", "what the key is for")
				cmd.Flags().String("expires", "", "when it ends: 90d, 2027-01-31, or a time as in RFC 3339; never, if left out")
			},
			run: createKey,
		},
		{
			name: "list", short: "Lists the keys of an application", flags: applicationFlag,
			run: listKeys,
		},
		{
			name: "revoke", usage: "<id>", short: "Revokes a key, at once and for ever", args: 1,
			run: func(s *session) error {
				k, err := s.client.RevokeKey(s.ctx, s.args[0])
				if err != nil {
					return err
				}
				if s.json() {
					return s.print(k)
				}
				fmt.Fprintf(s.out, "%s\trevoked %s\n", k.ID, when(k.RevokedAt))
				return nil
			},
		},
	},
}

func createKey(s *session) error {
	expires, err := expiry(s.flag("expires"), time.Now())
	if err != nil {
		return err
	}
	a, err := s.application()
	if err != nil {
		return err
	}
	k, err := s.client.CreateKey(s.ctx, a.ID, api.NewKey{Name: s.flag("name"), ExpiresAt: expires})
	if err != nil {
		return err
	}
	if s.json() {
		return s.print(k)
	}
	fmt.Fprintf(s.out, "%s\n", k.Secret)
	fmt.Fprintf(s.cmd.ErrOrStderr(), "This is the only time that %s is shown.\n", k.ID)
	return nil
}

func listKeys(s *session) error {
	a, err := s.application()
	if err != nil {
		return err
	}
	list, err := s.client.Keys(s.ctx, a.ID)
	if err != nil {
		return err
	}
	if s.json() {
		return s.print(listOf(list, ""))
	}
	return s.table("ID\tKEY\tNAME\tSTATE\tCREATED\tEXPIRES", func(w io.Writer) {
		for _, k := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Hint, k.Name, k.State, when(&k.CreatedAt), when(k.ExpiresAt))
		}
	})
}
