-- What callers wrote in their own words stands in no hash, and may leave: a handled payment's description
-- and metadata, and the metadata of a refund that is not under way. Nothing may take its place.
DROP TRIGGER payments_unchanging
;;
CREATE TRIGGER payments_unchanging BEFORE UPDATE ON payments
WHEN NEW.id IS NOT OLD.id OR NEW.owner IS NOT OLD.owner OR NEW.amount IS NOT OLD.amount
  OR NEW.currency IS NOT OLD.currency OR NEW.customer IS NOT OLD.customer
  OR NEW.item_ids IS NOT OLD.item_ids OR NEW.transaction_id IS NOT OLD.transaction_id
  OR NEW.setup_future_usage IS NOT OLD.setup_future_usage
  OR NEW.payment_intent IS NOT OLD.payment_intent OR NEW.max_attempts IS NOT OLD.max_attempts
  OR NEW.expires_at IS NOT OLD.expires_at OR NEW.created_at IS NOT OLD.created_at
  OR ((NEW.description IS NOT OLD.description OR NEW.metadata IS NOT OLD.metadata)
      AND NOT (OLD.state IN ('succeeded', 'failed')
               AND NEW.description IS NULL AND NEW.metadata = '{}'))
BEGIN SELECT RAISE(ABORT, 'this column of a payment never changes'); END
;;
DROP TRIGGER refunds_unchanging
;;
CREATE TRIGGER refunds_unchanging BEFORE UPDATE ON refunds
WHEN NEW.id IS NOT OLD.id OR NEW.payment_id IS NOT OLD.payment_id
  OR NEW.amount IS NOT OLD.amount OR NEW.currency IS NOT OLD.currency
  OR NEW.reason IS NOT OLD.reason
  OR NEW.stripe_key IS NOT OLD.stripe_key
  OR NEW.origin IS NOT OLD.origin OR NEW.actor_kind IS NOT OLD.actor_kind
  OR NEW.actor_id IS NOT OLD.actor_id OR NEW.request_id IS NOT OLD.request_id
  OR NEW.created_at IS NOT OLD.created_at
  OR (OLD.stripe_refund IS NOT NULL AND NEW.stripe_refund IS NOT OLD.stripe_refund)
  OR ((NEW.metadata IS NOT OLD.metadata OR NEW.parameters IS NOT OLD.parameters)
      AND NOT (OLD.state <> 'pending' AND NEW.state = OLD.state AND NEW.metadata = '{}'
               AND json(NEW.parameters) IS json_remove(OLD.parameters, '$.metadata')))
BEGIN SELECT RAISE(ABORT, 'this column of a refund never changes'); END
;;
