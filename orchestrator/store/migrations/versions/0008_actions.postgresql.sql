SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
-- What people did, in one chain.
CREATE TABLE actions (
  number BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  action TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  reason TEXT,
  details JSONB NOT NULL,
  request_id TEXT,
  application_version TEXT NOT NULL,
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT pk_actions PRIMARY KEY (number),
  CONSTRAINT ck_actions_number_from_one CHECK (number >= 1),
  CONSTRAINT ck_actions_actor_known
    CHECK (actor_kind in ('api_key','operator','worker','anonymous')),
  CONSTRAINT ck_actions_actor_named CHECK ((actor_kind = 'anonymous') = (actor_id is null))
)
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
  number BIGINT NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT pk_action_head PRIMARY KEY (single),
  CONSTRAINT ck_action_head_one_row CHECK (single = 1)
)
;;
INSERT INTO action_head (single, number, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000')
;;
CREATE FUNCTION actions_follow() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE head record;
BEGIN
  SELECT h.number, h.hash INTO head FROM action_head h FOR UPDATE;
  IF NEW.number <> head.number + 1 OR NEW.previous_hash <> head.hash THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'an action carries the next number, and the hash of the one before';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER actions_follow BEFORE INSERT ON actions
FOR EACH ROW EXECUTE FUNCTION actions_follow()
;;
CREATE FUNCTION actions_move_head() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE action_head SET number = NEW.number, hash = NEW.hash;
  RETURN NULL;
END $$
;;
CREATE TRIGGER actions_move_head AFTER INSERT ON actions
FOR EACH ROW EXECUTE FUNCTION actions_move_head()
;;
CREATE TRIGGER actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON actions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE FUNCTION action_head_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF NEW.single <> OLD.single OR NEW.number <> OLD.number + 1
     OR NOT EXISTS (SELECT 1 FROM actions a
                    WHERE a.number = NEW.number AND a.hash = NEW.hash) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'the end of the chain moves with an action alone';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER action_head_step BEFORE UPDATE ON action_head
FOR EACH ROW EXECUTE FUNCTION action_head_step()
;;
CREATE TRIGGER action_head_closed BEFORE INSERT OR DELETE OR TRUNCATE ON action_head
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
