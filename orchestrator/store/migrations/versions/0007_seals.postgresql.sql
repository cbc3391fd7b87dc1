SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
CREATE TABLE seals (
  number INTEGER NOT NULL,
  sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  payments BIGINT NOT NULL,
  root TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  key_id TEXT NOT NULL,
  other_chains JSONB NOT NULL,
  hash TEXT NOT NULL,
  signature TEXT NOT NULL,
  public_key TEXT NOT NULL,
  CONSTRAINT pk_seals PRIMARY KEY (number),
  CONSTRAINT ck_seals_number_from_one CHECK (number >= 1),
  CONSTRAINT ck_seals_chain_begins CHECK (number > 1 or previous_hash = '0000000000000000000000000000000000000000000000000000000000000000')
)
;;
-- How far each payment had come that a seal is over, in the order of the seal's tree. No key leads
-- to the payment: a leaf outlives whatever becomes of it.
CREATE TABLE seal_leaves (
  seal INTEGER NOT NULL,
  position BIGINT NOT NULL,
  payment_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  last_hash TEXT NOT NULL,
  evidence_count INTEGER NOT NULL,
  evidence_hash TEXT NOT NULL,
  attempts JSONB NOT NULL,
  CONSTRAINT pk_seal_leaves PRIMARY KEY (seal, position),
  CONSTRAINT uq_seal_leaves_payment UNIQUE (payment_id, seal),
  CONSTRAINT ck_seal_leaves_position_from_zero CHECK (position >= 0)
)
;;
-- Whoever holds the one row seals, until the lease ends; and when the next seal is due.
CREATE TABLE seal_turn (
  single INTEGER NOT NULL,
  holder TEXT,
  lease_until TIMESTAMP WITH TIME ZONE,
  due_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_seal_turn PRIMARY KEY (single),
  CONSTRAINT ck_seal_turn_one_row CHECK (single = 1),
  CONSTRAINT ck_seal_turn_held_until CHECK ((holder is null) = (lease_until is null))
)
;;
INSERT INTO seal_turn (single) VALUES (1)
;;
CREATE FUNCTION seals_follow() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE problem text := NULL;
BEGIN
  IF NEW.number <> 1 + coalesce((SELECT max(s.number) FROM seals s), 0) THEN
    problem := 'seals are numbered without gaps';
  ELSIF NEW.number > 1 AND NOT EXISTS (
    SELECT 1 FROM seals s WHERE s.number = NEW.number - 1 AND s.hash = NEW.previous_hash) THEN
    problem := 'a seal carries the hash of the seal before it';
  ELSIF NEW.payments <> (SELECT count(*) FROM seal_leaves l WHERE l.seal = NEW.number) THEN
    problem := 'a seal is over its leaves, each and no other';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER seals_follow BEFORE INSERT ON seals
FOR EACH ROW EXECUTE FUNCTION seals_follow()
;;
CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seals
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE FUNCTION seal_leaves_follow() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE problem text := NULL;
BEGIN
  IF NEW.seal <> 1 + coalesce((SELECT max(s.number) FROM seals s), 0) THEN
    problem := 'leaves are of the seal that comes next';
  ELSIF NEW.position > 0 AND NOT EXISTS (
    SELECT 1 FROM seal_leaves l WHERE l.seal = NEW.seal AND l.position = NEW.position - 1) THEN
    problem := 'the leaves of a seal stand without gaps';
  ELSIF NOT EXISTS (
    SELECT 1 FROM payment_transitions t
    WHERE t.payment_id = NEW.payment_id AND t.sequence = NEW.version AND t.hash = NEW.last_hash)
    OR NOT (NEW.evidence_count = 0 OR EXISTS (
    SELECT 1 FROM evidence e
    WHERE e.payment_id = NEW.payment_id AND e.sequence = NEW.evidence_count
      AND e.hash = NEW.evidence_hash)) THEN
    problem := 'a leaf says what its payment''s rows say';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER seal_leaves_follow BEFORE INSERT ON seal_leaves
FOR EACH ROW EXECUTE FUNCTION seal_leaves_follow()
;;
CREATE FUNCTION seal_leaves_leave() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM seals s WHERE s.number = OLD.seal) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a leaf that is sealed stays';
  END IF;
  RETURN OLD;
END $$
;;
CREATE TRIGGER seal_leaves_leave BEFORE DELETE ON seal_leaves
FOR EACH ROW EXECUTE FUNCTION seal_leaves_leave()
;;
CREATE TRIGGER seal_leaves_closed BEFORE UPDATE OR TRUNCATE ON seal_leaves
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER seal_turn_closed BEFORE INSERT OR DELETE OR TRUNCATE ON seal_turn
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
