-- Messages travel by USING MESSAGE so that no percent sign needs doubling.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
    MESSAGE = TG_TABLE_NAME || ' refuses ' || TG_OP || ': it is append-only or closed';
END $$
;;
CREATE FUNCTION payments_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE problem text := NULL;
BEGIN
  IF (NEW.id, NEW.owner, NEW.amount, NEW.currency, NEW.customer, NEW.item_ids,
      NEW.transaction_id, NEW.payment_intent, NEW.max_attempts, NEW.created_at)
     IS DISTINCT FROM
     (OLD.id, OLD.owner, OLD.amount, OLD.currency, OLD.customer, OLD.item_ids,
      OLD.transaction_id, OLD.payment_intent, OLD.max_attempts, OLD.created_at) THEN
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
CREATE FUNCTION rows_not_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE reached integer;
BEGIN
  IF TG_TABLE_NAME = 'evidence' THEN
    SELECT p.evidence_count INTO reached FROM payments p WHERE p.id = NEW.payment_id;
  ELSE
    SELECT p.version INTO reached FROM payments p WHERE p.id = NEW.payment_id;
  END IF;
  IF reached IS NULL OR NEW.sequence > reached THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = TG_TABLE_NAME || ' refuses a row ahead of its payment';
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
CREATE FUNCTION attempts_close_once() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE FUNCTION card_disablements_enable_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.enabled_at IS NOT NULL OR NEW.enabled_at IS NULL
     OR (NEW.owner, NEW.scope_key, NEW.disabled_at, NEW.reason, NEW.payment_id)
        IS DISTINCT FROM
        (OLD.owner, OLD.scope_key, OLD.disabled_at, OLD.reason, OLD.payment_id) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a disablement is updated once, to end it';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER card_disablements_enable_once BEFORE UPDATE ON card_disablements
FOR EACH ROW EXECUTE FUNCTION card_disablements_enable_once()
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
