-- SQLite checks foreign keys only on connections that ask for it, so every rule that a foreign key
-- holds is a trigger as well. A history row moves its payment by trigger: a row ahead of its
-- payment, or a payment ahead of its history, cannot exist even for a moment. The first row waits in
-- payment_beginnings until the insert of its payment takes it over, for the same reason.
--
-- OR IGNORE, OR FAIL and OR REPLACE of a statement reach into the triggers it fires: what a trigger
-- writes may be skipped while the row that fired it stays. So whatever could fail there is refused
-- before, and what should have been written is looked for after; RAISE(ABORT) is never overruled.
CREATE TRIGGER legal_edges_closed_insert BEFORE INSERT ON legal_edges
BEGIN SELECT RAISE(ABORT, 'legal_edges is closed: the machine changes by migration'); END
;;
CREATE TRIGGER legal_edges_closed_update BEFORE UPDATE ON legal_edges
BEGIN SELECT RAISE(ABORT, 'legal_edges is closed: the machine changes by migration'); END
;;
CREATE TRIGGER legal_edges_closed_delete BEFORE DELETE ON legal_edges
BEGIN SELECT RAISE(ABORT, 'legal_edges is closed: the machine changes by migration'); END
;;
CREATE TRIGGER payments_no_replace BEFORE INSERT ON payments
WHEN EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.id OR p.payment_intent = NEW.payment_intent)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the payment or its payment_intent exists already'); END
;;
CREATE TRIGGER payments_begin BEFORE INSERT ON payments
BEGIN
  SELECT RAISE(ABORT, 'a new payment has no evidence yet') WHERE NEW.evidence_count <> 0;
END
;;
CREATE TRIGGER payments_begun AFTER INSERT ON payments
BEGIN
  INSERT INTO payment_transitions (
    payment_id, sequence, source, event, target, attempt, handler, handler_error, completed,
    requires_retry, code, decline_code, reason, actor_kind, actor_id, request_id,
    stripe_request_id, stripe_event_id, evidence, evidence_status, facts_hash, machine_version,
    rules_version, application_version, occurred_at, previous_hash, hash)
  SELECT
    payment_id, sequence, source, event, target, attempt, handler, handler_error, completed,
    requires_retry, code, decline_code, reason, actor_kind, actor_id, request_id,
    stripe_request_id, stripe_event_id, evidence, evidence_status, facts_hash, machine_version,
    rules_version, application_version, occurred_at, previous_hash, hash
  FROM payment_beginnings WHERE payment_id = NEW.id;
  DELETE FROM payment_beginnings WHERE payment_id = NEW.id;
  SELECT RAISE(ABORT, 'a payment begins with its first history row, from payment_beginnings')
  WHERE NOT EXISTS (
    SELECT 1 FROM payment_transitions t
    WHERE t.payment_id = NEW.id AND t.sequence = NEW.version
      AND t.target = NEW.state AND t.hash = NEW.last_hash);
END
;;
CREATE TRIGGER payments_unchanging BEFORE UPDATE ON payments
WHEN NEW.id IS NOT OLD.id OR NEW.owner IS NOT OLD.owner OR NEW.amount IS NOT OLD.amount
  OR NEW.currency IS NOT OLD.currency OR NEW.customer IS NOT OLD.customer
  OR NEW.item_ids IS NOT OLD.item_ids OR NEW.transaction_id IS NOT OLD.transaction_id
  OR NEW.description IS NOT OLD.description OR NEW.metadata IS NOT OLD.metadata
  OR NEW.setup_future_usage IS NOT OLD.setup_future_usage
  OR NEW.payment_intent IS NOT OLD.payment_intent OR NEW.max_attempts IS NOT OLD.max_attempts
  OR NEW.expires_at IS NOT OLD.expires_at OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'this column of a payment never changes'); END
;;
CREATE TRIGGER payments_step BEFORE UPDATE ON payments
BEGIN
  SELECT RAISE(ABORT, 'version, state, last_hash and attempts_used move together, by a history row')
  WHERE NEW.version = OLD.version
    AND (NEW.state <> OLD.state OR NEW.last_hash <> OLD.last_hash
         OR NEW.attempts_used <> OLD.attempts_used);
  SELECT RAISE(ABORT, 'version rises by one, with its history row')
  WHERE NEW.version <> OLD.version
    AND NOT (NEW.version = OLD.version + 1 AND EXISTS (
      SELECT 1 FROM payment_transitions t
      WHERE t.payment_id = NEW.id AND t.sequence = NEW.version
        AND t.target = NEW.state AND t.hash = NEW.last_hash));
  SELECT RAISE(ABORT, 'attempts_used rises by one exactly with a confirm')
  WHERE NEW.version <> OLD.version
    AND NEW.attempts_used <> OLD.attempts_used + (NEW.state = 'confirming');
  SELECT RAISE(ABORT, 'evidence_count and evidence_hash move together, by an evidence row')
  WHERE (NEW.evidence_count <> OLD.evidence_count OR NEW.evidence_hash <> OLD.evidence_hash)
    AND NOT (NEW.evidence_count = OLD.evidence_count + 1 AND EXISTS (
      SELECT 1 FROM evidence e
      WHERE e.payment_id = NEW.id AND e.sequence = NEW.evidence_count
        AND e.hash = NEW.evidence_hash));
  SELECT RAISE(ABORT, 'revision never falls') WHERE NEW.revision < OLD.revision;
END
;;
CREATE TRIGGER payments_no_delete BEFORE DELETE ON payments
BEGIN SELECT RAISE(ABORT, 'payments are not deleted'); END
;;
CREATE TRIGGER payment_transitions_no_replace BEFORE INSERT ON payment_transitions
WHEN EXISTS (SELECT 1 FROM payment_transitions t
             WHERE t.payment_id = NEW.payment_id AND t.sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the history has this row already'); END
;;
CREATE TRIGGER payment_transitions_path BEFORE INSERT ON payment_transitions
BEGIN
  SELECT RAISE(ABORT, 'the machine has no such edge')
  WHERE NEW.source IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM legal_edges e
    WHERE e.source = NEW.source AND e.event = NEW.event AND e.target = NEW.target);
  SELECT RAISE(ABORT, 'a first history row comes with its payment, by payment_beginnings')
  WHERE NEW.sequence = 1 AND NOT EXISTS (
    SELECT 1 FROM payments p
    WHERE p.id = NEW.payment_id AND p.version = 1 AND p.last_hash = NEW.hash);
  SELECT RAISE(ABORT, 'a history row starts where its payment stands')
  WHERE NEW.sequence > 1 AND NOT EXISTS (
    SELECT 1 FROM payments p
    WHERE p.id = NEW.payment_id AND p.version = NEW.sequence - 1
      AND p.state = NEW.source AND p.last_hash = NEW.previous_hash);
  SELECT RAISE(ABORT, 'no attempt is left')
  WHERE NEW.sequence > 1 AND NEW.target NOT IN ('succeeded', 'failed') AND EXISTS (
    SELECT 1 FROM payments p
    WHERE p.id = NEW.payment_id AND p.attempts_used >= p.max_attempts);
  SELECT RAISE(ABORT, 'a confirm row names the attempt it spends')
  WHERE NEW.event = 'confirm' AND NOT EXISTS (
    SELECT 1 FROM payments p
    WHERE p.id = NEW.payment_id AND p.attempts_used + 1 = NEW.attempt);
  SELECT RAISE(ABORT, 'a history row cites evidence that is stored')
  WHERE NEW.evidence IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM evidence e
    WHERE e.payment_id = NEW.payment_id AND e.sequence = NEW.evidence
      AND (NEW.evidence_status IS NULL OR e.intent_status = NEW.evidence_status));
END
;;
CREATE TRIGGER payment_transitions_move AFTER INSERT ON payment_transitions
WHEN NEW.sequence > 1
BEGIN
  UPDATE payments
  SET version = NEW.sequence, state = NEW.target, last_hash = NEW.hash,
      attempts_used = attempts_used + (NEW.target = 'confirming'),
      intention = CASE WHEN NEW.target IN ('succeeded', 'failed') THEN NULL ELSE intention END
  WHERE id = NEW.payment_id;
  SELECT RAISE(ABORT, 'a history row moves its payment')
  WHERE NOT EXISTS (
    SELECT 1 FROM payments p
    WHERE p.id = NEW.payment_id AND p.version = NEW.sequence
      AND p.state = NEW.target AND p.last_hash = NEW.hash);
END
;;
CREATE TRIGGER payment_transitions_no_update BEFORE UPDATE ON payment_transitions
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
;;
CREATE TRIGGER payment_transitions_no_delete BEFORE DELETE ON payment_transitions
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
;;
CREATE TRIGGER evidence_no_replace BEFORE INSERT ON evidence
WHEN EXISTS (SELECT 1 FROM evidence e
             WHERE (e.payment_id = NEW.payment_id AND e.sequence = NEW.sequence)
                OR e.outcome_charge = NEW.outcome_charge)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: this evidence or the outcome of this charge is stored already'); END
;;
CREATE TRIGGER evidence_chain BEFORE INSERT ON evidence
WHEN NOT EXISTS (
  SELECT 1 FROM payments p
  WHERE p.id = NEW.payment_id AND p.evidence_count = NEW.sequence - 1
    AND p.evidence_hash = NEW.previous_hash)
BEGIN SELECT RAISE(ABORT, 'an evidence row continues the chain of its payment'); END
;;
CREATE TRIGGER evidence_head AFTER INSERT ON evidence
BEGIN
  UPDATE payments SET evidence_count = NEW.sequence, evidence_hash = NEW.hash
  WHERE id = NEW.payment_id;
  SELECT RAISE(ABORT, 'an evidence row is its payment''s newest')
  WHERE NOT EXISTS (
    SELECT 1 FROM payments p
    WHERE p.id = NEW.payment_id AND p.evidence_count = NEW.sequence
      AND p.evidence_hash = NEW.hash);
END
;;
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END
;;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END
;;
CREATE TRIGGER attempts_begin BEFORE INSERT ON attempts
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: the attempt, its Stripe key or its charge exists already')
  WHERE EXISTS (
    SELECT 1 FROM attempts a
    WHERE (a.payment_id = NEW.payment_id AND a.number = NEW.number)
       OR a.stripe_key = NEW.stripe_key OR a.charge = NEW.charge
       OR (a.payment_id = NEW.payment_id AND a.closed_at IS NULL AND NEW.closed_at IS NULL));
  SELECT RAISE(ABORT, 'an attempt belongs to the confirm row that names it')
  WHERE NOT EXISTS (
    SELECT 1 FROM payment_transitions t
    WHERE t.payment_id = NEW.payment_id AND t.sequence = NEW.sequence
      AND t.event = 'confirm' AND t.attempt = NEW.number);
END
;;
CREATE TRIGGER attempts_close_once BEFORE UPDATE ON attempts
BEGIN
  SELECT RAISE(ABORT, 'an attempt is updated once, to close it')
  WHERE OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
     OR NEW.payment_id IS NOT OLD.payment_id OR NEW.number IS NOT OLD.number
     OR NEW.sequence IS NOT OLD.sequence OR NEW.origin IS NOT OLD.origin
     OR NEW.payment_method IS NOT OLD.payment_method OR NEW.stripe_key IS NOT OLD.stripe_key
     OR NEW.parameters IS NOT OLD.parameters OR NEW.opened_at IS NOT OLD.opened_at;
  SELECT RAISE(ABORT, 'UNIQUE: the charge is another attempt''s')
  WHERE EXISTS (SELECT 1 FROM attempts a
                WHERE a.charge = NEW.charge
                  AND (a.payment_id <> NEW.payment_id OR a.number <> NEW.number));
END
;;
CREATE TRIGGER attempts_no_delete BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are not deleted'); END
;;
CREATE TRIGGER card_disablements_no_replace BEFORE INSERT ON card_disablements
WHEN EXISTS (SELECT 1 FROM card_disablements d
             WHERE d.owner = NEW.owner AND d.scope_key = NEW.scope_key
               AND (d.disabled_at = NEW.disabled_at
                    OR (d.enabled_at IS NULL AND NEW.enabled_at IS NULL)))
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the card is disabled already'); END
;;
CREATE TRIGGER card_disablements_payment BEFORE INSERT ON card_disablements
WHEN NEW.payment_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'a disablement names a payment that is stored'); END
;;
CREATE TRIGGER card_disablements_enable_once BEFORE UPDATE ON card_disablements
WHEN OLD.enabled_at IS NOT NULL OR NEW.enabled_at IS NULL
  OR NEW.owner IS NOT OLD.owner OR NEW.scope_key IS NOT OLD.scope_key
  OR NEW.disabled_at IS NOT OLD.disabled_at OR NEW.scope IS NOT OLD.scope
  OR NEW.payment_method IS NOT OLD.payment_method OR NEW.reason IS NOT OLD.reason
  OR NEW.payment_id IS NOT OLD.payment_id
BEGIN SELECT RAISE(ABORT, 'a disablement is updated once, to end it'); END
;;
CREATE TRIGGER card_disablements_no_delete BEFORE DELETE ON card_disablements
BEGIN SELECT RAISE(ABORT, 'disablements are not deleted'); END
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
CREATE TRIGGER idempotency_keys_no_replace BEFORE INSERT ON idempotency_keys
WHEN EXISTS (SELECT 1 FROM idempotency_keys k WHERE k.owner = NEW.owner AND k."key" = NEW."key")
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the key stands for a request already'); END
;;
CREATE TRIGGER idempotency_keys_payment BEFORE INSERT ON idempotency_keys
WHEN NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'a key stands for a payment that is stored'); END
;;
CREATE TRIGGER idempotency_keys_no_update BEFORE UPDATE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
CREATE TRIGGER idempotency_keys_no_delete BEFORE DELETE ON idempotency_keys
BEGIN SELECT RAISE(ABORT, 'a key stands for one request for good'); END
;;
CREATE TRIGGER api_keys_no_replace BEFORE INSERT ON api_keys
WHEN EXISTS (SELECT 1 FROM api_keys k WHERE k.id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the API key exists already'); END
;;
CREATE TRIGGER api_keys_revoke_once BEFORE UPDATE ON api_keys
WHEN OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL
  OR NEW.id IS NOT OLD.id OR NEW.name IS NOT OLD.name OR NEW.scope IS NOT OLD.scope
  OR NEW.secret_hash IS NOT OLD.secret_hash OR NEW.created_at IS NOT OLD.created_at
  OR NEW.expires_at IS NOT OLD.expires_at
BEGIN SELECT RAISE(ABORT, 'an API key is updated once, to revoke it'); END
;;
CREATE TRIGGER api_keys_no_delete BEFORE DELETE ON api_keys
BEGIN SELECT RAISE(ABORT, 'API keys are not deleted: history names them'); END
;;
CREATE TRIGGER deployment_no_replace BEFORE INSERT ON deployment
WHEN EXISTS (SELECT 1 FROM deployment)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the database is bound to its mode already'); END
;;
CREATE TRIGGER deployment_no_update BEFORE UPDATE ON deployment
BEGIN SELECT RAISE(ABORT, 'a database keeps its mode'); END
;;
CREATE TRIGGER deployment_no_delete BEFORE DELETE ON deployment
BEGIN SELECT RAISE(ABORT, 'a database keeps its mode'); END
;;
