-- +goose Up

-- objects are what callers refer to by an id later: answers, files and batches,
-- some of them kept here, the others at a vendor. An id is looked for below its
-- tenant only. credential is the number of the account's key.
-- seq is the order of creation.
CREATE TABLE objects (
	seq         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	tenant      TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	id          TEXT    NOT NULL,
	application TEXT    NOT NULL,
	provider    TEXT    NOT NULL,
	account     TEXT    NOT NULL,
	credential  INTEGER NOT NULL,
	model       TEXT    NOT NULL,
	created     INTEGER NOT NULL,
	expires     INTEGER,
	body        BLOB,
	UNIQUE (tenant, kind, id)
) STRICT;
CREATE INDEX objects_kind ON objects (tenant, kind, seq);
CREATE INDEX objects_expires ON objects (expires) WHERE expires IS NOT NULL;
