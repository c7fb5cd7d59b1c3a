package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// schema is the migrations of SQLite.
var schema = func() fs.FS {
	f, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return f
}()

// migrate brings the tables up to date, forward only. Each migration is a
// transaction: one that was cut short was never there, and is done again.
func (s *SQLite) migrate(ctx context.Context) error {
	for {
		// A provider looks for its own table just once.
		p, err := goose.NewProvider(goose.DialectSQLite3, s.writer, s.o.schema, goose.WithDisableGlobalRegistry(true))
		if err != nil {
			return fmt.Errorf("reading migrations: %w", err)
		}
		current, target, err := p.GetVersions(ctx)
		if err != nil {
			return fmt.Errorf("reading the version of the tables: %w", err)
		}
		if current > target {
			return fmt.Errorf("its tables have version %d, this build knows up to %d: %w", current, target, ErrNewer)
		}
		if current == target {
			return nil
		}
		if _, err = p.Up(ctx); err == nil {
			return nil
		}
		// Another process that starts at the same time may have been quicker.
		if now, _, e := p.GetVersions(ctx); e != nil || now == current {
			return fmt.Errorf("bringing the tables up to date: %w", err)
		}
	}
}
