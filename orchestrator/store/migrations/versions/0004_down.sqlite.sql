DROP TRIGGER payments_begin_beside
;;
DROP TRIGGER payments_beside
;;
DROP TRIGGER payments_capture_method
;;
DROP TABLE disputes
;;
DROP TABLE refunds
;;
ALTER TABLE payments DROP COLUMN amount_disputed
;;
ALTER TABLE payments DROP COLUMN amount_refunded
;;
ALTER TABLE payments DROP COLUMN capture_method
;;
