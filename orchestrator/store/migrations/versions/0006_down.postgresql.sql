SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TRIGGER payment_transitions_outbox ON payment_transitions
;;
DROP TABLE webhook_deliveries
;;
DROP TABLE webhook_endpoints
;;
DROP TABLE events
;;
DROP TABLE feed_turn
;;
DROP TABLE outbox
;;
DROP FUNCTION webhook_deliveries_step()
;;
DROP FUNCTION webhook_endpoints_step()
;;
DROP FUNCTION events_follow()
;;
DROP FUNCTION outbox_leave()
;;
DROP FUNCTION outbox_fill()
;;
-- Keys that stood for requests about endpoints and events go with them.
ALTER TABLE idempotency_keys DISABLE TRIGGER idempotency_keys_append_only
;;
DELETE FROM idempotency_keys
WHERE operation in ('create_webhook_endpoint', 'enable_webhook_endpoint', 'rotate_secret', 'replay_event')
;;
ALTER TABLE idempotency_keys ENABLE TRIGGER idempotency_keys_append_only
;;
