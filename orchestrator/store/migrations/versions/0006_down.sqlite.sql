DROP TRIGGER payment_transitions_outbox
;;
DROP TRIGGER webhook_deliveries_no_delete
;;
DROP TABLE webhook_deliveries
;;
DROP TRIGGER webhook_endpoints_no_delete
;;
DROP TABLE webhook_endpoints
;;
DROP TRIGGER outbox_leave
;;
DROP TABLE outbox
;;
DROP TRIGGER events_no_delete
;;
DROP TABLE events
;;
DROP TRIGGER feed_turn_no_delete
;;
DROP TABLE feed_turn
;;
-- Keys that stood for requests about endpoints and events go with them.
DROP TRIGGER idempotency_keys_no_delete
;;
DELETE FROM idempotency_keys
WHERE operation in ('create_webhook_endpoint', 'enable_webhook_endpoint', 'rotate_secret', 'replay_event')
;;
CREATE TRIGGER idempotency_keys_no_delete BEFORE DELETE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
