DROP TABLE anomaly_notes
;;
CREATE TABLE anomalies_old (
  payment_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  noted_at TEXT NOT NULL,
  detail TEXT NOT NULL,
  evidence INTEGER,
  CONSTRAINT pk_anomalies PRIMARY KEY (payment_id, kind, noted_at),
  CONSTRAINT fk_anomalies_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
-- Of several that were found in one moment, the first stays.
INSERT INTO anomalies_old (payment_id, kind, noted_at, detail, evidence)
SELECT payment_id, kind, noted_at, detail, evidence FROM anomalies a
WHERE payment_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM anomalies o
                  WHERE o.payment_id = a.payment_id AND o.kind = a.kind
                    AND o.noted_at = a.noted_at AND o.id < a.id)
;;
DROP TABLE anomalies
;;
ALTER TABLE anomalies_old RENAME TO anomalies
;;
CREATE TRIGGER anomalies_no_replace BEFORE INSERT ON anomalies
WHEN EXISTS (SELECT 1 FROM anomalies a
             WHERE a.payment_id = NEW.payment_id AND a.kind = NEW.kind
               AND a.noted_at = NEW.noted_at)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the anomaly is noted already'); END
;;
CREATE TRIGGER anomalies_payment BEFORE INSERT ON anomalies
WHEN NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'an anomaly names a payment that is stored'); END
;;
CREATE TRIGGER anomalies_no_update BEFORE UPDATE ON anomalies
BEGIN SELECT RAISE(ABORT, 'anomalies are append-only'); END
;;
CREATE TRIGGER anomalies_no_delete BEFORE DELETE ON anomalies
BEGIN SELECT RAISE(ABORT, 'anomalies are append-only'); END
;;
