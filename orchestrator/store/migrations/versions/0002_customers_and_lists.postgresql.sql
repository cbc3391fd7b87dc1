-- The functions keep the path that is set here, as in 0001.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
CREATE TABLE customers (
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_customers PRIMARY KEY (id)
)
;;
CREATE TRIGGER customers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON customers
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
-- A key may stand for a request about a customer or a card, which is no payment of ours.
ALTER TABLE idempotency_keys ALTER COLUMN payment_id DROP NOT NULL
;;
ALTER TABLE idempotency_keys ADD COLUMN resource TEXT
;;
ALTER TABLE idempotency_keys ADD CONSTRAINT ck_idempotency_keys_stands_for_one
  CHECK ((payment_id is null) <> (resource is null))
;;
ALTER TABLE card_disablements
  ADD COLUMN actor_kind TEXT, ADD COLUMN actor_id TEXT, ADD COLUMN request_id TEXT,
  ADD COLUMN enabled_actor_kind TEXT, ADD COLUMN enabled_actor_id TEXT,
  ADD COLUMN enabled_request_id TEXT
;;
-- What 0001 let stand without anybody's name was done by somebody with a database client.
ALTER TABLE card_disablements DISABLE TRIGGER card_disablements_enable_once
;;
UPDATE card_disablements
SET actor_kind = CASE WHEN payment_id IS NULL THEN 'operator' END,
    enabled_actor_kind = CASE WHEN enabled_at IS NOT NULL THEN 'operator' END,
    enabled_reason =
      CASE WHEN enabled_at IS NULL THEN NULL ELSE coalesce(enabled_reason, 'not recorded') END
WHERE payment_id IS NULL OR enabled_at IS NOT NULL
;;
ALTER TABLE card_disablements ENABLE TRIGGER card_disablements_enable_once
;;
ALTER TABLE card_disablements DROP CONSTRAINT ck_card_disablements_scope_known
;;
ALTER TABLE card_disablements
  ADD CONSTRAINT ck_card_disablements_scope_known CHECK (scope in
    ('fingerprint','fingerprint_and_expiry','customer_and_fingerprint','payment_method')),
  ADD CONSTRAINT ck_card_disablements_has_cause
    CHECK (payment_id is not null or actor_kind is not null),
  ADD CONSTRAINT ck_card_disablements_actor_known
    CHECK (actor_kind is null or actor_kind in ('api_key','operator','stripe')),
  ADD CONSTRAINT ck_card_disablements_enabled_by_somebody
    CHECK (enabled_at is null or (enabled_reason is not null and enabled_actor_kind is not null)),
  ADD CONSTRAINT ck_card_disablements_enabler_known
    CHECK (enabled_actor_kind is null or enabled_actor_kind in ('api_key','operator'))
;;
CREATE OR REPLACE FUNCTION card_disablements_enable_once() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.enabled_at IS NOT NULL OR NEW.enabled_at IS NULL
     OR (NEW.owner, NEW.scope_key, NEW.disabled_at, NEW.scope, NEW.payment_method, NEW.reason,
         NEW.payment_id, NEW.actor_kind, NEW.actor_id, NEW.request_id)
        IS DISTINCT FROM
        (OLD.owner, OLD.scope_key, OLD.disabled_at, OLD.scope, OLD.payment_method, OLD.reason,
         OLD.payment_id, OLD.actor_kind, OLD.actor_id, OLD.request_id) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a disablement is updated once, to end it';
  END IF;
  RETURN NEW;
END $$
;;
-- Whose the card was when it was seen: a payment of another customer's cannot take it.
ALTER TABLE cards ADD COLUMN customer TEXT
;;
CREATE INDEX ix_cards_payment_method ON cards (payment_method)
;;
CREATE INDEX ix_card_disablements_payment_method ON card_disablements (payment_method)
;;
CREATE INDEX ix_payments_created ON payments (created_at, id)
;;
CREATE INDEX ix_payments_state ON payments (state, created_at, id)
;;
CREATE INDEX ix_payments_customer ON payments (customer, created_at, id)
WHERE customer is not null
;;
CREATE INDEX ix_payments_transaction ON payments (transaction_id, created_at, id)
WHERE transaction_id is not null
;;
