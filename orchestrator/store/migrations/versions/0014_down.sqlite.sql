DROP TRIGGER rule_sets_no_delete
;;
DROP TABLE rule_sets
;;
CREATE TABLE rule_sets (
  rules_version TEXT NOT NULL,
  stored TEXT NOT NULL,
  errors TEXT NOT NULL,
  application_version TEXT NOT NULL,
  adopted_at TEXT NOT NULL,
  CONSTRAINT pk_rule_sets PRIMARY KEY (rules_version)
)
 STRICT, WITHOUT ROWID
;;
CREATE TRIGGER rule_sets_no_replace BEFORE INSERT ON rule_sets
WHEN EXISTS (SELECT 1 FROM rule_sets s WHERE s.rules_version = NEW.rules_version)
BEGIN SELECT RAISE(IGNORE); END
;;
CREATE TRIGGER rule_sets_no_update BEFORE UPDATE ON rule_sets
BEGIN SELECT RAISE(ABORT, 'a set of rules stays what it was'); END
;;
CREATE TRIGGER rule_sets_no_delete BEFORE DELETE ON rule_sets
BEGIN SELECT RAISE(ABORT, 'a set of rules stays what it was'); END
;;
