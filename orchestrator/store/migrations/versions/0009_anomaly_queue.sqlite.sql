-- An anomaly may be about what is no payment's: an intent at Stripe that nobody here knows. SQLite
-- cannot take a NOT NULL away: the table is made anew, and its triggers with it.
CREATE TABLE anomalies_new (
  id TEXT NOT NULL,
  payment_id TEXT,
  payment_intent TEXT,
  stripe_object TEXT,
  kind TEXT NOT NULL,
  noted_at TEXT NOT NULL,
  detail TEXT NOT NULL,
  evidence INTEGER,
  CONSTRAINT pk_anomalies PRIMARY KEY (id),
  CONSTRAINT ck_anomalies_about_something CHECK (coalesce(payment_id, payment_intent, stripe_object) is not null),
  CONSTRAINT fk_anomalies_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
INSERT INTO anomalies_new (id, payment_id, payment_intent, kind, noted_at, detail, evidence)
SELECT
  'ano_' || substr(sha256_hex(a.payment_id || ' ' || a.kind || ' ' || a.noted_at), 1, 32),
  a.payment_id,
  CASE WHEN a.kind = 'foreign_intent' THEN substr(a.detail, 1, instr(a.detail, ' ') - 1)
       ELSE (SELECT p.payment_intent FROM payments p WHERE p.id = a.payment_id) END,
  a.kind, a.noted_at, a.detail, a.evidence
FROM anomalies a
;;
DROP TABLE anomalies
;;
ALTER TABLE anomalies_new RENAME TO anomalies
;;
CREATE INDEX ix_anomalies_noted ON anomalies (noted_at, id)
;;
CREATE INDEX ix_anomalies_payment ON anomalies (payment_id, kind) WHERE payment_id is not null
;;
CREATE TRIGGER anomalies_no_replace BEFORE INSERT ON anomalies
WHEN EXISTS (SELECT 1 FROM anomalies a WHERE a.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the anomaly is noted already'); END
;;
CREATE TRIGGER anomalies_payment BEFORE INSERT ON anomalies
WHEN NEW.payment_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'an anomaly names a payment that is stored'); END
;;
CREATE TRIGGER anomalies_no_update BEFORE UPDATE ON anomalies
BEGIN SELECT RAISE(ABORT, 'anomalies are append-only'); END
;;
CREATE TRIGGER anomalies_no_delete BEFORE DELETE ON anomalies
BEGIN SELECT RAISE(ABORT, 'anomalies are append-only'); END
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
  noted_at TEXT NOT NULL,
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
 STRICT, WITHOUT ROWID
;;
CREATE TRIGGER anomaly_notes_no_replace BEFORE INSERT ON anomaly_notes
WHEN EXISTS (SELECT 1 FROM anomaly_notes n
             WHERE n.anomaly_id = NEW.anomaly_id AND n.sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the anomaly has moved on'); END
;;
CREATE TRIGGER anomaly_notes_anomaly BEFORE INSERT ON anomaly_notes
WHEN NOT EXISTS (SELECT 1 FROM anomalies a WHERE a.id = NEW.anomaly_id)
BEGIN SELECT RAISE(ABORT, 'a note is of an anomaly that is stored'); END
;;
CREATE TRIGGER anomaly_notes_previous BEFORE INSERT ON anomaly_notes
WHEN NEW.sequence > 1
  AND NOT EXISTS (SELECT 1 FROM anomaly_notes n
                  WHERE n.anomaly_id = NEW.anomaly_id AND n.sequence = NEW.sequence - 1
                    AND n.state = NEW.source)
BEGIN SELECT RAISE(ABORT, 'a note goes on from the one before it'); END
;;
CREATE TRIGGER anomaly_notes_no_update BEFORE UPDATE ON anomaly_notes
BEGIN SELECT RAISE(ABORT, 'notes of anomalies are append-only'); END
;;
CREATE TRIGGER anomaly_notes_no_delete BEFORE DELETE ON anomaly_notes
BEGIN SELECT RAISE(ABORT, 'notes of anomalies are append-only'); END
;;
