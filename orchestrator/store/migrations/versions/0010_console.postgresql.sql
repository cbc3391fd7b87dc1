SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
CREATE TABLE console_sessions (
  token_digest TEXT NOT NULL,
  key_id TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_console_sessions PRIMARY KEY (token_digest),
  CONSTRAINT ck_console_sessions_digest_is_whole CHECK (length(token_digest) = 64),
  CONSTRAINT ck_console_sessions_seen_in_its_time CHECK (
    created_at <= last_seen_at and last_seen_at <= expires_at and created_at < expires_at),
  CONSTRAINT fk_console_sessions_key FOREIGN KEY(key_id) REFERENCES api_keys (id)
)
;;
CREATE INDEX ix_console_sessions_expires ON console_sessions (expires_at)
;;
CREATE FUNCTION console_sessions_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
  problem TEXT;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT 1 FROM api_keys k
                   WHERE k.id = NEW.key_id AND k.scope in ('audit','admin')
                     AND k.revoked_at IS NULL) THEN
      problem := 'only a key that reads everybody''s payments opens the console';
    END IF;
  ELSIF NEW.last_seen_at < OLD.last_seen_at
     OR (NEW.token_digest, NEW.key_id, NEW.created_at, NEW.expires_at)
        IS DISTINCT FROM (OLD.token_digest, OLD.key_id, OLD.created_at, OLD.expires_at) THEN
    problem := 'a session keeps its key and its end';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER console_sessions_step BEFORE INSERT OR UPDATE ON console_sessions
FOR EACH ROW EXECUTE FUNCTION console_sessions_step()
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
