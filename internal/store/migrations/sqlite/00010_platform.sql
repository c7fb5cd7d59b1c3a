-- +goose Up

-- What can be set is JSON in extra. revision counts the changes of a row, and
-- version is that of the change by which the data plane learns of it.
ALTER TABLE tenants ADD COLUMN extra TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tenants ADD COLUMN deleted INTEGER;
ALTER TABLE tenants ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tenants ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tenants_version ON tenants (version);

ALTER TABLE applications ADD COLUMN extra TEXT NOT NULL DEFAULT '{}';
ALTER TABLE applications ADD COLUMN deleted INTEGER;
ALTER TABLE applications ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE applications ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX applications_version ON applications (version);

ALTER TABLE keys ADD COLUMN extra TEXT NOT NULL DEFAULT '{}';
ALTER TABLE keys ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

-- doc is all of a thing as JSON; the columns beside it are what rows are found
-- by, and what rules hold for.
CREATE TABLE apis (
	id         TEXT    NOT NULL PRIMARY KEY,
	tenant     TEXT    NOT NULL REFERENCES tenants (id),
	name       TEXT    NOT NULL,
	visibility TEXT    NOT NULL,
	shared     TEXT    NOT NULL,
	public     INTEGER NOT NULL,
	doc        TEXT    NOT NULL,
	revision   INTEGER NOT NULL,
	version    INTEGER NOT NULL,
	UNIQUE (tenant, name),
	UNIQUE (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX apis_version ON apis (version);
CREATE INDEX apis_public ON apis (public, id);

CREATE TABLE plans (
	id       TEXT    NOT NULL PRIMARY KEY,
	tenant   TEXT    NOT NULL,
	api      TEXT    NOT NULL,
	name     TEXT    NOT NULL,
	doc      TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	UNIQUE (api, name),
	FOREIGN KEY (tenant, api) REFERENCES apis (tenant, id)
) STRICT, WITHOUT ROWID;

-- A request and a subscription are seen by two tenants: the application's and
-- the API's. due is when a timer runs out.
CREATE TABLE requests (
	id          TEXT    NOT NULL PRIMARY KEY,
	tenant      TEXT    NOT NULL,
	api_tenant  TEXT    NOT NULL,
	application TEXT    NOT NULL,
	api         TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	state       TEXT    NOT NULL,
	due         INTEGER,
	doc         TEXT    NOT NULL,
	revision    INTEGER NOT NULL,
	version     INTEGER NOT NULL,
	FOREIGN KEY (tenant, application) REFERENCES applications (tenant, id),
	FOREIGN KEY (api_tenant, api) REFERENCES apis (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX requests_pending ON requests (application, api, kind) WHERE state = 'pending';
CREATE INDEX requests_tenant ON requests (tenant, id);
CREATE INDEX requests_api_tenant ON requests (api_tenant, id);
CREATE INDEX requests_application ON requests (application, api, id);
CREATE INDEX requests_version ON requests (version);
CREATE INDEX requests_due ON requests (due) WHERE due IS NOT NULL;

-- What the data plane must know of a subscription stands in columns: reading a
-- million of them as JSON would take too long.
CREATE TABLE subscriptions (
	id          TEXT    NOT NULL PRIMARY KEY,
	tenant      TEXT    NOT NULL,
	api_tenant  TEXT    NOT NULL,
	application TEXT    NOT NULL,
	api         TEXT    NOT NULL,
	plan        TEXT    NOT NULL REFERENCES plans (id),
	state       TEXT    NOT NULL,
	paused      INTEGER NOT NULL,
	starts      INTEGER NOT NULL,
	ends        INTEGER NOT NULL,
	until       INTEGER NOT NULL,
	changed     INTEGER NOT NULL,
	reason      TEXT    NOT NULL,
	limits      TEXT    NOT NULL,
	models      TEXT    NOT NULL,
	due         INTEGER,
	doc         TEXT    NOT NULL,
	revision    INTEGER NOT NULL,
	version     INTEGER NOT NULL,
	FOREIGN KEY (tenant, application) REFERENCES applications (tenant, id),
	FOREIGN KEY (api_tenant, api) REFERENCES apis (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX subscriptions_live ON subscriptions (application, api) WHERE state IN ('scheduled', 'active', 'suspended');
CREATE INDEX subscriptions_tenant ON subscriptions (tenant, id);
CREATE INDEX subscriptions_api_tenant ON subscriptions (api_tenant, id);
CREATE INDEX subscriptions_application ON subscriptions (application, api, id);
CREATE INDEX subscriptions_api ON subscriptions (api, plan, id);
CREATE INDEX subscriptions_version ON subscriptions (version);
CREATE INDEX subscriptions_due ON subscriptions (due) WHERE due IS NOT NULL;

CREATE TABLE members (
	id       TEXT    NOT NULL PRIMARY KEY,
	tenant   TEXT    NOT NULL REFERENCES tenants (id),
	email    TEXT    NOT NULL UNIQUE,
	invite   TEXT    UNIQUE,
	doc      TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	UNIQUE (tenant, id)
) STRICT, WITHOUT ROWID;

-- hash is that of the token's secret.
CREATE TABLE tokens (
	id       TEXT    NOT NULL PRIMARY KEY,
	tenant   TEXT    NOT NULL,
	member   TEXT    NOT NULL,
	hash     TEXT    NOT NULL UNIQUE,
	doc      TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	FOREIGN KEY (tenant, member) REFERENCES members (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_member ON tokens (member, id);

-- once keeps a notice from being given twice.
CREATE TABLE notices (
	id       TEXT    NOT NULL PRIMARY KEY,
	tenant   TEXT    NOT NULL,
	once     TEXT    UNIQUE,
	doc      TEXT    NOT NULL,
	revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_tenant ON notices (tenant, id);

CREATE TABLE audit (
	id     TEXT NOT NULL PRIMARY KEY,
	tenant TEXT NOT NULL,
	object TEXT NOT NULL,
	doc    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_tenant ON audit (tenant, id);
CREATE INDEX audit_object ON audit (object, id);
