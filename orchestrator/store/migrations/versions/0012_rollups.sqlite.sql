CREATE TABLE rollups (
  span TEXT NOT NULL,
  kind TEXT NOT NULL,
  began_at TEXT NOT NULL,
  name TEXT NOT NULL,
  how_many INTEGER NOT NULL,
  CONSTRAINT pk_rollups PRIMARY KEY (span, kind, began_at, name),
  CONSTRAINT ck_rollups_span_known CHECK (span in ('hour','day','ever')),
  CONSTRAINT ck_rollups_kind_known CHECK (kind in ('entered','left','decline','retry')),
  CONSTRAINT ck_rollups_counted CHECK (how_many >= 1)
)
 STRICT, WITHOUT ROWID
;;
-- How far the feed is counted; a count and its place move in one transaction.
CREATE TABLE rollup_turn (
  single INTEGER NOT NULL,
  position INTEGER NOT NULL,
  CONSTRAINT pk_rollup_turn PRIMARY KEY (single),
  CONSTRAINT ck_rollup_turn_one_row CHECK (single = 1)
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO rollup_turn (single, position) VALUES (1, 0)
;;
CREATE TRIGGER rollups_no_replace BEFORE INSERT ON rollups
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: this is counted already')
  WHERE EXISTS (SELECT 1 FROM rollups r
                WHERE r.span = NEW.span AND r.kind = NEW.kind
                  AND r.began_at = NEW.began_at AND r.name = NEW.name);
END
;;
CREATE TRIGGER rollups_step BEFORE UPDATE ON rollups
WHEN NEW.how_many <= OLD.how_many OR NEW.span IS NOT OLD.span OR NEW.kind IS NOT OLD.kind
  OR NEW.began_at IS NOT OLD.began_at OR NEW.name IS NOT OLD.name
BEGIN SELECT RAISE(ABORT, 'a count only grows'); END
;;
CREATE TRIGGER rollups_no_delete BEFORE DELETE ON rollups
BEGIN SELECT RAISE(ABORT, 'a count only grows'); END
;;
CREATE TRIGGER rollup_turn_no_replace BEFORE INSERT ON rollup_turn
BEGIN SELECT RAISE(ABORT, 'there is one turn'); END
;;
CREATE TRIGGER rollup_turn_step BEFORE UPDATE ON rollup_turn
WHEN NEW.single IS NOT OLD.single OR NEW.position <= OLD.position
  OR NOT EXISTS (SELECT 1 FROM events e WHERE e.position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'what is counted goes on to a later place of the feed'); END
;;
CREATE TRIGGER rollup_turn_no_delete BEFORE DELETE ON rollup_turn
BEGIN SELECT RAISE(ABORT, 'there is one turn'); END
;;
