SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP INDEX ix_payments_transaction
;;
DROP INDEX ix_payments_customer
;;
DROP INDEX ix_payments_state
;;
DROP INDEX ix_payments_created
;;
DROP INDEX ix_cards_payment_method
;;
ALTER TABLE cards DROP COLUMN customer
;;
CREATE OR REPLACE FUNCTION card_disablements_enable_once() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.enabled_at IS NOT NULL OR NEW.enabled_at IS NULL
     OR (NEW.owner, NEW.scope_key, NEW.disabled_at, NEW.scope, NEW.payment_method, NEW.reason,
         NEW.payment_id)
        IS DISTINCT FROM
        (OLD.owner, OLD.scope_key, OLD.disabled_at, OLD.scope, OLD.payment_method, OLD.reason,
         OLD.payment_id) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a disablement is updated once, to end it';
  END IF;
  RETURN NEW;
END $$
;;
ALTER TABLE card_disablements DISABLE TRIGGER card_disablements_enable_once
;;
-- The older schema knows no scope of one id: there the fingerprint's key holds the id itself. Where
-- a card without a fingerprint is out of use under that key already, the row keeps its own.
UPDATE card_disablements AS d
SET scope = 'fingerprint',
    scope_key = CASE
      WHEN EXISTS (SELECT 1 FROM card_disablements o
                   WHERE o.owner = d.owner AND o.scope_key = 'fingerprint:' || d.payment_method
                     AND (o.disabled_at = d.disabled_at
                          OR (o.enabled_at IS NULL AND d.enabled_at IS NULL)))
      THEN d.scope_key
      ELSE 'fingerprint:' || d.payment_method
    END
WHERE scope = 'payment_method'
;;
ALTER TABLE card_disablements ENABLE TRIGGER card_disablements_enable_once
;;
ALTER TABLE card_disablements DROP CONSTRAINT ck_card_disablements_scope_known
;;
ALTER TABLE card_disablements ADD CONSTRAINT ck_card_disablements_scope_known
  CHECK (scope in ('fingerprint','fingerprint_and_expiry','customer_and_fingerprint'))
;;
DROP INDEX ix_card_disablements_payment_method
;;
ALTER TABLE card_disablements
  DROP COLUMN actor_kind, DROP COLUMN actor_id, DROP COLUMN request_id,
  DROP COLUMN enabled_actor_kind, DROP COLUMN enabled_actor_id, DROP COLUMN enabled_request_id
;;
ALTER TABLE idempotency_keys DISABLE TRIGGER idempotency_keys_append_only
;;
DELETE FROM idempotency_keys WHERE payment_id IS NULL
;;
ALTER TABLE idempotency_keys ENABLE TRIGGER idempotency_keys_append_only
;;
ALTER TABLE idempotency_keys DROP COLUMN resource
;;
ALTER TABLE idempotency_keys ALTER COLUMN payment_id SET NOT NULL
;;
DROP TABLE customers
;;
