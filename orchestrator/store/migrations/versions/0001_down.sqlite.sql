PRAGMA defer_foreign_keys=ON
;;
DROP TABLE deployment
;;
DROP TABLE anomalies
;;
DROP TABLE api_keys
;;
DROP TABLE idempotency_keys
;;
DROP TABLE card_disablements
;;
DROP TABLE cards
;;
DROP TABLE attempts
;;
DROP TABLE payment_transitions
;;
DROP TABLE evidence
;;
DROP TABLE payments
;;
DROP TABLE payment_beginnings
;;
DROP TABLE legal_edges
;;
