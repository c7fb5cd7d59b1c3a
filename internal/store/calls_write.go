package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
)

// callsAtOnce is how many records one statement stores, as far as there are as
// many: that costs much less than one by one.
const callsAtOnce = 50

const callColumns = 6

// insertCalls is the statement that stores so many records. As the transaction
// is given up after any error, it need not be able to undo itself, which would
// cost a copy of each page that it changes: hence OR FAIL.
func insertCalls(n int) string {
	return `INSERT OR FAIL INTO calls (time, id, tenant, application, status, record)
		VALUES (?, ?, ?, ?, ?, ?)` + strings.Repeat(", (?, ?, ?, ?, ?, ?)", n-1) +
		" ON CONFLICT (time, id) DO NOTHING"
}

// Ingest stores call records and the checkpoint behind them.
func (s *SQLite) Ingest(ctx context.Context, recs []ledger.Record, next ledger.Checkpoint) error {
	return s.write(ctx, "storing call records", func(tx *sql.Tx) error {
		if err := s.insertCalls(ctx, tx, recs); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO checkpoints (journal, segment, offset) VALUES (?, ?, ?)
			ON CONFLICT (journal) DO UPDATE SET segment = excluded.segment, offset = excluded.offset`,
			s.o.Journal, int64(next.Segment), next.Offset)
		return err
	})
}

func (s *SQLite) insertCalls(ctx context.Context, tx *sql.Tx, recs []ledger.Record) error {
	many := tx.StmtContext(ctx, s.insertMany) //nolint:sqlclosecheck // closed below
	defer many.Close()
	one := tx.StmtContext(ctx, s.insertOne) //nolint:sqlclosecheck // closed below
	defer one.Close()
	args := make([]any, 0, callsAtOnce*callColumns)
	for len(recs) > 0 {
		insert, n := one, 1
		if len(recs) >= callsAtOnce {
			insert, n = many, callsAtOnce
		}
		args = args[:0]
		for i := range recs[:n] {
			r := &recs[i]
			record := r.JSON
			if record == "" {
				record = string(ledger.AppendJSON(nil, r))
			}
			args = append(args, r.Time.UnixNano(), r.ID, r.Tenant, r.Application, int64(r.Status), record)
		}
		if _, err := insert.ExecContext(ctx, args...); err != nil {
			return err
		}
		recs = recs[n:]
	}
	return nil
}

// Checkpoint is what this store's journal was ingested up to.
func (s *SQLite) Checkpoint(ctx context.Context) (ledger.Checkpoint, error) {
	var segment, offset int64
	err := s.reader.QueryRowContext(ctx, "SELECT segment, offset FROM checkpoints WHERE journal = ?", s.o.Journal).Scan(&segment, &offset)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return ledger.Checkpoint{}, fmt.Errorf("reading the checkpoint: %w", explain(err))
	}
	return ledger.Checkpoint{Segment: uint64(segment), Offset: offset}, nil
}

// PurgeCalls deletes at most so many records of calls before a time.
func (s *SQLite) PurgeCalls(ctx context.Context, before time.Time, limit int) (deleted int, err error) {
	err = s.write(ctx, "deleting call records", func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, "DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE time < ? ORDER BY time LIMIT ?)",
			before.UnixNano(), limit)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		deleted = int(n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}
