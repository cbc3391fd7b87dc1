-- What people did, in one chain.
CREATE TABLE actions (
  number INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  action TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  reason TEXT,
  details TEXT NOT NULL,
  request_id TEXT,
  application_version TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT pk_actions PRIMARY KEY (number),
  CONSTRAINT ck_actions_number_from_one CHECK (number >= 1),
  CONSTRAINT ck_actions_actor_known
    CHECK (actor_kind in ('api_key','operator','worker','anonymous')),
  CONSTRAINT ck_actions_actor_named CHECK ((actor_kind = 'anonymous') = (actor_id is null))
)
 STRICT, WITHOUT ROWID
;;
CREATE INDEX ix_actions_action ON actions (action, number)
;;
CREATE INDEX ix_actions_actor ON actions (actor_id, number)
;;
CREATE INDEX ix_actions_subject ON actions (subject_id, number)
;;
-- Where the chain ends; whoever records an action holds the one row.
CREATE TABLE action_head (
  single INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT pk_action_head PRIMARY KEY (single),
  CONSTRAINT ck_action_head_one_row CHECK (single = 1)
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO action_head (single, number, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000')
;;
CREATE TRIGGER actions_follow BEFORE INSERT ON actions
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: the chain has an action of this number already')
  WHERE EXISTS (SELECT 1 FROM actions a WHERE a.number = NEW.number);
  SELECT RAISE(ABORT, 'an action carries the next number, and the hash of the one before')
  WHERE NOT EXISTS (SELECT 1 FROM action_head h
                    WHERE h.number + 1 = NEW.number AND h.hash = NEW.previous_hash);
END
;;
CREATE TRIGGER actions_move_head AFTER INSERT ON actions
BEGIN
  UPDATE action_head SET number = NEW.number, hash = NEW.hash;
END
;;
CREATE TRIGGER actions_no_update BEFORE UPDATE ON actions
BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END
;;
CREATE TRIGGER actions_no_delete BEFORE DELETE ON actions
BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END
;;
CREATE TRIGGER action_head_no_replace BEFORE INSERT ON action_head
BEGIN SELECT RAISE(ABORT, 'the chain has one end'); END
;;
CREATE TRIGGER action_head_step BEFORE UPDATE ON action_head
WHEN NEW.single IS NOT OLD.single OR NEW.number <> OLD.number + 1
  OR NOT EXISTS (SELECT 1 FROM actions a WHERE a.number = NEW.number AND a.hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'the end of the chain moves with an action alone'); END
;;
CREATE TRIGGER action_head_no_delete BEFORE DELETE ON action_head
BEGIN SELECT RAISE(ABORT, 'the chain has one end'); END
;;
