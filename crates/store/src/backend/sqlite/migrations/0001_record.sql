-- The record. What each table is for, a worked example and the cost of a write stand in docs/store.md.
-- Every unique key holds `home`: as a column, or inside `rid` (its low 12 bits). Reference tables (setting, dictionary,
-- path, parameter, build, term, term_text, account, secret) and the feed (its lane's position) are the exceptions.

CREATE TABLE setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE dictionary (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE path (number INTEGER PRIMARY KEY, type INTEGER NOT NULL, key TEXT NOT NULL, ordinal INTEGER NOT NULL,
                   UNIQUE (type, key));
-- Search parameters besides the standard ones, by the id of their SearchParameter: what is searched by now, and what will
-- be when its index is whole. And the index paths that are custom or not whole: state 0 is being built, 1 whole, 2 being
-- dropped; `cursor` is the feed position up to which the resources of the type have been looked at.
CREATE TABLE parameter (id TEXT PRIMARY KEY, now TEXT, next TEXT) WITHOUT ROWID;
CREATE TABLE build (number INTEGER PRIMARY KEY, type INTEGER NOT NULL, kind TEXT NOT NULL, programs TEXT NOT NULL,
                    state INTEGER NOT NULL, cursor INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL);
CREATE TABLE term (path INTEGER NOT NULL, code TEXT NOT NULL, system TEXT NOT NULL, number INTEGER NOT NULL,
                   PRIMARY KEY (path, code, system)) WITHOUT ROWID;
CREATE TABLE term_text (term INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (term, text)) WITHOUT ROWID;

-- The feed is the versions in commit order. The body of a current version stands in the row of its resource, so that a
-- read is one seek; it moves here (with its dictionary) when another version replaces it.
CREATE TABLE version (position INTEGER PRIMARY KEY, rid INTEGER NOT NULL, number INTEGER NOT NULL, op INTEGER NOT NULL,
                      at INTEGER NOT NULL, dictionary INTEGER, body BLOB);
-- What a search filters by comes first and the body last: whoever filters reads no further than the columns it needs.
CREATE TABLE resource (rid INTEGER PRIMARY KEY, type INTEGER NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL,
                       deleted INTEGER NOT NULL, patient INTEGER, date INTEGER NOT NULL, present INTEGER NOT NULL,
                       present_more INTEGER NOT NULL, id TEXT, op INTEGER NOT NULL, at INTEGER NOT NULL,
                       dictionary INTEGER NOT NULL, body BLOB);
-- Resources whose main date alone does not tell when they were: several or open periods (the sign of present_more), or
-- one longer than 32 days (bit 62). A range of dates is sought among them apart.
CREATE INDEX resource_odd ON resource (type, date, rid) WHERE present_more NOT BETWEEN 0 AND 4611686018427387903;
CREATE TABLE older (rid INTEGER NOT NULL, number INTEGER NOT NULL, position INTEGER NOT NULL, patient INTEGER,
                    PRIMARY KEY (rid, number)) WITHOUT ROWID;
CREATE TABLE by_type (type INTEGER NOT NULL, position INTEGER NOT NULL, rid INTEGER NOT NULL,
                      PRIMARY KEY (type, position, rid)) WITHOUT ROWID;
CREATE TABLE alias (type INTEGER NOT NULL, id TEXT NOT NULL, home INTEGER NOT NULL, rid INTEGER NOT NULL,
                    PRIMARY KEY (type, id, home)) WITHOUT ROWID;
CREATE TABLE source (key TEXT NOT NULL, home INTEGER NOT NULL, type INTEGER NOT NULL, rid INTEGER NOT NULL,
                     PRIMARY KEY (key, home)) WITHOUT ROWID;
CREATE TABLE link (person INTEGER NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (person, rid)) WITHOUT ROWID;

-- Index rows of current versions. `date` is the resource's main date in seconds, 0 where it has none.
-- `patient` is that of the resource, null in a Patient's own rows: by it a search leaves out what a reader may not see
-- without seeking the resource.
CREATE TABLE token (term INTEGER NOT NULL, date INTEGER NOT NULL, rid INTEGER NOT NULL, patient INTEGER,
                    PRIMARY KEY (term, date, rid)) WITHOUT ROWID;
CREATE TABLE reference (path INTEGER NOT NULL, target INTEGER NOT NULL, date INTEGER NOT NULL, rid INTEGER NOT NULL,
                        PRIMARY KEY (path, target, date, rid)) WITHOUT ROWID;
CREATE TABLE text (path INTEGER NOT NULL, value TEXT NOT NULL, system INTEGER NOT NULL, rid INTEGER NOT NULL,
                   PRIMARY KEY (path, value, system, rid)) WITHOUT ROWID;
CREATE TABLE period (class INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, rid INTEGER NOT NULL,
                     PRIMARY KEY (class, start, rid, length)) WITHOUT ROWID;
CREATE TABLE number (path INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, unit INTEGER NOT NULL,
                     rid INTEGER NOT NULL, PRIMARY KEY (path, low, rid, unit, high)) WITHOUT ROWID;

-- The audit: pages of packed rows, each with the hash of the chain up to it.
CREATE TABLE audit (page INTEGER PRIMARY KEY, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, entries BLOB NOT NULL,
                    hash BLOB NOT NULL);

-- Shelves.
CREATE TABLE tally (space TEXT NOT NULL, day INTEGER NOT NULL, key TEXT NOT NULL, home INTEGER NOT NULL,
                    count INTEGER NOT NULL, PRIMARY KEY (space, day, key, home)) WITHOUT ROWID;
CREATE TABLE counter (space TEXT NOT NULL, key TEXT NOT NULL, home INTEGER NOT NULL, count INTEGER NOT NULL,
                      PRIMARY KEY (space, key, home)) WITHOUT ROWID;
CREATE TABLE shelf (space TEXT NOT NULL, key TEXT NOT NULL, home INTEGER NOT NULL, sort TEXT NOT NULL, doc BLOB NOT NULL,
                    PRIMARY KEY (space, key, home)) WITHOUT ROWID;
CREATE INDEX shelf_sort ON shelf (space, sort, key);
CREATE TABLE timer (space TEXT NOT NULL, key TEXT NOT NULL, home INTEGER NOT NULL, due INTEGER NOT NULL, doc BLOB NOT NULL,
                    PRIMARY KEY (space, key, home)) WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);
CREATE TABLE outbox (number INTEGER PRIMARY KEY, home INTEGER NOT NULL, space TEXT NOT NULL, key TEXT NOT NULL,
                     put_at INTEGER NOT NULL, doc BLOB NOT NULL, UNIQUE (space, key, home));
CREATE TABLE cursor (name TEXT NOT NULL, home INTEGER NOT NULL, position INTEGER NOT NULL,
                     PRIMARY KEY (name, home)) WITHOUT ROWID;

-- Who may sign in.
CREATE TABLE account (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, scope TEXT,
                      password TEXT, disabled INTEGER NOT NULL, display TEXT NOT NULL);
CREATE TABLE secret (hash BLOB PRIMARY KEY, account INTEGER NOT NULL, kind INTEGER NOT NULL, created INTEGER NOT NULL,
                     expires INTEGER NOT NULL, csrf TEXT, label TEXT NOT NULL) WITHOUT ROWID;
