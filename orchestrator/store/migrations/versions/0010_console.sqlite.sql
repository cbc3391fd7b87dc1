CREATE TABLE console_sessions (
  token_digest TEXT NOT NULL,
  key_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  CONSTRAINT pk_console_sessions PRIMARY KEY (token_digest),
  CONSTRAINT ck_console_sessions_digest_is_whole CHECK (length(token_digest) = 64),
  CONSTRAINT ck_console_sessions_seen_in_its_time CHECK (
    created_at <= last_seen_at and last_seen_at <= expires_at and created_at < expires_at),
  CONSTRAINT fk_console_sessions_key FOREIGN KEY(key_id) REFERENCES api_keys (id)
)
 STRICT, WITHOUT ROWID
;;
CREATE INDEX ix_console_sessions_expires ON console_sessions (expires_at)
;;
CREATE TRIGGER console_sessions_begin BEFORE INSERT ON console_sessions
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: the session exists already')
  WHERE EXISTS (SELECT 1 FROM console_sessions s WHERE s.token_digest = NEW.token_digest);
  SELECT RAISE(ABORT, 'only a key that reads everybody''s payments opens the console')
  WHERE NOT EXISTS (SELECT 1 FROM api_keys k
                    WHERE k.id = NEW.key_id AND k.scope in ('audit','admin')
                      AND k.revoked_at IS NULL);
END
;;
CREATE TRIGGER console_sessions_step BEFORE UPDATE ON console_sessions
WHEN NEW.last_seen_at < OLD.last_seen_at
  OR NEW.token_digest IS NOT OLD.token_digest OR NEW.key_id IS NOT OLD.key_id
  OR NEW.created_at IS NOT OLD.created_at OR NEW.expires_at IS NOT OLD.expires_at
BEGIN SELECT RAISE(ABORT, 'a session keeps its key and its end'); END
;;
-- A code stands in one of the two: rows with a decline code are looked for by that alone.
CREATE INDEX ix_payment_transitions_decline_code
ON payment_transitions (decline_code, occurred_at, payment_id, sequence)
WHERE decline_code is not null
;;
CREATE INDEX ix_payment_transitions_code
ON payment_transitions (code, occurred_at, payment_id, sequence)
WHERE code is not null and decline_code is null
;;
CREATE INDEX ix_webhook_deliveries_payment ON webhook_deliveries (payment_id, sequence)
;;
