CREATE TABLE stripe_events (
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  payment_intent TEXT,
  payment_id TEXT,
  livemode INTEGER NOT NULL,
  request_key TEXT,
  created_at TEXT NOT NULL,
  received_at TEXT NOT NULL,
  origin TEXT NOT NULL,
  digest TEXT NOT NULL,
  projection TEXT NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  due_at TEXT,
  lease_until TEXT,
  lease_owner TEXT,
  settled_at TEXT,
  CONSTRAINT pk_stripe_events PRIMARY KEY (id),
  CONSTRAINT ck_stripe_events_origin_known CHECK (origin in ('webhook','catch_up')),
  CONSTRAINT ck_stripe_events_state_known CHECK (state in ('pending','unmatched','settled')),
  CONSTRAINT ck_stripe_events_pending_is_due CHECK (state <> 'pending' or due_at is not null),
  CONSTRAINT ck_stripe_events_settled_is_done
    CHECK ((state = 'settled') = (settled_at is not null) and (state <> 'settled' or due_at is null)),
  CONSTRAINT ck_stripe_events_unmatched_has_no_payment
    CHECK (state <> 'unmatched' or payment_id is null),
  CONSTRAINT fk_stripe_events_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
CREATE INDEX ix_stripe_events_due ON stripe_events (due_at) WHERE due_at is not null
;;
CREATE INDEX ix_stripe_events_unmatched ON stripe_events (received_at, id) WHERE state = 'unmatched'
;;
CREATE INDEX ix_stripe_events_payment ON stripe_events (payment_id) WHERE payment_id is not null
;;
CREATE TRIGGER stripe_events_no_replace BEFORE INSERT ON stripe_events
WHEN EXISTS (SELECT 1 FROM stripe_events e WHERE e.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the event is stored already'); END
;;
CREATE TRIGGER stripe_events_payment BEFORE UPDATE ON stripe_events
WHEN NEW.payment_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'an event names a payment that is stored'); END
;;
CREATE TRIGGER stripe_events_first_payment BEFORE INSERT ON stripe_events
WHEN NEW.payment_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'an event names a payment that is stored'); END
;;
CREATE TRIGGER stripe_events_step BEFORE UPDATE ON stripe_events
WHEN OLD.state = 'settled'
  OR (OLD.payment_id IS NOT NULL AND NEW.payment_id IS NOT OLD.payment_id)
  OR NEW.id IS NOT OLD.id OR NEW.type IS NOT OLD.type OR NEW.object_id IS NOT OLD.object_id
  OR NEW.payment_intent IS NOT OLD.payment_intent OR NEW.livemode IS NOT OLD.livemode
  OR NEW.request_key IS NOT OLD.request_key OR NEW.created_at IS NOT OLD.created_at
  OR NEW.received_at IS NOT OLD.received_at OR NEW.origin IS NOT OLD.origin
  OR NEW.digest IS NOT OLD.digest OR NEW.projection IS NOT OLD.projection
BEGIN SELECT RAISE(ABORT, 'what an event says never changes, and a settled one stays so'); END
;;
CREATE TRIGGER stripe_events_no_delete BEFORE DELETE ON stripe_events
BEGIN SELECT RAISE(ABORT, 'events are not deleted'); END
;;
CREATE TABLE catch_up (
  single INTEGER NOT NULL,
  seen_until TEXT NOT NULL,
  due_at TEXT NOT NULL,
  CONSTRAINT pk_catch_up PRIMARY KEY (single),
  CONSTRAINT ck_catch_up_one_row CHECK (single = 1)
)
 STRICT, WITHOUT ROWID
;;
