DROP TRIGGER action_head_no_delete
;;
DROP TABLE action_head
;;
DROP TRIGGER actions_no_delete
;;
DROP TABLE actions
;;
-- Keys that stood for requests to resolve a payment go with them.
DROP TRIGGER idempotency_keys_no_delete
;;
DELETE FROM idempotency_keys WHERE operation = 'resolve'
;;
CREATE TRIGGER idempotency_keys_no_delete BEFORE DELETE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
