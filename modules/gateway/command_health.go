package gateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

var healthCommand = &command{
	name: "health", short: "Asks a running gateway whether it is ready",
	long:  "Asks a probe's address, and exits with 0 when the answer is 200. It is what a container without a shell checks itself with.",
	local: true,
	flags: func(cmd *cobra.Command) {
		cmd.Flags().String("url", "http://127.0.0.1:8080/readyz", "the address of the probe")
	},
	run: func(s *session) error {
		req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.flag("url"), nil)
		if err != nil {
			return usageError(err.Error())
		}
		res, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s", body)
		if res.StatusCode != http.StatusOK {
			return errors.New(res.Status)
		}
		return nil
	},
}
