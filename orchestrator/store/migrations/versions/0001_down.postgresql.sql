DROP TABLE deployment CASCADE
;;
DROP TABLE anomalies CASCADE
;;
DROP TABLE api_keys CASCADE
;;
DROP TABLE idempotency_keys CASCADE
;;
DROP TABLE card_disablements CASCADE
;;
DROP TABLE cards CASCADE
;;
DROP TABLE attempts CASCADE
;;
DROP TABLE payments CASCADE
;;
DROP TABLE payment_transitions CASCADE
;;
DROP TABLE evidence CASCADE
;;
DROP TABLE legal_edges CASCADE
;;
DROP FUNCTION refuse_change
;;
DROP FUNCTION payments_step
;;
DROP FUNCTION rows_not_ahead
;;
DROP FUNCTION payments_spent
;;
DROP FUNCTION attempts_close_once
;;
DROP FUNCTION card_disablements_enable_once
;;
DROP FUNCTION api_keys_revoke_once
;;
