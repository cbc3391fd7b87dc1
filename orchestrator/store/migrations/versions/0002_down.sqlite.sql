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
DROP TRIGGER card_disablements_enable_once
;;
ALTER TABLE card_disablements DROP COLUMN enabled_request_id
;;
ALTER TABLE card_disablements DROP COLUMN enabled_actor_id
;;
ALTER TABLE card_disablements DROP COLUMN enabled_actor_kind
;;
ALTER TABLE card_disablements DROP COLUMN request_id
;;
ALTER TABLE card_disablements DROP COLUMN actor_id
;;
ALTER TABLE card_disablements DROP COLUMN actor_kind
;;
CREATE TRIGGER card_disablements_enable_once BEFORE UPDATE ON card_disablements
WHEN OLD.enabled_at IS NOT NULL OR NEW.enabled_at IS NULL
  OR NEW.owner IS NOT OLD.owner OR NEW.scope_key IS NOT OLD.scope_key
  OR NEW.disabled_at IS NOT OLD.disabled_at OR NEW.scope IS NOT OLD.scope
  OR NEW.payment_method IS NOT OLD.payment_method OR NEW.reason IS NOT OLD.reason
  OR NEW.payment_id IS NOT OLD.payment_id
BEGIN SELECT RAISE(ABORT, 'a disablement is updated once, to end it'); END
;;
CREATE TABLE idempotency_keys_old (
  owner TEXT NOT NULL,
  "key" TEXT NOT NULL,
  operation TEXT NOT NULL,
  request_digest TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  attempt INTEGER,
  created_at TEXT NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner, "key"),
  CONSTRAINT fk_idempotency_keys_payment FOREIGN KEY(payment_id) REFERENCES payments (id) DEFERRABLE INITIALLY DEFERRED
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO idempotency_keys_old
SELECT owner, "key", operation, request_digest, payment_id, attempt, created_at
FROM idempotency_keys WHERE payment_id IS NOT NULL
;;
DROP TABLE idempotency_keys
;;
ALTER TABLE idempotency_keys_old RENAME TO idempotency_keys
;;
CREATE TRIGGER idempotency_keys_no_replace BEFORE INSERT ON idempotency_keys
WHEN EXISTS (SELECT 1 FROM idempotency_keys k WHERE k.owner = NEW.owner AND k."key" = NEW."key")
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the key stands for a request already'); END
;;
CREATE TRIGGER idempotency_keys_payment BEFORE INSERT ON idempotency_keys
WHEN NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'a key stands for a payment that is stored'); END
;;
CREATE TRIGGER idempotency_keys_no_update BEFORE UPDATE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
CREATE TRIGGER idempotency_keys_no_delete BEFORE DELETE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
DROP TABLE customers
;;
