-- Messages travel by USING MESSAGE so that no percent sign needs doubling.
--
-- The functions keep the path that is set here: a table or an operator that a session makes for
-- itself must not take the place of the one a rule looks at. Temporary ones come last.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
    MESSAGE = TG_TABLE_NAME || ' refuses ' || TG_OP || ': it is append-only or closed';
END $$
;;
CREATE FUNCTION payments_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE problem text := NULL;
BEGIN
  IF (NEW.id, NEW.owner, NEW.amount, NEW.currency, NEW.customer, NEW.item_ids,
      NEW.transaction_id, NEW.description, NEW.metadata, NEW.setup_future_usage,
      NEW.payment_intent, NEW.max_attempts, NEW.expires_at, NEW.created_at)
     IS DISTINCT FROM
     (OLD.id, OLD.owner, OLD.amount, OLD.currency, OLD.customer, OLD.item_ids,
      OLD.transaction_id, OLD.description, OLD.metadata, OLD.setup_future_usage,
      OLD.payment_intent, OLD.max_attempts, OLD.expires_at, OLD.created_at) THEN
    problem := 'this column of a payment never changes';
  ELSIF NEW.version = OLD.version THEN
    IF NEW.state <> OLD.state OR NEW.last_hash <> OLD.last_hash
       OR NEW.attempts_used <> OLD.attempts_used THEN
      problem := 'version, state, last_hash and attempts_used move together, by a history row';
    END IF;
  ELSIF NEW.version <> OLD.version + 1 THEN
    problem := 'version rises by one, with its history row';
  ELSIF NEW.attempts_used <> OLD.attempts_used + (NEW.state = 'confirming')::int THEN
    problem := 'attempts_used rises by one exactly with a confirm';
  ELSIF NOT EXISTS (
    SELECT 1 FROM payment_transitions t
    WHERE t.payment_id = OLD.id AND t.sequence = OLD.version
      AND t.target = OLD.state AND t.hash = OLD.last_hash) THEN
    -- The deferred key looks at the last version of a transaction only; this at those between.
    problem := 'version rises only from a version that has its history row';
  END IF;
  IF NEW.evidence_count < OLD.evidence_count OR NEW.revision < OLD.revision THEN
    problem := 'evidence_count and revision never fall';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER payments_step BEFORE UPDATE ON payments
FOR EACH ROW EXECUTE FUNCTION payments_step()
;;
-- AFTER, because inside one statement of several writes a BEFORE trigger does not yet see the payment's row.
-- Only "ahead" is refused here; the foreign keys of head and previous row close the rest.
CREATE FUNCTION rows_not_ahead() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE reached integer; spent integer; problem text := NULL;
BEGIN
  IF TG_TABLE_NAME = 'evidence' THEN
    SELECT p.evidence_count INTO reached FROM payments p WHERE p.id = NEW.payment_id;
  ELSE
    SELECT p.version, p.attempts_used INTO reached, spent
    FROM payments p WHERE p.id = NEW.payment_id;
    IF NEW.event = 'confirm' AND NEW.sequence = reached AND NEW.attempt <> spent THEN
      problem := 'a confirm row names the attempt it spends';
    END IF;
  END IF;
  IF reached IS NULL OR NEW.sequence > reached THEN
    problem := TG_TABLE_NAME || ' refuses a row ahead of its payment';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NULL;
END $$
;;
CREATE TRIGGER payment_transitions_head AFTER INSERT ON payment_transitions
FOR EACH ROW EXECUTE FUNCTION rows_not_ahead()
;;
CREATE TRIGGER evidence_head AFTER INSERT ON evidence
FOR EACH ROW EXECUTE FUNCTION rows_not_ahead()
;;
-- A payment that was handled elsewhere arrives at once, before its history: its confirmations are
-- counted when the transaction ends.
CREATE FUNCTION payments_spent() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE agrees boolean;
BEGIN
  SELECT count(*) = p.attempts_used AND count(DISTINCT t.attempt) = p.attempts_used
         AND coalesce(max(t.attempt), 0) = p.attempts_used
  INTO agrees
  FROM payments p
  LEFT JOIN payment_transitions t ON t.payment_id = p.id AND t.event = 'confirm'
  WHERE p.id = NEW.id
  GROUP BY p.attempts_used;
  IF NOT agrees THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'attempts_used is the number of confirm rows';
  END IF;
  RETURN NULL;
END $$
;;
CREATE CONSTRAINT TRIGGER payments_spent AFTER INSERT ON payments
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.version > 1)
EXECUTE FUNCTION payments_spent()
;;
CREATE FUNCTION attempts_close_once() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
     OR (NEW.payment_id, NEW.number, NEW.sequence, NEW.origin, NEW.payment_method,
         NEW.stripe_key, NEW.parameters, NEW.opened_at)
        IS DISTINCT FROM
        (OLD.payment_id, OLD.number, OLD.sequence, OLD.origin, OLD.payment_method,
         OLD.stripe_key, OLD.parameters, OLD.opened_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'an attempt is updated once, to close it';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER attempts_close_once BEFORE UPDATE ON attempts
FOR EACH ROW EXECUTE FUNCTION attempts_close_once()
;;
CREATE FUNCTION card_disablements_enable_once() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.enabled_at IS NOT NULL OR NEW.enabled_at IS NULL
     OR (NEW.owner, NEW.scope_key, NEW.disabled_at, NEW.scope, NEW.payment_method, NEW.reason,
         NEW.payment_id)
        IS DISTINCT FROM
        (OLD.owner, OLD.scope_key, OLD.disabled_at, OLD.scope, OLD.payment_method, OLD.reason,
         OLD.payment_id) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a disablement is updated once, to end it';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER card_disablements_enable_once BEFORE UPDATE ON card_disablements
FOR EACH ROW EXECUTE FUNCTION card_disablements_enable_once()
;;
CREATE FUNCTION api_keys_revoke_once() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL
     OR (NEW.id, NEW.name, NEW.scope, NEW.secret_hash, NEW.created_at, NEW.expires_at)
        IS DISTINCT FROM
        (OLD.id, OLD.name, OLD.scope, OLD.secret_hash, OLD.created_at, OLD.expires_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'an API key is updated once, to revoke it';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER api_keys_revoke_once BEFORE UPDATE ON api_keys
FOR EACH ROW EXECUTE FUNCTION api_keys_revoke_once()
;;
CREATE TRIGGER legal_edges_closed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON legal_edges
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER payments_no_delete BEFORE DELETE OR TRUNCATE ON payments
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER payment_transitions_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_transitions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER attempts_no_delete BEFORE DELETE OR TRUNCATE ON attempts
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER card_disablements_no_delete BEFORE DELETE OR TRUNCATE ON card_disablements
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER anomalies_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anomalies
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER idempotency_keys_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency_keys
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER api_keys_no_delete BEFORE DELETE OR TRUNCATE ON api_keys
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER deployment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deployment
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
