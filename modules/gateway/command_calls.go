package gateway

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/manage/client"
	"github.com/fairwaygw/fairway/internal/platform"
)

var callsCommand = &command{
	name: "calls", short: "Shows what was called, by whom, and what it cost",
	long: "Shows the newest call records, the newest first. With --follow it then waits for more, and shows them as they come.",
	flags: func(cmd *cobra.Command) {
		cmd.Flags().BoolP("follow", "f", false, "wait for further calls; with --json, one record a line")
		cmd.Flags().IntP("limit", "n", 20, "how many, 1 to 1000")
		cmd.Flags().String("tenant", "", "only those of a tenant, by id or name")
		cmd.Flags().String("application", "", "only those of an application, by id or name")
		cmd.Flags().String("key", "", "only those of a key, by id")
		cmd.Flags().String("model", "", "only those of a model")
		cmd.Flags().String("status", "", "only those with a status, such as 429 or 5xx")
	},
	run: showCalls,
}

// followEvery is how often --follow asks for more.
const followEvery = 500 * time.Millisecond

func showCalls(s *session) error {
	limit, err := strconv.Atoi(s.flag("limit"))
	if err != nil || limit < 1 || limit > 1000 {
		return usageError("--limit must be a number from 1 to 1000")
	}
	q := client.CallQuery{
		Tenant: s.flag("tenant"), Application: s.flag("application"), Key: s.flag("key"), Model: s.flag("model"),
		Status: s.flag("status"), Limit: limit,
	}
	if q.Application != "" {
		if q.Application, err = s.applicationOf(q.Tenant, q.Application); err != nil {
			return err
		}
	}
	follow := s.flag("follow") == "true"
	since := ""
	if follow {
		// First where the end is, then what stands before it: no record is
		// missed between the two.
		if _, since, err = s.client.CallsSince(s.ctx, q, client.SinceNow); err != nil {
			return err
		}
	}
	calls, next, err := s.client.Calls(s.ctx, q, "")
	if err != nil {
		return err
	}
	if !follow {
		if s.json() {
			return s.print(listOf(calls, next))
		}
		return s.callTable(calls)
	}
	if !s.json() {
		fmt.Fprintf(s.out, callLine, callHead...)
	}
	shown := map[string]bool{}
	for i := len(calls) - 1; i >= 0; i-- {
		shown[calls[i].ID] = true
		if err := s.callLine(&calls[i]); err != nil {
			return err
		}
	}
	return s.follow(q, since, shown)
}

// applicationOf is the id of an application that is named by id or name.
func (s *session) applicationOf(tenant, idOrName string) (string, error) {
	if tenant == "" {
		tenant = platform.DefaultTenantName
	}
	a, err := s.client.Application(s.ctx, tenant, idOrName)
	return a.ID, err
}

// follow shows calls as they come. Those in shown, which may have come while
// the first ones were read, are left out.
func (s *session) follow(q client.CallQuery, since string, shown map[string]bool) error {
	for {
		calls, next, err := s.client.CallsSince(s.ctx, q, since)
		if err != nil {
			return err
		}
		since = next
		for i := range calls {
			if shown[calls[i].ID] {
				continue
			}
			if err := s.callLine(&calls[i]); err != nil {
				return err
			}
		}
		if len(calls) == q.Limit {
			continue
		}
		select {
		case <-s.ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
	}
}

const callLine = "%-19s  %-6s  %-24s  %-30s  %8s  %8s  %-12s  %8s  %s\n"

var callHead = []any{"TIME", "STATUS", "MODEL", "TARGET", "IN", "OUT", "COST", "TOOK", "ID"}

func (s *session) callTable(calls []api.Call) error {
	return s.table("TIME\tSTATUS\tMODEL\tTARGET\tIN\tOUT\tCOST\tTOOK\tID", func(w io.Writer) {
		for i := range calls {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", callFields(&calls[i])...)
		}
	})
}

func (s *session) callLine(c *api.Call) error {
	if s.json() {
		return s.print(c)
	}
	_, err := fmt.Fprintf(s.out, callLine, callFields(c)...)
	return err
}

// callFields are the columns of a record.
func callFields(c *api.Call) []any {
	target, cost := "-", "unknown"
	if n := len(c.Attempts); n > 0 {
		target = c.Attempts[n-1].Target
	} else {
		cost = "-" // nothing was sent, so nothing is unknown
	}
	if c.Cost != nil {
		cost = "$" + c.Cost.String()
	}
	status := strconv.Itoa(c.Status)
	if c.Class != "" {
		status += " " + c.Class
	}
	return []any{
		when(&c.Time), status, c.Model, target,
		strconv.FormatInt(c.Usage.InputTotal(), 10), strconv.FormatInt(c.Usage.OutputTotal(), 10), cost,
		c.Duration.Round(time.Millisecond).String(), c.ID,
	}
}
