package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
)

// Call finds a call record by its id.
func (s *SQLite) Call(ctx context.Context, in platform.Scope, id string) (ledger.Record, error) {
	c, err := one(ctx, s.reader, "finding call", newestCalls, callWhere(in, id), scanCall)
	return c.record, err
}

func callWhere(in platform.Scope, id string) *where {
	w := scoped(in, "tenant").and("id = ?", id)
	if at, ok := callTime(id); ok {
		w.and("time >= ? AND time < ?", at.UnixNano(), at.Add(time.Millisecond).UnixNano())
	}
	return w
}

// callTime is the time that an id of a call begins with, in milliseconds. The
// index of times leads to it: ids have none of their own, which every call
// would have to pay for. An id of another form has all calls looked through.
func callTime(id string) (time.Time, bool) {
	text, ok := strings.CutPrefix(id, "call_")
	if !ok || len(text) != 26 {
		return time.Time{}, false
	}
	var ms int64
	for _, c := range []byte(text[:10]) {
		digit := strings.IndexByte(crockford, c)
		if digit < 0 {
			return time.Time{}, false
		}
		ms = ms<<5 | int64(digit)
	}
	return time.UnixMilli(ms), ms <= maxTime
}

// crockford has the digits of ids, which are numbers in base 32.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// maxTime is the last millisecond that has its nanoseconds in an int64.
const maxTime = math.MaxInt64/1_000_000 - 1

// call is a record and its place.
type call struct {
	seq, time int64
	record    ledger.Record
}

const (
	selectCalls = "SELECT seq, time, record FROM calls"
	// What came after a place is best read from there on. Left to itself,
	// SQLite may prefer all calls of an application, and sort them.
	followCalls = selectCalls + " NOT INDEXED"
	// The newest calls of all are best read by time, whoever's are wanted.
	newestCalls = selectCalls + " INDEXED BY calls_time"
)

func scanCall(r row) (c call, err error) {
	var record []byte
	if err := r.Scan(&c.seq, &c.time, &record); err != nil {
		return c, err
	}
	return c, ledger.DecodeJSON(record, &c.record)
}

// Calls lists call records, the newest calls first. The cursor is the last
// record's time and place, as two calls can begin at the same instant.
func (s *SQLite) Calls(ctx context.Context, in platform.Scope, f CallFilter, p Page) ([]ledger.Record, string, error) {
	recs, next, err := s.calls(ctx, in, f, p)
	if err != nil {
		return nil, "", fmt.Errorf("listing calls: %w", explain(err))
	}
	return recs, next, nil
}

func (s *SQLite) calls(ctx context.Context, in platform.Scope, f CallFilter, p Page) ([]ledger.Record, string, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, "", err
	}
	w := f.where(in)
	if p.Cursor != "" {
		at, err := parseCursor(p.Cursor, 2)
		if err != nil {
			return nil, "", err
		}
		w.and("(time, seq) < (?, ?)", at[0], at[1])
	}
	// One more than is wanted tells if there is a part after this one.
	items, err := list(ctx, s.reader, scanCall, f.selection()+w.String()+" ORDER BY time DESC, seq DESC LIMIT ?", append(w.args, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(items) > limit {
		items = items[:limit]
		next = cursor(items[limit-1].time, items[limit-1].seq)
	}
	return records(items), next, nil
}

// CallsSince lists call records in the order in which they were stored.
func (s *SQLite) CallsSince(ctx context.Context, in platform.Scope, f CallFilter, p Page) ([]ledger.Record, string, error) {
	recs, next, err := s.callsSince(ctx, in, f, p)
	if err != nil {
		return nil, "", fmt.Errorf("following calls: %w", explain(err))
	}
	return recs, next, nil
}

func (s *SQLite) callsSince(ctx context.Context, in platform.Scope, f CallFilter, p Page) ([]ledger.Record, string, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, "", err
	}
	var since int64
	if p.Cursor != "" {
		at, err := parseCursor(p.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		since = at[0]
	}
	// In one transaction nothing is stored between the two queries.
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, "", err
	}
	defer rollback(tx)
	end, err := storedCalls(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	w := f.where(in).and("seq > ?", since)
	items, err := list(ctx, tx, scanCall, followCalls+w.String()+" ORDER BY seq LIMIT ?", append(w.args, limit)...)
	if err != nil {
		return nil, "", err
	}
	next := max(end, since)
	if len(items) == limit {
		next = items[limit-1].seq
	}
	return records(items), cursor(next), nil
}

// CallsEnd is the cursor for CallsSince behind all that is stored now.
func (s *SQLite) CallsEnd(ctx context.Context) (string, error) {
	end, err := storedCalls(ctx, s.reader)
	if err != nil {
		return "", fmt.Errorf("following calls: %w", explain(err))
	}
	return cursor(end), nil
}

// storedCalls is the place of the last record that was stored.
func storedCalls(ctx context.Context, q querier) (seq int64, err error) {
	err = q.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'calls'").Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil // none ever
	}
	return seq, err
}

func records(items []call) []ledger.Record {
	recs := make([]ledger.Record, len(items))
	for i := range items {
		recs[i] = items[i].record
	}
	return recs
}

func (f *CallFilter) selection() string {
	if f.Application != "" {
		return selectCalls // there is an index
	}
	return newestCalls
}

func (f *CallFilter) where(in platform.Scope) *where {
	w := scoped(in, "tenant")
	if f.Application != "" {
		w.and("application = ?", string(f.Application))
	}
	if f.Key != "" {
		w.and("record ->> '$.key' = ?", string(f.Key))
	}
	if f.Model != "" {
		w.and("record ->> '$.model' = ?", f.Model)
	}
	if f.MinStatus != 0 {
		w.and("status >= ?", f.MinStatus)
	}
	if f.MaxStatus != 0 {
		w.and("status <= ?", f.MaxStatus)
	}
	if !f.From.IsZero() {
		w.and("time >= ?", f.From.UnixNano())
	}
	if !f.Until.IsZero() {
		w.and("time < ?", f.Until.UnixNano())
	}
	return w
}

// cursor writes numbers as one word.
func cursor(numbers ...int64) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.FormatInt(n, 36)
	}
	return strings.Join(words, ".")
}

func parseCursor(c string, count int) ([]int64, error) {
	words := strings.Split(c, ".")
	numbers := make([]int64, len(words))
	err := errors.New("another count")
	if len(words) == count {
		err = nil
	}
	for i, word := range words {
		if err == nil {
			numbers[i], err = strconv.ParseInt(word, 36, 64)
		}
	}
	if err != nil {
		return nil, errCursor
	}
	return numbers, nil
}
