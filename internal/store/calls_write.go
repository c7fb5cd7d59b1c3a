package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
)

const insertCall = `INSERT INTO calls
	(seq, id, time, tenant, application, key, model, front, status, class, target, input, output, cost, duration, stream, record)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO NOTHING`

// Ingest stores call records and the checkpoint behind them.
func (s *SQLite) Ingest(ctx context.Context, recs []ledger.Record, next ledger.Checkpoint) error {
	return s.write(ctx, "storing call records", func(tx *sql.Tx) error {
		last, err := count(ctx, tx, counterCalls, int64(len(recs)))
		if err != nil {
			return err
		}
		insert := tx.StmtContext(ctx, s.insertCall)
		defer insert.Close()
		first := last - int64(len(recs)) + 1
		var record []byte
		for i := range recs {
			r := &recs[i]
			record = ledger.AppendJSON(record[:0], r)
			var target string
			if n := len(r.Attempts); n > 0 {
				target = r.Attempts[n-1].Target
			}
			var cost sql.NullInt64
			if r.Cost != nil {
				cost = sql.NullInt64{Int64: int64(*r.Cost), Valid: true}
			}
			_, err := insert.ExecContext(ctx, first+int64(i), r.ID, r.Time.UnixNano(), r.Tenant, r.Application, r.Key, r.Model, r.Front,
				r.Status, r.Class, target, r.Usage.InputTotal(), r.Usage.OutputTotal(), cost, int64(r.Duration), r.Stream, string(record))
			if err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO checkpoints (journal, segment, offset) VALUES (?, ?, ?)
			ON CONFLICT (journal) DO UPDATE SET segment = excluded.segment, offset = excluded.offset`,
			s.o.Journal, int64(next.Segment), next.Offset)
		return err
	})
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
