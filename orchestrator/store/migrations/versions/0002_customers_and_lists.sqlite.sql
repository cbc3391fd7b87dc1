CREATE TABLE customers (
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_at TEXT NOT NULL,
  CONSTRAINT pk_customers PRIMARY KEY (id)
)
 STRICT, WITHOUT ROWID
;;
CREATE TRIGGER customers_no_replace BEFORE INSERT ON customers
WHEN EXISTS (SELECT 1 FROM customers c WHERE c.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the customer exists already'); END
;;
CREATE TRIGGER customers_no_update BEFORE UPDATE ON customers
BEGIN SELECT RAISE(ABORT, 'a customer keeps its owner'); END
;;
CREATE TRIGGER customers_no_delete BEFORE DELETE ON customers
BEGIN SELECT RAISE(ABORT, 'customers are not deleted: payments name them'); END
;;
-- A key may stand for a request about a customer or a card, which is no payment of ours. SQLite
-- cannot take a NOT NULL away: the table is made anew, and its triggers with it.
CREATE TABLE idempotency_keys_new (
  owner TEXT NOT NULL,
  "key" TEXT NOT NULL,
  operation TEXT NOT NULL,
  request_digest TEXT NOT NULL,
  payment_id TEXT,
  attempt INTEGER,
  created_at TEXT NOT NULL,
  resource TEXT,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner, "key"),
  CONSTRAINT ck_idempotency_keys_stands_for_one CHECK ((payment_id is null) <> (resource is null)),
  CONSTRAINT fk_idempotency_keys_payment FOREIGN KEY(payment_id) REFERENCES payments (id) DEFERRABLE INITIALLY DEFERRED
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO idempotency_keys_new
  (owner, "key", operation, request_digest, payment_id, attempt, created_at)
SELECT owner, "key", operation, request_digest, payment_id, attempt, created_at
FROM idempotency_keys
;;
DROP TABLE idempotency_keys
;;
ALTER TABLE idempotency_keys_new RENAME TO idempotency_keys
;;
CREATE TRIGGER idempotency_keys_no_replace BEFORE INSERT ON idempotency_keys
WHEN EXISTS (SELECT 1 FROM idempotency_keys k WHERE k.owner = NEW.owner AND k."key" = NEW."key")
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the key stands for a request already'); END
;;
CREATE TRIGGER idempotency_keys_payment BEFORE INSERT ON idempotency_keys
WHEN NEW.payment_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'a key stands for a payment that is stored'); END
;;
CREATE TRIGGER idempotency_keys_no_update BEFORE UPDATE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
CREATE TRIGGER idempotency_keys_no_delete BEFORE DELETE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
-- Who disables or enables a card by hand, and a scope for a card that its customer keeps no more.
-- SQLite changes no constraint: the table is made anew, and its triggers with it. What 0001 let
-- stand without anybody's name was done by somebody with a database client: an operator.
CREATE TABLE card_disablements_new (
  owner TEXT NOT NULL,
  scope_key TEXT NOT NULL,
  disabled_at TEXT NOT NULL,
  scope TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  payment_id TEXT,
  reason TEXT NOT NULL,
  enabled_at TEXT,
  enabled_reason TEXT,
  actor_kind TEXT,
  actor_id TEXT,
  request_id TEXT,
  enabled_actor_kind TEXT,
  enabled_actor_id TEXT,
  enabled_request_id TEXT,
  CONSTRAINT pk_card_disablements PRIMARY KEY (owner, scope_key, disabled_at),
  CONSTRAINT ck_card_disablements_has_cause CHECK (payment_id is not null or actor_kind is not null),
  CONSTRAINT ck_card_disablements_actor_known CHECK (actor_kind is null or actor_kind in ('api_key','operator','stripe')),
  CONSTRAINT ck_card_disablements_enabled_by_somebody CHECK (enabled_at is null or (enabled_reason is not null and enabled_actor_kind is not null)),
  CONSTRAINT ck_card_disablements_enabler_known CHECK (enabled_actor_kind is null or enabled_actor_kind in ('api_key','operator')),
  CONSTRAINT ck_card_disablements_scope_known CHECK (scope in ('fingerprint','fingerprint_and_expiry','customer_and_fingerprint','payment_method')),
  CONSTRAINT fk_card_disablements_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO card_disablements_new
  (owner, scope_key, disabled_at, scope, payment_method, payment_id, reason, enabled_at,
   enabled_reason, actor_kind, enabled_actor_kind)
SELECT owner, scope_key, disabled_at, scope, payment_method, payment_id, reason, enabled_at,
  CASE WHEN enabled_at IS NULL THEN NULL ELSE coalesce(enabled_reason, 'not recorded') END,
  CASE WHEN payment_id IS NULL THEN 'operator' END,
  CASE WHEN enabled_at IS NOT NULL THEN 'operator' END
FROM card_disablements
;;
DROP TABLE card_disablements
;;
ALTER TABLE card_disablements_new RENAME TO card_disablements
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
  OR NEW.payment_id IS NOT OLD.payment_id OR NEW.actor_kind IS NOT OLD.actor_kind
  OR NEW.actor_id IS NOT OLD.actor_id OR NEW.request_id IS NOT OLD.request_id
BEGIN SELECT RAISE(ABORT, 'a disablement is updated once, to end it'); END
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
