SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
CREATE TABLE stripe_events (
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  payment_intent TEXT,
  payment_id TEXT,
  livemode BOOLEAN NOT NULL,
  request_key TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  origin TEXT NOT NULL,
  digest TEXT NOT NULL,
  projection JSONB NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE,
  lease_until TIMESTAMP WITH TIME ZONE,
  lease_owner TEXT,
  settled_at TIMESTAMP WITH TIME ZONE,
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
;;
CREATE INDEX ix_stripe_events_due ON stripe_events (due_at) WHERE due_at is not null
;;
CREATE INDEX ix_stripe_events_unmatched ON stripe_events (received_at, id) WHERE state = 'unmatched'
;;
CREATE INDEX ix_stripe_events_payment ON stripe_events (payment_id) WHERE payment_id is not null
;;
CREATE FUNCTION stripe_events_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.state = 'settled' OR (OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id)
     OR (NEW.id, NEW.type, NEW.object_id, NEW.payment_intent, NEW.livemode, NEW.request_key,
         NEW.created_at, NEW.received_at, NEW.origin, NEW.digest, NEW.projection)
        IS DISTINCT FROM
        (OLD.id, OLD.type, OLD.object_id, OLD.payment_intent, OLD.livemode, OLD.request_key,
         OLD.created_at, OLD.received_at, OLD.origin, OLD.digest, OLD.projection) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'what an event says never changes, and a settled one stays so';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER stripe_events_step BEFORE UPDATE ON stripe_events
FOR EACH ROW EXECUTE FUNCTION stripe_events_step()
;;
CREATE TRIGGER stripe_events_no_delete BEFORE DELETE OR TRUNCATE ON stripe_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TABLE catch_up (
  single INTEGER NOT NULL,
  seen_until TIMESTAMP WITH TIME ZONE NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_catch_up PRIMARY KEY (single),
  CONSTRAINT ck_catch_up_one_row CHECK (single = 1)
)
;;
