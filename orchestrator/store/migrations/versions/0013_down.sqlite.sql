DROP TRIGGER rule_sets_no_delete
;;
DROP TABLE rule_sets
;;
DROP TRIGGER decline_rules_no_delete
;;
DROP TABLE decline_rules
;;
-- Keys that stood for decisions about rules go with them.
DROP TRIGGER idempotency_keys_no_delete
;;
DELETE FROM idempotency_keys WHERE operation = 'decide_rule'
;;
CREATE TRIGGER idempotency_keys_no_delete BEFORE DELETE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
