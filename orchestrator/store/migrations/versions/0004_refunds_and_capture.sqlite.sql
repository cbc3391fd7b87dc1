-- How the money is taken, and what became of it later: sums that only the records beside move.
ALTER TABLE payments ADD COLUMN capture_method TEXT DEFAULT 'automatic' NOT NULL
  CONSTRAINT ck_payments_capture_method_known CHECK (capture_method in ('automatic','manual'))
;;
ALTER TABLE payments ADD COLUMN amount_refunded INTEGER DEFAULT 0 NOT NULL
;;
ALTER TABLE payments ADD COLUMN amount_disputed INTEGER DEFAULT 0 NOT NULL
;;
CREATE TABLE refunds (
  id TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  reason TEXT,
  metadata TEXT NOT NULL,
  state TEXT NOT NULL,
  failure_reason TEXT,
  stripe_refund TEXT,
  stripe_key TEXT,
  parameters TEXT,
  origin TEXT NOT NULL,
  actor_kind TEXT,
  actor_id TEXT,
  request_id TEXT,
  tries INTEGER NOT NULL,
  due_at TEXT,
  lease_until TEXT,
  lease_owner TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_refunds PRIMARY KEY (id),
  CONSTRAINT uq_refunds_stripe_refund UNIQUE (stripe_refund),
  CONSTRAINT uq_refunds_stripe_key UNIQUE (stripe_key),
  CONSTRAINT ck_refunds_amount_positive CHECK (amount > 0),
  CONSTRAINT ck_refunds_state_known CHECK (state in ('pending','succeeded','failed')),
  CONSTRAINT ck_refunds_origin_known CHECK (origin in ('api','stripe')),
  CONSTRAINT ck_refunds_ours_can_be_sent_again CHECK
    ((origin = 'api') = (stripe_key is not null)
     and (origin = 'api') = (parameters is not null)
     and (origin = 'api') = (actor_kind is not null)),
  CONSTRAINT ck_refunds_known_at_stripe CHECK
    (stripe_refund is not null or (origin = 'api' and state <> 'succeeded')),
  CONSTRAINT ck_refunds_only_failed_has_reason CHECK (failure_reason is null or state = 'failed'),
  CONSTRAINT ck_refunds_pending_is_due CHECK ((state = 'pending') = (due_at is not null)),
  CONSTRAINT fk_refunds_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
CREATE INDEX ix_refunds_payment ON refunds (payment_id, created_at, id)
;;
CREATE INDEX ix_refunds_due ON refunds (due_at) WHERE due_at is not null
;;
CREATE TABLE disputes (
  id TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  reason TEXT,
  status TEXT NOT NULL,
  evidence_due_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_disputes PRIMARY KEY (id),
  CONSTRAINT fk_disputes_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
CREATE INDEX ix_disputes_payment ON disputes (payment_id, created_at, id)
;;
CREATE TRIGGER refunds_no_replace BEFORE INSERT ON refunds
WHEN EXISTS (SELECT 1 FROM refunds r
             WHERE r.id = NEW.id OR r.stripe_refund = NEW.stripe_refund
                OR r.stripe_key = NEW.stripe_key)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the refund is on record already'); END
;;
CREATE TRIGGER refunds_payment BEFORE INSERT ON refunds
WHEN NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'a refund is of a payment that is stored'); END
;;
-- What Stripe received is what the history's last row cites. Stripe's own refunds are facts,
-- whatever they add up to.
CREATE TRIGGER refunds_begin BEFORE INSERT ON refunds
WHEN NEW.origin = 'api'
BEGIN
  SELECT RAISE(ABORT, 'only a payment that has succeeded is refunded')
  WHERE NOT EXISTS (SELECT 1 FROM payment_transitions t
                    WHERE t.payment_id = NEW.payment_id AND t.target = 'succeeded');
  SELECT RAISE(ABORT, 'no more is refunded than was received')
  WHERE NEW.amount
    + (SELECT coalesce(sum(r.amount), 0) FROM refunds r
       WHERE r.payment_id = NEW.payment_id AND r.state <> 'failed')
    > coalesce((SELECT json_extract(e.payload, '$.intent.amount_received')
                FROM payment_transitions t
                JOIN evidence e ON e.payment_id = t.payment_id AND e.sequence = t.evidence
                WHERE t.payment_id = NEW.payment_id AND t.target = 'succeeded'), 0);
  SELECT RAISE(ABORT, 'a refund of ours is written before Stripe is asked')
  WHERE NEW.state <> 'pending' OR NEW.stripe_refund IS NOT NULL;
END
;;
CREATE TRIGGER refunds_unchanging BEFORE UPDATE ON refunds
WHEN NEW.id IS NOT OLD.id OR NEW.payment_id IS NOT OLD.payment_id
  OR NEW.amount IS NOT OLD.amount OR NEW.currency IS NOT OLD.currency
  OR NEW.reason IS NOT OLD.reason OR NEW.metadata IS NOT OLD.metadata
  OR NEW.stripe_key IS NOT OLD.stripe_key OR NEW.parameters IS NOT OLD.parameters
  OR NEW.origin IS NOT OLD.origin OR NEW.actor_kind IS NOT OLD.actor_kind
  OR NEW.actor_id IS NOT OLD.actor_id OR NEW.request_id IS NOT OLD.request_id
  OR NEW.created_at IS NOT OLD.created_at
  OR (OLD.stripe_refund IS NOT NULL AND NEW.stripe_refund IS NOT OLD.stripe_refund)
BEGIN SELECT RAISE(ABORT, 'this column of a refund never changes'); END
;;
CREATE TRIGGER refunds_step BEFORE UPDATE ON refunds
WHEN (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
      (VALUES ('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'failed')))
  OR (OLD.state = 'failed' AND NEW.failure_reason IS NOT OLD.failure_reason)
BEGIN SELECT RAISE(ABORT, 'a refund goes from pending to succeeded or failed, and may fail later'); END
;;
CREATE TRIGGER refunds_one_of_stripe BEFORE UPDATE ON refunds
WHEN OLD.stripe_refund IS NULL AND EXISTS
  (SELECT 1 FROM refunds r WHERE r.stripe_refund = NEW.stripe_refund)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the refund is on record already'); END
;;
CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds
BEGIN SELECT RAISE(ABORT, 'refunds are not deleted'); END
;;
CREATE TRIGGER disputes_no_replace BEFORE INSERT ON disputes
WHEN EXISTS (SELECT 1 FROM disputes d WHERE d.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the dispute is on record already'); END
;;
CREATE TRIGGER disputes_payment BEFORE INSERT ON disputes
WHEN NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'a dispute is of a payment that is stored'); END
;;
CREATE TRIGGER disputes_step BEFORE UPDATE ON disputes
WHEN NEW.id IS NOT OLD.id OR NEW.payment_id IS NOT OLD.payment_id
  OR NEW.amount IS NOT OLD.amount OR NEW.currency IS NOT OLD.currency
  OR NEW.created_at IS NOT OLD.created_at
  OR (OLD.status IN ('won', 'lost', 'warning_closed', 'prevented')
      AND NEW.status NOT IN ('won', 'lost', 'warning_closed', 'prevented'))
BEGIN SELECT RAISE(ABORT, 'a dispute keeps its payment and its money, and once closed stays closed'); END
;;
CREATE TRIGGER disputes_no_delete BEFORE DELETE ON disputes
BEGIN SELECT RAISE(ABORT, 'disputes are not deleted'); END
;;
CREATE TRIGGER refunds_add_up AFTER INSERT ON refunds
BEGIN
  UPDATE payments SET amount_refunded =
    (SELECT coalesce(sum(r.amount), 0) FROM refunds r
     WHERE r.payment_id = NEW.payment_id AND r.state = 'succeeded')
  WHERE id = NEW.payment_id;
END
;;
CREATE TRIGGER refunds_add_up_again AFTER UPDATE OF state ON refunds
BEGIN
  UPDATE payments SET amount_refunded =
    (SELECT coalesce(sum(r.amount), 0) FROM refunds r
     WHERE r.payment_id = NEW.payment_id AND r.state = 'succeeded')
  WHERE id = NEW.payment_id;
END
;;
CREATE TRIGGER disputes_add_up AFTER INSERT ON disputes
BEGIN
  UPDATE payments SET amount_disputed =
    (SELECT coalesce(sum(d.amount), 0) FROM disputes d WHERE d.payment_id = NEW.payment_id)
  WHERE id = NEW.payment_id;
END
;;
CREATE TRIGGER payments_capture_method BEFORE UPDATE ON payments
WHEN NEW.capture_method IS NOT OLD.capture_method
BEGIN SELECT RAISE(ABORT, 'this column of a payment never changes'); END
;;
CREATE TRIGGER payments_beside BEFORE UPDATE ON payments
WHEN (NEW.amount_refunded <> OLD.amount_refunded
      AND NEW.amount_refunded <> (SELECT coalesce(sum(r.amount), 0) FROM refunds r
                                  WHERE r.payment_id = NEW.id AND r.state = 'succeeded'))
  OR (NEW.amount_disputed <> OLD.amount_disputed
      AND NEW.amount_disputed <> (SELECT coalesce(sum(d.amount), 0) FROM disputes d
                                  WHERE d.payment_id = NEW.id))
BEGIN
  SELECT RAISE(ABORT, 'what was refunded and disputed is what the records beside add up to');
END
;;
CREATE TRIGGER payments_begin_beside BEFORE INSERT ON payments
WHEN NEW.amount_refunded <> 0 OR NEW.amount_disputed <> 0
BEGIN
  SELECT RAISE(ABORT, 'what was refunded and disputed is what the records beside add up to');
END
;;
