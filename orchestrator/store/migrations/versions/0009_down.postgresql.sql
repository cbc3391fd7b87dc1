SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TABLE anomaly_notes
;;
ALTER TABLE anomalies DISABLE TRIGGER anomalies_append_only
;;
-- Of several that were found in one moment, the first stays.
DELETE FROM anomalies a
WHERE payment_id IS NULL
   OR EXISTS (SELECT 1 FROM anomalies o
              WHERE o.payment_id = a.payment_id AND o.kind = a.kind
                AND o.noted_at = a.noted_at AND o.id < a.id)
;;
DROP INDEX ix_anomalies_noted
;;
DROP INDEX ix_anomalies_payment
;;
ALTER TABLE anomalies
  DROP CONSTRAINT pk_anomalies,
  DROP CONSTRAINT ck_anomalies_about_something,
  DROP COLUMN id,
  DROP COLUMN payment_intent,
  DROP COLUMN stripe_object,
  ALTER COLUMN payment_id SET NOT NULL,
  ADD CONSTRAINT pk_anomalies PRIMARY KEY (payment_id, kind, noted_at)
;;
ALTER TABLE anomalies ENABLE TRIGGER anomalies_append_only
;;
