SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP INDEX ix_webhook_deliveries_payment
;;
DROP INDEX ix_payment_transitions_code
;;
DROP INDEX ix_payment_transitions_decline_code
;;
DROP TABLE console_sessions
;;
DROP FUNCTION console_sessions_step()
;;
