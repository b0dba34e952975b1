-- 0001_start.sql - what lockstep remembers.
--
-- Times end in _ms and count from 1970-01-01 UTC, by the controller's clock
-- unless noted. Servers are Server.metadata.name; pools compare without
-- regard to ASCII case; accounts are written DOMAIN\user. No secret and
-- nothing derived from one is in here: `version` only says which it was.
-- run, run_change, intent and outcome are history: rows are added, never
-- removed, and only a run's end is filled in later.
--
-- A schema file is never edited once it was released: the next change is
-- the next file. Comments may change, the build leaves them out.

-- Which file this is. epoch counts the times it was opened for writing: a
-- writer that was overtaken finds another number here and writes nothing.
CREATE TABLE meta(
	one INTEGER PRIMARY KEY CHECK (one = 1),
	store TEXT NOT NULL CHECK (length(store) = 32),
	epoch INTEGER NOT NULL CHECK (epoch >= 0)
) STRICT;

-- One run of lockstep that wrote or looked. ended_ms is null until it ended
-- in good order. A `change` run was approved, an `observe` run only looked, a
-- `repair` run took over what the servers' fences say. actor: who asked.
CREATE TABLE run(
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL CHECK (kind IN ('change', 'observe', 'repair')),
	began_ms INTEGER NOT NULL,
	ended_ms INTEGER,
	outcome TEXT,
	reason TEXT NOT NULL DEFAULT '',
	desired_digest TEXT NOT NULL DEFAULT '',
	config_digest TEXT NOT NULL DEFAULT '',
	actor TEXT NOT NULL DEFAULT ''
) STRICT;

-- What was approved when a run began.
CREATE TABLE run_change(
	seq INTEGER PRIMARY KEY,
	run TEXT NOT NULL REFERENCES run(id),
	server TEXT NOT NULL,
	pool TEXT NOT NULL COLLATE NOCASE,
	account TEXT NOT NULL,
	kind TEXT NOT NULL,
	version INTEGER NOT NULL,
	UNIQUE (run, server, pool)
) STRICT;

-- What was about to be sent to a server, made durable before it was. Rows of
-- one request share run, server and request.
CREATE TABLE intent(
	seq INTEGER PRIMARY KEY,
	run TEXT NOT NULL REFERENCES run(id),
	server TEXT NOT NULL,
	request INTEGER NOT NULL,
	pool TEXT NOT NULL COLLATE NOCASE,
	account TEXT NOT NULL,
	generation INTEGER NOT NULL CHECK (generation > 0),
	candidate BLOB NOT NULL CHECK (length(candidate) = 16),
	kind TEXT NOT NULL,
	version INTEGER NOT NULL,
	began_ms INTEGER NOT NULL
) STRICT;

-- What became of an intent, or of a pool that got none (generation 0).
-- committed_ms is by the server's clock, 0 = not known.
CREATE TABLE outcome(
	seq INTEGER PRIMARY KEY,
	run TEXT NOT NULL REFERENCES run(id),
	server TEXT NOT NULL,
	pool TEXT NOT NULL COLLATE NOCASE,
	generation INTEGER NOT NULL CHECK (generation >= 0),
	outcome TEXT NOT NULL,
	status TEXT NOT NULL,
	reason TEXT NOT NULL,
	committed_ms INTEGER NOT NULL,
	at_ms INTEGER NOT NULL
) STRICT;

-- History asks for the last of a pool in a run.
CREATE INDEX intent_of ON intent(run, server, pool);
CREATE INDEX outcome_of ON outcome(run, server, pool);

-- The current picture of each pool. seen_ms: when its status was last set;
-- since_ms: since when it has had this status word. generation, candidate, version, open
-- and committed_ms (server's clock) belong to the newest intent, whose run is
-- named; open = its result is not known. proved_ms 0 = never proved.
CREATE TABLE pool(
	server TEXT NOT NULL,
	pool TEXT NOT NULL COLLATE NOCASE,
	account TEXT NOT NULL,
	status TEXT NOT NULL,
	reason TEXT NOT NULL,
	seen_ms INTEGER NOT NULL,
	since_ms INTEGER NOT NULL DEFAULT 0,
	proved_ms INTEGER NOT NULL DEFAULT 0,
	proved_version INTEGER NOT NULL DEFAULT 0,
	generation INTEGER NOT NULL DEFAULT 0,
	candidate BLOB CHECK (length(candidate) = 16),
	version INTEGER NOT NULL DEFAULT 0,
	open INTEGER NOT NULL DEFAULT 0 CHECK (open IN (0, 1)),
	committed_ms INTEGER NOT NULL DEFAULT 0,
	run TEXT REFERENCES run(id),
	PRIMARY KEY (server, pool)
) STRICT, WITHOUT ROWID;

-- An account that was once applied to a server, and by which run first.
CREATE TABLE pair(
	account TEXT NOT NULL COLLATE NOCASE,
	server TEXT NOT NULL,
	first_run TEXT NOT NULL REFERENCES run(id),
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (account, server)
) STRICT, WITHOUT ROWID;

-- What a person asked to be left alone: a pool, or with '' every pool of a
-- server. It is in force until until_ms, or ended_ms if that is set: then
-- ended_by ended it, or replaced it by a newer one.
CREATE TABLE suspension(
	seq INTEGER PRIMARY KEY,
	server TEXT NOT NULL,
	pool TEXT NOT NULL COLLATE NOCASE,
	reason TEXT NOT NULL CHECK (reason <> ''),
	ticket TEXT NOT NULL DEFAULT '',
	asked_by TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	until_ms INTEGER NOT NULL CHECK (until_ms > at_ms),
	ended_ms INTEGER,
	ended_by TEXT,
	CHECK ((ended_ms IS NULL) = (ended_by IS NULL))
) STRICT;
