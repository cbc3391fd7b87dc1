SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
-- How the money is taken, and what became of it later: sums that only the records beside move.
ALTER TABLE payments
  ADD COLUMN capture_method TEXT DEFAULT 'automatic' NOT NULL,
  ADD COLUMN amount_refunded BIGINT DEFAULT 0 NOT NULL,
  ADD COLUMN amount_disputed BIGINT DEFAULT 0 NOT NULL,
  ADD CONSTRAINT ck_payments_capture_method_known CHECK (capture_method in ('automatic','manual'))
;;
CREATE TABLE refunds (
  id TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  reason TEXT,
  metadata JSONB NOT NULL,
  state TEXT NOT NULL,
  failure_reason TEXT,
  stripe_refund TEXT,
  stripe_key TEXT,
  parameters JSONB,
  origin TEXT NOT NULL,
  actor_kind TEXT,
  actor_id TEXT,
  request_id TEXT,
  tries INTEGER NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE,
  lease_until TIMESTAMP WITH TIME ZONE,
  lease_owner TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
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
;;
CREATE INDEX ix_refunds_payment ON refunds (payment_id, created_at, id)
;;
CREATE INDEX ix_refunds_due ON refunds (due_at) WHERE due_at is not null
;;
CREATE TABLE disputes (
  id TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  reason TEXT,
  status TEXT NOT NULL,
  evidence_due_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_disputes PRIMARY KEY (id),
  CONSTRAINT fk_disputes_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
;;
CREATE INDEX ix_disputes_payment ON disputes (payment_id, created_at, id)
;;
-- What Stripe received is what the history's last row cites. The payment's row is locked before
-- the others are added up: of two refunds at once one waits and then sees the other. Stripe's own
-- are facts, whatever they add up to.
CREATE FUNCTION refunds_begin() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE received bigint; given bigint; problem text := NULL;
BEGIN
  IF NEW.origin <> 'api' THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM payments p WHERE p.id = NEW.payment_id FOR NO KEY UPDATE;
  SELECT (e.payload -> 'intent' ->> 'amount_received')::bigint INTO received
  FROM payment_transitions t
  JOIN evidence e ON e.payment_id = t.payment_id AND e.sequence = t.evidence
  WHERE t.payment_id = NEW.payment_id AND t.target = 'succeeded';
  SELECT coalesce(sum(r.amount), 0) INTO given
  FROM refunds r WHERE r.payment_id = NEW.payment_id AND r.state <> 'failed';
  IF received IS NULL THEN
    problem := 'only a payment that has succeeded is refunded';
  ELSIF given + NEW.amount > received THEN
    problem := 'no more is refunded than was received';
  ELSIF NEW.state <> 'pending' OR NEW.stripe_refund IS NOT NULL THEN
    problem := 'a refund of ours is written before Stripe is asked';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER refunds_begin BEFORE INSERT ON refunds
FOR EACH ROW EXECUTE FUNCTION refunds_begin()
;;
CREATE FUNCTION refunds_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE problem text := NULL;
BEGIN
  IF (NEW.id, NEW.payment_id, NEW.amount, NEW.currency, NEW.reason, NEW.metadata, NEW.stripe_key,
      NEW.parameters, NEW.origin, NEW.actor_kind, NEW.actor_id, NEW.request_id, NEW.created_at)
     IS DISTINCT FROM
     (OLD.id, OLD.payment_id, OLD.amount, OLD.currency, OLD.reason, OLD.metadata, OLD.stripe_key,
      OLD.parameters, OLD.origin, OLD.actor_kind, OLD.actor_id, OLD.request_id, OLD.created_at)
     OR (OLD.stripe_refund IS NOT NULL AND NEW.stripe_refund IS DISTINCT FROM OLD.stripe_refund) THEN
    problem := 'this column of a refund never changes';
  ELSIF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
    (('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'failed')) THEN
    problem := 'a refund goes from pending to succeeded or failed, and may fail later';
  ELSIF OLD.state = 'failed' AND NEW.failure_reason IS DISTINCT FROM OLD.failure_reason THEN
    problem := 'a refund that has failed stays as it is';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER refunds_step BEFORE UPDATE ON refunds
FOR EACH ROW EXECUTE FUNCTION refunds_step()
;;
CREATE TRIGGER refunds_no_delete BEFORE DELETE OR TRUNCATE ON refunds
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE FUNCTION disputes_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF (NEW.id, NEW.payment_id, NEW.amount, NEW.currency, NEW.created_at) IS DISTINCT FROM
     (OLD.id, OLD.payment_id, OLD.amount, OLD.currency, OLD.created_at)
     OR (OLD.status IN ('won', 'lost', 'warning_closed', 'prevented')
         AND NEW.status NOT IN ('won', 'lost', 'warning_closed', 'prevented')) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a dispute keeps its payment and its money, and once closed stays closed';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER disputes_step BEFORE UPDATE ON disputes
FOR EACH ROW EXECUTE FUNCTION disputes_step()
;;
CREATE TRIGGER disputes_no_delete BEFORE DELETE OR TRUNCATE ON disputes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
-- Locked first, so that the sums are taken once whoever was before has committed.
CREATE FUNCTION add_up_beside() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM 1 FROM payments p WHERE p.id = NEW.payment_id FOR NO KEY UPDATE;
  UPDATE payments SET
    amount_refunded = (SELECT coalesce(sum(r.amount), 0) FROM refunds r
                       WHERE r.payment_id = NEW.payment_id AND r.state = 'succeeded'),
    amount_disputed = (SELECT coalesce(sum(d.amount), 0) FROM disputes d
                       WHERE d.payment_id = NEW.payment_id)
  WHERE id = NEW.payment_id;
  RETURN NULL;
END $$
;;
CREATE TRIGGER refunds_add_up AFTER INSERT OR UPDATE OF state ON refunds
FOR EACH ROW EXECUTE FUNCTION add_up_beside()
;;
CREATE TRIGGER disputes_add_up AFTER INSERT ON disputes
FOR EACH ROW EXECUTE FUNCTION add_up_beside()
;;
CREATE FUNCTION payments_beside() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE refunded bigint; disputed bigint;
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.capture_method <> OLD.capture_method THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'this column of a payment never changes';
  END IF;
  SELECT coalesce(sum(r.amount), 0) INTO refunded
  FROM refunds r WHERE r.payment_id = NEW.id AND r.state = 'succeeded';
  SELECT coalesce(sum(d.amount), 0) INTO disputed FROM disputes d WHERE d.payment_id = NEW.id;
  IF (NEW.amount_refunded, NEW.amount_disputed) <> (refunded, disputed) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'what was refunded and disputed is what the records beside add up to';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER payments_beside BEFORE UPDATE ON payments FOR EACH ROW
WHEN (NEW.capture_method <> OLD.capture_method OR NEW.amount_refunded <> OLD.amount_refunded
      OR NEW.amount_disputed <> OLD.amount_disputed)
EXECUTE FUNCTION payments_beside()
;;
CREATE TRIGGER payments_begin_beside BEFORE INSERT ON payments FOR EACH ROW
WHEN (NEW.amount_refunded <> 0 OR NEW.amount_disputed <> 0)
EXECUTE FUNCTION payments_beside()
;;
