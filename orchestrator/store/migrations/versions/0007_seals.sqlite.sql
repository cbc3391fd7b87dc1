CREATE TABLE seals (
  number INTEGER NOT NULL,
  sealed_at TEXT NOT NULL,
  payments INTEGER NOT NULL,
  root TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  key_id TEXT NOT NULL,
  other_chains TEXT NOT NULL,
  hash TEXT NOT NULL,
  signature TEXT NOT NULL,
  public_key TEXT NOT NULL,
  CONSTRAINT pk_seals PRIMARY KEY (number),
  CONSTRAINT ck_seals_number_from_one CHECK (number >= 1),
  CONSTRAINT ck_seals_chain_begins CHECK (number > 1 or previous_hash = '0000000000000000000000000000000000000000000000000000000000000000')
)
 STRICT, WITHOUT ROWID
;;
-- How far each payment had come that a seal is over, in the order of the seal's tree. No key leads
-- to the payment: a leaf outlives whatever becomes of it.
CREATE TABLE seal_leaves (
  seal INTEGER NOT NULL,
  position INTEGER NOT NULL,
  payment_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  last_hash TEXT NOT NULL,
  evidence_count INTEGER NOT NULL,
  evidence_hash TEXT NOT NULL,
  attempts TEXT NOT NULL,
  CONSTRAINT pk_seal_leaves PRIMARY KEY (seal, position),
  CONSTRAINT uq_seal_leaves_payment UNIQUE (payment_id, seal),
  CONSTRAINT ck_seal_leaves_position_from_zero CHECK (position >= 0)
)
 STRICT, WITHOUT ROWID
;;
-- Whoever holds the one row seals, until the lease ends; and when the next seal is due.
CREATE TABLE seal_turn (
  single INTEGER NOT NULL,
  holder TEXT,
  lease_until TEXT,
  due_at TEXT,
  CONSTRAINT pk_seal_turn PRIMARY KEY (single),
  CONSTRAINT ck_seal_turn_one_row CHECK (single = 1),
  CONSTRAINT ck_seal_turn_held_until CHECK ((holder is null) = (lease_until is null))
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO seal_turn (single) VALUES (1)
;;
CREATE TRIGGER seals_follow BEFORE INSERT ON seals
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: the seal exists already')
  WHERE EXISTS (SELECT 1 FROM seals s WHERE s.number = NEW.number);
  SELECT RAISE(ABORT, 'seals are numbered without gaps')
  WHERE NEW.number <> 1 + coalesce((SELECT max(s.number) FROM seals s), 0);
  SELECT RAISE(ABORT, 'a seal carries the hash of the seal before it')
  WHERE NEW.number > 1 AND NOT EXISTS (
    SELECT 1 FROM seals s WHERE s.number = NEW.number - 1 AND s.hash = NEW.previous_hash);
  SELECT RAISE(ABORT, 'a seal is over its leaves, each and no other')
  WHERE NEW.payments <> (SELECT count(*) FROM seal_leaves l WHERE l.seal = NEW.number);
END
;;
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are append-only'); END
;;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals
BEGIN SELECT RAISE(ABORT, 'seals are append-only'); END
;;
CREATE TRIGGER seal_leaves_follow BEFORE INSERT ON seal_leaves
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: the leaf exists already')
  WHERE EXISTS (SELECT 1 FROM seal_leaves l WHERE l.seal = NEW.seal AND l.position = NEW.position)
     OR EXISTS (SELECT 1 FROM seal_leaves l
                WHERE l.payment_id = NEW.payment_id AND l.seal = NEW.seal);
  SELECT RAISE(ABORT, 'leaves are of the seal that comes next')
  WHERE NEW.seal <> 1 + coalesce((SELECT max(s.number) FROM seals s), 0);
  SELECT RAISE(ABORT, 'the leaves of a seal stand without gaps')
  WHERE NEW.position > 0 AND NOT EXISTS (
    SELECT 1 FROM seal_leaves l WHERE l.seal = NEW.seal AND l.position = NEW.position - 1);
  SELECT RAISE(ABORT, 'a leaf says what its payment''s rows say')
  WHERE NOT EXISTS (
    SELECT 1 FROM payment_transitions t
    WHERE t.payment_id = NEW.payment_id AND t.sequence = NEW.version AND t.hash = NEW.last_hash)
     OR NOT (NEW.evidence_count = 0 OR EXISTS (
    SELECT 1 FROM evidence e
    WHERE e.payment_id = NEW.payment_id AND e.sequence = NEW.evidence_count
      AND e.hash = NEW.evidence_hash));
END
;;
CREATE TRIGGER seal_leaves_no_update BEFORE UPDATE ON seal_leaves
BEGIN SELECT RAISE(ABORT, 'a leaf stays as it is'); END
;;
CREATE TRIGGER seal_leaves_leave BEFORE DELETE ON seal_leaves
WHEN EXISTS (SELECT 1 FROM seals s WHERE s.number = OLD.seal)
BEGIN SELECT RAISE(ABORT, 'a leaf that is sealed stays'); END
;;
CREATE TRIGGER seal_turn_no_replace BEFORE INSERT ON seal_turn
BEGIN SELECT RAISE(ABORT, 'there is one turn'); END
;;
CREATE TRIGGER seal_turn_no_delete BEFORE DELETE ON seal_turn
BEGIN SELECT RAISE(ABORT, 'there is one turn'); END
;;
