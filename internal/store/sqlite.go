package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/secret"
)

// Options set a store.
type Options struct {
	// Path is the database file. Its folder is made when there is none, only
	// for this user.
	Path string
	// Journal names the journal whose checkpoint this handle keeps, so that
	// several nodes can share a store. Default "local".
	Journal string

	// schema is the migrations; tests put other ones here.
	schema fs.FS
	whole  bool
	// busy is how long a lock of another process is waited for. Default 5s.
	busy time.Duration
}

// readers is how many queries can run at once beside one write.
const readers = 4

// openWithin bounds how long opening may take, locks of others included.
const openWithin = 9 * time.Second

// SQLite is a store in a file. Several processes can have it open at once.
//
// Writes have a connection of their own, so that they queue here, in order,
// and not in SQLite, where waiting is by polling. Reads have a few, and never
// wait for writes.
type SQLite struct {
	o      Options
	writer *sql.DB
	reader *sql.DB
	// file is what was opened, to tell if it is still the one at the path.
	file os.FileInfo

	insertOne, insertMany *sql.Stmt
}

// Open opens the store in a file, makes it when there is none, and brings its
// tables up to date. It takes at most 10 seconds.
//
// A database that is gone, though its pepper is there, is not made anew: that
// would take every application and key away without a word.
func Open(ctx context.Context, o Options) (*SQLite, error) {
	if o.Journal == "" {
		o.Journal = "local"
	}
	if o.busy == 0 {
		o.busy = 5 * time.Second
	}
	if o.schema == nil {
		o.schema, o.whole = schema, true
	}
	s, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening store %s: %w", o.Path, explain(err))
	}
	return s, nil
}

func open(ctx context.Context, o Options) (_ *SQLite, err error) {
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return nil, err
	}
	if err := create(o.Path); err != nil {
		return nil, err
	}
	s := &SQLite{o: o}
	if s.file, err = os.Stat(o.Path); err != nil {
		return nil, err
	}
	// Pages that change often are copied out of the log less often when that is
	// longer: it may have 16 MB.
	if s.writer, err = connect(o, 1, "_txlock=immediate", "_pragma=journal_mode(wal)", "_pragma=wal_autocheckpoint(4000)"); err != nil {
		return nil, err
	}
	if s.reader, err = connect(o, readers, "_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(err, s.writer.Close())
	}
	within, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	if err := s.prepare(within); err != nil {
		if within.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", ErrBusy, err)
		}
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// create makes the file, and its folder, when there is none. The file that is
// there is not touched: SQLite's locks would be lost in this whole process when
// a descriptor that is not SQLite's own is closed.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("is a folder")
	case err == nil && info.Size() > 0:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	// An empty file is what a start that was cut short leaves, and also what
	// is left of a database that was cut to nothing.
	for _, left := range []string{secret.PepperPath(path), path + "-wal"} {
		if info, e := os.Stat(left); e == nil && info.Size() > 0 {
			return fmt.Errorf("%w, but %s, which belongs to it, is there: restore the database from a backup; or, to begin anew and give up all applications and keys, move that file away",
				ErrLost, left)
		}
	}
	if err == nil {
		return nil
	}
	// SQLite gives the files beside it the same mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process makes it too
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// connect makes a pool of connections. They never make the file: one that is
// gone is an error.
func connect(o Options, connections int, params ...string) (*sql.DB, error) {
	params = append(
		params,
		"mode=rw",
		fmt.Sprintf("_pragma=busy_timeout(%d)", o.busy.Milliseconds()),
		"_pragma=synchronous(normal)",
		"_pragma=foreign_keys(1)",
		"_pragma=journal_size_limit(67108864)",
	)
	dsn := "file:" + (&url.URL{Path: filepath.ToSlash(o.Path)}).EscapedPath() + "?" + strings.Join(params, "&")
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// prepare brings the tables up to date and makes sure that they can be written.
func (s *SQLite) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.writable(ctx); err != nil {
		return err
	}
	if s.o.whole {
		if err := s.seed(ctx); err != nil {
			return err
		}
	}
	var err error
	if s.insertOne, err = s.writer.PrepareContext(ctx, insertCalls(1)); err != nil {
		return err
	}
	s.insertMany, err = s.writer.PrepareContext(ctx, insertCalls(callsAtOnce))
	return err
}

// writable tells if the file can be written: one that cannot is opened for
// reading, and would show it late. One that another process has locked can be
// written, so there is no need to wait for it.
func (s *SQLite) writable(ctx context.Context) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// BEGIN alone says nothing: on a file that can only be read it begins to
	// read. A statement that may write does, even where it finds nothing.
	for _, statement := range []string{"PRAGMA busy_timeout(0)", "BEGIN IMMEDIATE", "DELETE FROM checkpoints WHERE 0"} {
		if _, err = conn.ExecContext(ctx, statement); err != nil {
			break
		}
	}
	if _, e := conn.ExecContext(ctx, "ROLLBACK"); err == nil {
		err = e
	}
	if errors.Is(explain(err), ErrBusy) {
		err = nil
	}
	_, e := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout(%d)", s.o.busy.Milliseconds()))
	return errors.Join(err, e)
}

// Close gives the database back.
func (s *SQLite) Close() error {
	if err := errors.Join(s.reader.Close(), s.writer.Close()); err != nil {
		return fmt.Errorf("closing store %s: %w", s.o.Path, err)
	}
	return nil
}

// present tells if the file at the path is still the one that is open. SQLite
// would go on with a deleted one, and all that it stores would be lost.
func (s *SQLite) present() error {
	info, err := os.Stat(s.o.Path)
	if err != nil || !os.SameFile(info, s.file) {
		return ErrReplaced
	}
	return nil
}

// write does something in a transaction.
func (s *SQLite) write(ctx context.Context, doing string, do func(*sql.Tx) error) error {
	err := s.present()
	if err == nil {
		err = s.transact(ctx, do)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, explain(err))
	}
	return nil
}

func (s *SQLite) transact(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer rollback(tx)
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// rollback ends a transaction unless it is committed. When that fails, the
// connection is given up, which ends the transaction too.
func rollback(tx *sql.Tx) { _ = tx.Rollback() }

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// row is one row of a result.
type row interface{ Scan(dest ...any) error }

// list reads all rows of a query.
func list[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

var _ Store = (*SQLite)(nil)
