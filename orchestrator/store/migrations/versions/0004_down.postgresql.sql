SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TRIGGER payments_beside ON payments
;;
DROP TRIGGER payments_begin_beside ON payments
;;
DROP TABLE disputes
;;
DROP TABLE refunds
;;
DROP FUNCTION payments_beside()
;;
DROP FUNCTION add_up_beside()
;;
DROP FUNCTION disputes_step()
;;
DROP FUNCTION refunds_step()
;;
DROP FUNCTION refunds_begin()
;;
ALTER TABLE payments
  DROP COLUMN amount_disputed, DROP COLUMN amount_refunded, DROP COLUMN capture_method
;;
