-- What has happened and has no place in the feed yet. By the time first, so that it is taken up in
-- about the order in which it happened.
CREATE TABLE outbox (
  occurred_at TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  CONSTRAINT pk_outbox PRIMARY KEY (occurred_at, payment_id, sequence)
)
 STRICT, WITHOUT ROWID
;;
-- Whoever holds the one row gives out the feed's places; nobody else does meanwhile.
CREATE TABLE feed_turn (
  single INTEGER NOT NULL,
  CONSTRAINT pk_feed_turn PRIMARY KEY (single),
  CONSTRAINT ck_feed_turn_one_row CHECK (single = 1)
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO feed_turn (single) VALUES (1)
;;
CREATE TABLE events (
  position INTEGER NOT NULL,
  payment_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  type TEXT NOT NULL,
  owner TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  CONSTRAINT pk_events PRIMARY KEY (position),
  CONSTRAINT uq_events_transition UNIQUE (payment_id, sequence),
  CONSTRAINT ck_events_position_from_one CHECK (position >= 1),
  CONSTRAINT fk_events_transition FOREIGN KEY(payment_id, sequence)
    REFERENCES payment_transitions (payment_id, sequence)
)
 STRICT, WITHOUT ROWID
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
  event_types TEXT NOT NULL,
  secret TEXT,
  secret_version INTEGER NOT NULL,
  previous_secret TEXT,
  previous_secret_until TEXT,
  state TEXT NOT NULL,
  disabled_reason TEXT,
  failures INTEGER NOT NULL,
  failing_since TEXT,
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
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
 STRICT, WITHOUT ROWID
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
  due_at TEXT,
  lease_until TEXT,
  lease_owner TEXT,
  last_tried_at TEXT,
  last_status INTEGER,
  last_error TEXT,
  request_id TEXT,
  created_at TEXT NOT NULL,
  ended_at TEXT,
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
 STRICT, WITHOUT ROWID
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
CREATE TRIGGER payment_transitions_outbox AFTER INSERT ON payment_transitions
BEGIN
  INSERT INTO outbox (occurred_at, payment_id, sequence)
  VALUES (NEW.occurred_at, NEW.payment_id, NEW.sequence);
END
;;
CREATE TRIGGER outbox_no_replace BEFORE INSERT ON outbox
WHEN EXISTS (SELECT 1 FROM outbox o
             WHERE o.occurred_at = NEW.occurred_at AND o.payment_id = NEW.payment_id
               AND o.sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the outbox has this row already'); END
;;
CREATE TRIGGER outbox_no_update BEFORE UPDATE ON outbox
BEGIN SELECT RAISE(ABORT, 'a row of the outbox stays as it is until it leaves'); END
;;
CREATE TRIGGER outbox_leave BEFORE DELETE ON outbox
WHEN EXISTS (SELECT 1 FROM payment_transitions t
             WHERE t.payment_id = OLD.payment_id AND t.sequence = OLD.sequence)
  AND NOT EXISTS (SELECT 1 FROM events e
                  WHERE e.payment_id = OLD.payment_id AND e.sequence = OLD.sequence)
BEGIN SELECT RAISE(ABORT, 'a row leaves the outbox only once it stands in the feed'); END
;;
CREATE TRIGGER feed_turn_no_replace BEFORE INSERT ON feed_turn
BEGIN SELECT RAISE(ABORT, 'there is one turn'); END
;;
CREATE TRIGGER feed_turn_no_update BEFORE UPDATE ON feed_turn
BEGIN SELECT RAISE(ABORT, 'there is one turn'); END
;;
CREATE TRIGGER feed_turn_no_delete BEFORE DELETE ON feed_turn
BEGIN SELECT RAISE(ABORT, 'there is one turn'); END
;;
CREATE TRIGGER events_follow BEFORE INSERT ON events
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: the feed has this event already')
  WHERE EXISTS (SELECT 1 FROM events e
                WHERE e.position = NEW.position
                   OR (e.payment_id = NEW.payment_id AND e.sequence = NEW.sequence));
  SELECT RAISE(ABORT, 'the feed has no gaps')
  WHERE NEW.position <> 1 + coalesce((SELECT max(e.position) FROM events e), 0);
  SELECT RAISE(ABORT, 'the events of a payment stand in the order of its history')
  WHERE NEW.sequence > 1 AND NOT EXISTS (
    SELECT 1 FROM events e
    WHERE e.payment_id = NEW.payment_id AND e.sequence = NEW.sequence - 1);
  SELECT RAISE(ABORT, 'an event says what its history row says')
  WHERE NOT EXISTS (
    SELECT 1 FROM payment_transitions t JOIN payments p ON p.id = t.payment_id
    WHERE t.payment_id = NEW.payment_id AND t.sequence = NEW.sequence
      AND NEW.type = 'payment.' || t.target AND NEW.owner = p.owner
      AND NEW.occurred_at = t.occurred_at);
END
;;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the feed is append-only'); END
;;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the feed is append-only'); END
;;
CREATE TRIGGER webhook_endpoints_no_replace BEFORE INSERT ON webhook_endpoints
WHEN EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the endpoint exists already'); END
;;
CREATE TRIGGER webhook_endpoints_step BEFORE UPDATE ON webhook_endpoints
WHEN OLD.state = 'deleted' OR NEW.secret_version < OLD.secret_version
  OR NEW.id IS NOT OLD.id OR NEW.owner IS NOT OLD.owner
  OR NEW.created_by IS NOT OLD.created_by OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'an endpoint keeps its owner, and a deleted one stays as it is'); END
;;
CREATE TRIGGER webhook_endpoints_no_delete BEFORE DELETE ON webhook_endpoints
BEGIN SELECT RAISE(ABORT, 'endpoints are not deleted: deliveries name them'); END
;;
CREATE TRIGGER webhook_deliveries_begin BEFORE INSERT ON webhook_deliveries
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: the delivery exists already')
  WHERE EXISTS (SELECT 1 FROM webhook_deliveries d
                WHERE d.id = NEW.id
                   OR (d.endpoint_id = NEW.endpoint_id AND d.payment_id = NEW.payment_id
                       AND d.sequence = NEW.sequence
                       AND d.request_id IS NULL AND NEW.request_id IS NULL));
  SELECT RAISE(ABORT, 'a delivery brings an event of the feed to an endpoint that is stored')
  WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = NEW.endpoint_id)
     OR NOT EXISTS (SELECT 1 FROM events e
                    WHERE e.payment_id = NEW.payment_id AND e.sequence = NEW.sequence);
END
;;
CREATE TRIGGER webhook_deliveries_step BEFORE UPDATE ON webhook_deliveries
WHEN OLD.state <> 'pending' OR NEW.tries < OLD.tries
  OR NEW.id IS NOT OLD.id OR NEW.endpoint_id IS NOT OLD.endpoint_id
  OR NEW.payment_id IS NOT OLD.payment_id OR NEW.sequence IS NOT OLD.sequence
  OR NEW.request_id IS NOT OLD.request_id OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a delivery keeps what it brings to whom, and one that ended stays so'); END
;;
CREATE TRIGGER webhook_deliveries_no_delete BEFORE DELETE ON webhook_deliveries
BEGIN SELECT RAISE(ABORT, 'deliveries are not deleted'); END
;;
