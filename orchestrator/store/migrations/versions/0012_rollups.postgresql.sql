SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
CREATE TABLE rollups (
  span TEXT NOT NULL,
  kind TEXT NOT NULL,
  began_at TIMESTAMP WITH TIME ZONE NOT NULL,
  name TEXT NOT NULL,
  how_many BIGINT NOT NULL,
  CONSTRAINT pk_rollups PRIMARY KEY (span, kind, began_at, name),
  CONSTRAINT ck_rollups_span_known CHECK (span in ('hour','day','ever')),
  CONSTRAINT ck_rollups_kind_known CHECK (kind in ('entered','left','decline','retry')),
  CONSTRAINT ck_rollups_counted CHECK (how_many >= 1)
)
;;
-- How far the feed is counted; a count and its place move in one transaction.
CREATE TABLE rollup_turn (
  single INTEGER NOT NULL,
  position BIGINT NOT NULL,
  CONSTRAINT pk_rollup_turn PRIMARY KEY (single),
  CONSTRAINT ck_rollup_turn_one_row CHECK (single = 1)
)
;;
INSERT INTO rollup_turn (single, position) VALUES (1, 0)
;;
CREATE FUNCTION rollups_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF NEW.how_many <= OLD.how_many
     OR (NEW.span, NEW.kind, NEW.began_at, NEW.name)
        IS DISTINCT FROM (OLD.span, OLD.kind, OLD.began_at, OLD.name) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a count only grows';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER rollups_step BEFORE UPDATE ON rollups
FOR EACH ROW EXECUTE FUNCTION rollups_step()
;;
CREATE TRIGGER rollups_no_delete BEFORE DELETE OR TRUNCATE ON rollups
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE FUNCTION rollup_turn_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF NEW.position <= OLD.position
     OR NOT EXISTS (SELECT 1 FROM events e WHERE e.position = NEW.position) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'what is counted goes on to a later place of the feed';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER rollup_turn_step BEFORE UPDATE ON rollup_turn
FOR EACH ROW EXECUTE FUNCTION rollup_turn_step()
;;
CREATE TRIGGER rollup_turn_stays BEFORE INSERT OR DELETE OR TRUNCATE ON rollup_turn
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
