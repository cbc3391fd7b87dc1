DROP INDEX ix_webhook_deliveries_payment
;;
DROP INDEX ix_payment_transitions_code
;;
DROP INDEX ix_payment_transitions_decline_code
;;
DROP TABLE console_sessions
;;
