SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TABLE rule_sets
;;
DROP TABLE decline_rules
;;
DROP FUNCTION decline_rules_decide()
;;
DROP FUNCTION decline_rules_follow()
;;
-- Keys that stood for decisions about rules go with them.
ALTER TABLE idempotency_keys DISABLE TRIGGER idempotency_keys_append_only
;;
DELETE FROM idempotency_keys WHERE operation = 'decide_rule'
;;
ALTER TABLE idempotency_keys ENABLE TRIGGER idempotency_keys_append_only
;;
