SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
CREATE OR REPLACE FUNCTION payments_step() RETURNS trigger LANGUAGE plpgsql
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
CREATE OR REPLACE FUNCTION refunds_step() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE problem text := NULL;
BEGIN
  IF (NEW.id, NEW.payment_id, NEW.amount, NEW.currency, NEW.reason, NEW.metadata, NEW.stripe_key,
      NEW.parameters, NEW.origin, NEW.actor_kind, NEW.actor_id, NEW.request_id, NEW.created_at)
     IS DISTINCT FROM
     (OLD.id, OLD.payment_id, OLD.amount, OLD.currency, OLD.reason, OLD.metadata, OLD.stripe_key,
      OLD.parameters, OLD.origin, OLD.actor_kind, OLD.actor_id, OLD.request_id, OLD.created_at)
     OR (OLD.stripe_refund IS NOT NULL AND NEW.stripe_refund IS DISTINCT FROM OLD.stripe_refund) THEN
    problem := 'this column of a refund never changes';
  ELSIF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
    (('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'failed')) THEN
    problem := 'a refund goes from pending to succeeded or failed, and may fail later';
  ELSIF OLD.state = 'failed' AND NEW.failure_reason IS DISTINCT FROM OLD.failure_reason THEN
    problem := 'a refund that has failed stays as it is';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
