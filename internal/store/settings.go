package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const settingPepper = "pepper"

// PepperFingerprint is what SetPepperFingerprint set first, or nil.
func (s *SQLite) PepperFingerprint(ctx context.Context) ([]byte, error) {
	var value []byte
	err := s.reader.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = ?", settingPepper).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("reading the pepper's fingerprint: %w", explain(err))
	}
	return value, nil
}

// SetPepperFingerprint sets it unless one is set.
func (s *SQLite) SetPepperFingerprint(ctx context.Context, fingerprint []byte) error {
	return s.write(ctx, "storing the pepper's fingerprint", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", settingPepper, fingerprint)
		return err
	})
}
