SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
-- What has happened and has no place in the feed yet. By the time first, so that it is taken up in
-- about the order in which it happened.
CREATE TABLE outbox (
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  payment_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  CONSTRAINT pk_outbox PRIMARY KEY (occurred_at, payment_id, sequence)
)
;;
-- Whoever holds the one row gives out the feed's places; nobody else does meanwhile.
CREATE TABLE feed_turn (
  single INTEGER NOT NULL,
  CONSTRAINT pk_feed_turn PRIMARY KEY (single),
  CONSTRAINT ck_feed_turn_one_row CHECK (single = 1)
)
;;
INSERT INTO feed_turn (single) VALUES (1)
;;
CREATE TABLE events (
  position BIGINT NOT NULL,
  payment_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  type TEXT NOT NULL,
  owner TEXT NOT NULL,
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_events PRIMARY KEY (position),
  CONSTRAINT uq_events_transition UNIQUE (payment_id, sequence),
  CONSTRAINT ck_events_position_from_one CHECK (position >= 1),
  CONSTRAINT fk_events_transition FOREIGN KEY(payment_id, sequence)
    REFERENCES payment_transitions (payment_id, sequence)
)
;;
-- Each payment's rows in their own order, whatever the clocks of the hosts said.
INSERT INTO events (position, payment_id, sequence, type, owner, occurred_at)
SELECT row_number() OVER (ORDER BY t.placed_at, t.payment_id, t.sequence),
  t.payment_id, t.sequence, 'payment.' || t.target, p.owner, t.occurred_at
FROM (
  SELECT payment_id, sequence, target, occurred_at,
    max(occurred_at) OVER (PARTITION BY payment_id ORDER BY sequence) AS placed_at
  FROM payment_transitions
) t JOIN payments p ON p.id = t.payment_id
;;
CREATE INDEX ix_events_owner ON events (owner, position)
;;
CREATE TABLE webhook_endpoints (
  id TEXT NOT NULL,
  owner TEXT,
  url TEXT NOT NULL,
  description TEXT,
  event_types JSONB NOT NULL,
  secret TEXT,
  secret_version INTEGER NOT NULL,
  previous_secret TEXT,
  previous_secret_until TIMESTAMP WITH TIME ZONE,
  state TEXT NOT NULL,
  disabled_reason TEXT,
  failures INTEGER NOT NULL,
  failing_since TIMESTAMP WITH TIME ZONE,
  created_by TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id),
  CONSTRAINT ck_webhook_endpoints_state_known CHECK (state in ('enabled','disabled','deleted')),
  CONSTRAINT ck_webhook_endpoints_disabled_has_reason
    CHECK ((state = 'disabled') = (disabled_reason is not null)),
  CONSTRAINT ck_webhook_endpoints_deleted_has_no_secret
    CHECK ((state = 'deleted') = (secret is null)),
  CONSTRAINT ck_webhook_endpoints_previous_ends
    CHECK ((previous_secret is null) = (previous_secret_until is null)
           and (previous_secret is null or secret is not null)),
  CONSTRAINT ck_webhook_endpoints_failing_since
    CHECK ((failures = 0) = (failing_since is null) and failures >= 0)
)
;;
CREATE INDEX ix_webhook_endpoints_created ON webhook_endpoints (created_at, id)
;;
CREATE TABLE webhook_deliveries (
  id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE,
  lease_until TIMESTAMP WITH TIME ZONE,
  lease_owner TEXT,
  last_tried_at TIMESTAMP WITH TIME ZONE,
  last_status INTEGER,
  last_error TEXT,
  request_id TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
  CONSTRAINT ck_webhook_deliveries_state_known CHECK (state in ('pending','delivered','failed')),
  CONSTRAINT ck_webhook_deliveries_pending_is_due
    CHECK ((state = 'pending') = (due_at is not null) and (state = 'pending') = (ended_at is null)),
  CONSTRAINT ck_webhook_deliveries_tried
    CHECK (tries >= 0 and (tries = 0) = (last_tried_at is null)),
  CONSTRAINT fk_webhook_deliveries_endpoint FOREIGN KEY(endpoint_id)
    REFERENCES webhook_endpoints (id),
  CONSTRAINT fk_webhook_deliveries_event FOREIGN KEY(payment_id, sequence)
    REFERENCES events (payment_id, sequence)
)
;;
CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (due_at) WHERE due_at is not null
;;
CREATE INDEX ix_webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, created_at, id)
;;
CREATE INDEX ix_webhook_deliveries_request ON webhook_deliveries (request_id)
WHERE request_id is not null
;;
CREATE UNIQUE INDEX uq_webhook_deliveries_once ON webhook_deliveries (endpoint_id, payment_id, sequence)
WHERE request_id is null
;;
CREATE FUNCTION outbox_fill() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO outbox (occurred_at, payment_id, sequence)
  VALUES (NEW.occurred_at, NEW.payment_id, NEW.sequence);
  RETURN NULL;
END $$
;;
CREATE TRIGGER payment_transitions_outbox AFTER INSERT ON payment_transitions
FOR EACH ROW EXECUTE FUNCTION outbox_fill()
;;
CREATE FUNCTION outbox_leave() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM payment_transitions t
             WHERE t.payment_id = OLD.payment_id AND t.sequence = OLD.sequence)
     AND NOT EXISTS (SELECT 1 FROM events e
                     WHERE e.payment_id = OLD.payment_id AND e.sequence = OLD.sequence) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a row leaves the outbox only once it stands in the feed';
  END IF;
  RETURN OLD;
END $$
;;
CREATE TRIGGER outbox_leave BEFORE DELETE ON outbox
FOR EACH ROW EXECUTE FUNCTION outbox_leave()
;;
CREATE TRIGGER outbox_closed BEFORE UPDATE OR TRUNCATE ON outbox
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER feed_turn_closed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON feed_turn
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE FUNCTION events_follow() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE problem text := NULL;
BEGIN
  IF NEW.position <> 1 + coalesce((SELECT max(e.position) FROM events e), 0) THEN
    problem := 'the feed has no gaps';
  ELSIF NEW.sequence > 1 AND NOT EXISTS (
    SELECT 1 FROM events e
    WHERE e.payment_id = NEW.payment_id AND e.sequence = NEW.sequence - 1) THEN
    problem := 'the events of a payment stand in the order of its history';
  ELSIF NOT EXISTS (
    SELECT 1 FROM payment_transitions t JOIN payments p ON p.id = t.payment_id
    WHERE t.payment_id = NEW.payment_id AND t.sequence = NEW.sequence
      AND NEW.type = 'payment.' || t.target AND NEW.owner = p.owner
      AND NEW.occurred_at = t.occurred_at) THEN
    problem := 'an event says what its history row says';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER events_follow BEFORE INSERT ON events
FOR EACH ROW EXECUTE FUNCTION events_follow()
;;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE FUNCTION webhook_endpoints_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.state = 'deleted' OR NEW.secret_version < OLD.secret_version
     OR (NEW.id, NEW.owner, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.owner, OLD.created_by, OLD.created_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'an endpoint keeps its owner, and a deleted one stays as it is';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER webhook_endpoints_step BEFORE UPDATE ON webhook_endpoints
FOR EACH ROW EXECUTE FUNCTION webhook_endpoints_step()
;;
CREATE TRIGGER webhook_endpoints_no_delete BEFORE DELETE OR TRUNCATE ON webhook_endpoints
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE FUNCTION webhook_deliveries_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.state <> 'pending' OR NEW.tries < OLD.tries
     OR (NEW.id, NEW.endpoint_id, NEW.payment_id, NEW.sequence, NEW.request_id, NEW.created_at)
        IS DISTINCT FROM
        (OLD.id, OLD.endpoint_id, OLD.payment_id, OLD.sequence, OLD.request_id, OLD.created_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a delivery keeps what it brings to whom, and one that ended stays so';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER webhook_deliveries_step BEFORE UPDATE ON webhook_deliveries
FOR EACH ROW EXECUTE FUNCTION webhook_deliveries_step()
;;
CREATE TRIGGER webhook_deliveries_no_delete BEFORE DELETE OR TRUNCATE ON webhook_deliveries
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
