SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TABLE action_head
;;
DROP TABLE actions
;;
DROP FUNCTION action_head_step()
;;
DROP FUNCTION actions_move_head()
;;
DROP FUNCTION actions_follow()
;;
-- Keys that stood for requests to resolve a payment go with them.
ALTER TABLE idempotency_keys DISABLE TRIGGER idempotency_keys_append_only
;;
DELETE FROM idempotency_keys WHERE operation = 'resolve'
;;
ALTER TABLE idempotency_keys ENABLE TRIGGER idempotency_keys_append_only
;;
