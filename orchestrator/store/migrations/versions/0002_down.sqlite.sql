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
-- The older schema names nobody and knows no scope of one id: there the fingerprint's key holds the
-- id itself. Where a card without a fingerprint is out of use under that key already, the row keeps
-- its own.
CREATE TABLE card_disablements_old (
  owner TEXT NOT NULL,
  scope_key TEXT NOT NULL,
  disabled_at TEXT NOT NULL,
  scope TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  payment_id TEXT,
  reason TEXT NOT NULL,
  enabled_at TEXT,
  enabled_reason TEXT,
  CONSTRAINT pk_card_disablements PRIMARY KEY (owner, scope_key, disabled_at),
  CONSTRAINT ck_card_disablements_scope_known CHECK (scope in ('fingerprint','fingerprint_and_expiry','customer_and_fingerprint')),
  CONSTRAINT fk_card_disablements_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO card_disablements_old
SELECT owner,
  CASE
    WHEN scope <> 'payment_method' OR EXISTS (
      SELECT 1 FROM card_disablements o
      WHERE o.owner = d.owner AND o.scope_key = 'fingerprint:' || d.payment_method
        AND (o.disabled_at = d.disabled_at OR (o.enabled_at IS NULL AND d.enabled_at IS NULL)))
    THEN scope_key
    ELSE 'fingerprint:' || payment_method
  END,
  disabled_at,
  CASE scope WHEN 'payment_method' THEN 'fingerprint' ELSE scope END,
  payment_method, payment_id, reason, enabled_at, enabled_reason
FROM card_disablements d
;;
DROP TABLE card_disablements
;;
ALTER TABLE card_disablements_old RENAME TO card_disablements
;;
CREATE UNIQUE INDEX uq_card_disablements_active ON card_disablements (owner, scope_key) WHERE enabled_at is null
;;
CREATE TRIGGER card_disablements_no_replace BEFORE INSERT ON card_disablements
WHEN EXISTS (SELECT 1 FROM card_disablements d
             WHERE d.owner = NEW.owner AND d.scope_key = NEW.scope_key
               AND (d.disabled_at = NEW.disabled_at
                    OR (d.enabled_at IS NULL AND NEW.enabled_at IS NULL)))
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the card is disabled already'); END
;;
CREATE TRIGGER card_disablements_payment BEFORE INSERT ON card_disablements
WHEN NEW.payment_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'a disablement names a payment that is stored'); END
;;
CREATE TRIGGER card_disablements_no_delete BEFORE DELETE ON card_disablements
BEGIN SELECT RAISE(ABORT, 'disablements are not deleted'); END
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
