SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
-- An anomaly may be about what is no payment's: an intent at Stripe that nobody here knows.
ALTER TABLE anomalies DISABLE TRIGGER anomalies_append_only
;;
ALTER TABLE anomalies
  ADD COLUMN id TEXT,
  ADD COLUMN payment_intent TEXT,
  ADD COLUMN stripe_object TEXT
;;
UPDATE anomalies a SET
  id = 'ano_' || left(encode(sha256(convert_to(
    a.payment_id || ' ' || a.kind || ' '
      || to_char(a.noted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'UTF8')), 'hex'), 32),
  payment_intent = CASE WHEN a.kind = 'foreign_intent' THEN split_part(a.detail, ' ', 1)
    ELSE (SELECT p.payment_intent FROM payments p WHERE p.id = a.payment_id) END
;;
ALTER TABLE anomalies
  DROP CONSTRAINT pk_anomalies,
  ALTER COLUMN payment_id DROP NOT NULL,
  ALTER COLUMN kind SET NOT NULL,
  ALTER COLUMN noted_at SET NOT NULL,
  ALTER COLUMN id SET NOT NULL,
  ADD CONSTRAINT pk_anomalies PRIMARY KEY (id),
  ADD CONSTRAINT ck_anomalies_about_something CHECK (coalesce(payment_id, payment_intent, stripe_object) is not null)
;;
ALTER TABLE anomalies ENABLE TRIGGER anomalies_append_only
;;
CREATE INDEX ix_anomalies_noted ON anomalies (noted_at, id)
;;
CREATE INDEX ix_anomalies_payment ON anomalies (payment_id, kind) WHERE payment_id is not null
;;
-- What people make of an anomaly, each step a row: the last one says how it stands.
CREATE TABLE anomaly_notes (
  anomaly_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  prev_sequence INTEGER GENERATED ALWAYS AS (nullif(sequence - 1, 0)) STORED,
  source TEXT NOT NULL,
  state TEXT NOT NULL,
  owner TEXT,
  resolution TEXT,
  reason TEXT,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  request_id TEXT,
  noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_anomaly_notes PRIMARY KEY (anomaly_id, sequence),
  CONSTRAINT uq_anomaly_notes_state UNIQUE (anomaly_id, sequence, state),
  CONSTRAINT ck_anomaly_notes_sequence_from_one CHECK (sequence >= 1),
  CONSTRAINT ck_anomaly_notes_open_is_first CHECK ((sequence = 1) = (source = 'open')),
  CONSTRAINT ck_anomaly_notes_source_known CHECK (source in ('open','assigned')),
  CONSTRAINT ck_anomaly_notes_state_known CHECK (state in ('assigned','resolved')),
  CONSTRAINT ck_anomaly_notes_assigned_has_owner CHECK (state <> 'assigned' or owner is not null),
  CONSTRAINT ck_anomaly_notes_resolved_has_reason CHECK ((state = 'resolved') = (resolution is not null) and (state = 'resolved') = (reason is not null)),
  CONSTRAINT ck_anomaly_notes_actor_known CHECK (actor_kind in ('api_key','operator')),
  CONSTRAINT fk_anomaly_notes_anomaly FOREIGN KEY(anomaly_id) REFERENCES anomalies (id),
  CONSTRAINT fk_anomaly_notes_previous FOREIGN KEY(anomaly_id, prev_sequence, source) REFERENCES anomaly_notes (anomaly_id, sequence, state)
)
;;
CREATE TRIGGER anomaly_notes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anomaly_notes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
