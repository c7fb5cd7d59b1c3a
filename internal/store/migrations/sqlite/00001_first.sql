-- +goose Up

-- Counters move in the transaction that they count, so their values are in the
-- order in which transactions were committed.
-- changes: of what the data plane must know; each row has the value of its last.
CREATE TABLE counters (
	name  TEXT    NOT NULL PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('changes', 0);

-- settings are facts about the store itself.
CREATE TABLE settings (
	name  TEXT NOT NULL PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Times are nanoseconds since 1970.
CREATE TABLE tenants (
	id      TEXT    NOT NULL PRIMARY KEY,
	name    TEXT    NOT NULL UNIQUE,
	created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO tenants (id, name, created)
VALUES ('ten_00000000000000000000000000', 'default', unixepoch() * 1000000000);

-- folded is the name as names are compared.
CREATE TABLE applications (
	id      TEXT    NOT NULL PRIMARY KEY,
	tenant  TEXT    NOT NULL REFERENCES tenants (id),
	name    TEXT    NOT NULL,
	folded  TEXT    NOT NULL,
	created INTEGER NOT NULL,
	UNIQUE (tenant, id),
	UNIQUE (tenant, folded)
) STRICT, WITHOUT ROWID;

-- A key belongs to the tenant of its application: the reference sees to it.
CREATE TABLE keys (
	id          TEXT    NOT NULL PRIMARY KEY,
	tenant      TEXT    NOT NULL,
	application TEXT    NOT NULL,
	name        TEXT    NOT NULL,
	hint        TEXT    NOT NULL,
	hash        BLOB    NOT NULL UNIQUE,
	created     INTEGER NOT NULL,
	expires     INTEGER,
	revoked     INTEGER,
	version     INTEGER NOT NULL,
	FOREIGN KEY (tenant, application) REFERENCES applications (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_tenant ON keys (tenant, id);
CREATE INDEX keys_application ON keys (application, id);
CREATE INDEX keys_version ON keys (version);

-- record is all of a call as JSON. Every call pays for each column and index, so
-- there are few: a search by another field reads the JSON of what is left.
-- seq is the order in which calls were stored, and never comes back. Numbers from
-- SQLite itself cost less than ours: a statement cannot fail for them.
-- calls_time also keeps a call from being there twice, and finds it by its id,
-- which tells its time.
CREATE TABLE calls (
	seq         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	time        INTEGER NOT NULL,
	id          TEXT    NOT NULL,
	tenant      TEXT    NOT NULL,
	application TEXT    NOT NULL,
	status      INTEGER NOT NULL,
	record      TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX calls_time ON calls (time, id);
CREATE INDEX calls_application ON calls (application, time);

-- A checkpoint is how far a journal has been ingested.
CREATE TABLE checkpoints (
	journal TEXT    NOT NULL PRIMARY KEY,
	segment INTEGER NOT NULL,
	offset  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
