package store

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of a database as a whole, which tell what to do.
var (
	// ErrNewer: a newer build has changed the tables.
	ErrNewer = errors.New("the database was made by a newer version of Fairway; start that version, or restore a backup from before the upgrade")
	// ErrLost: the database is gone, but what belonged to it is there.
	ErrLost = errors.New("the database is gone")
	// ErrReplaced: the file was deleted or exchanged under a running process.
	ErrReplaced = errors.New("the database file was deleted or replaced while in use; put the right one in place and restart")
	// ErrDamaged: the file is no database, or a broken one.
	ErrDamaged = errors.New("the database is damaged, or is no SQLite database; restore a backup")
	// ErrUnwritable: the database cannot be opened or written.
	ErrUnwritable = errors.New("the database cannot be opened for writing; check the owner and mode of the file and its folder")
	// ErrBusy: another process has locked the database for too long.
	ErrBusy = errors.New("the database is locked by another process")
	// ErrFull: there is no room.
	ErrFull = errors.New("the disk is full")
)

// explain adds to an error of SQLite one that can be matched and understood.
// What SQLite says stays in it, for the log.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	var reason error
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		reason = ErrBusy
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		reason = ErrDamaged
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		reason = ErrUnwritable
	case sqlite3.SQLITE_FULL:
		reason = ErrFull
	case sqlite3.SQLITE_INTERRUPT:
		reason = context.Canceled
	default:
		return err
	}
	return fmt.Errorf("%w (%w)", reason, err)
}

// violates tells if an error is the violation of a rule of the tables.
func violates(err error, rule int) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == rule
}

const (
	ruleUnique  = sqlite3.SQLITE_CONSTRAINT_UNIQUE
	rulePrimary = sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	ruleForeign = sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
)
