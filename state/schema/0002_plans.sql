-- 0002_plans.sql - saved plans: on what a run stands, who approved a plan,
-- and which intents put right what somebody else had changed.

-- The grounds of a run that has any; '' = not this one. plan: id of the saved
-- plan that it carries out, which is used once an intent of it was written; reason and ticket: why windows
-- were overridden, it went forward or corrected contested pools; override:
-- names of the windows, forward: of the accounts, both with commas.
CREATE TABLE ground(
	run TEXT PRIMARY KEY REFERENCES run(id),
	plan TEXT NOT NULL,
	reason TEXT NOT NULL,
	ticket TEXT NOT NULL,
	override TEXT NOT NULL,
	forward TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ground_plan ON ground(plan);

-- Who approved a saved plan. person is compared with who made it, actor says
-- in full who asked and from where.
CREATE TABLE approval(
	seq INTEGER PRIMARY KEY,
	plan TEXT NOT NULL,
	person TEXT NOT NULL,
	actor TEXT NOT NULL,
	reason TEXT NOT NULL CHECK (reason <> ''),
	ticket TEXT NOT NULL DEFAULT '',
	at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX approval_plan ON approval(plan);

-- 1: lockstep had proved the pool, git asked for nothing new, and it was
-- different again.
ALTER TABLE intent ADD COLUMN corrective INTEGER NOT NULL DEFAULT 0
	CHECK (corrective IN (0, 1));

CREATE INDEX intent_corrective ON intent(began_ms) WHERE corrective;
