-- SQLite checks foreign keys only on connections that ask for it, so every rule that a foreign key
-- holds is a trigger as well. A history row moves its payment by trigger: a row ahead of its
-- payment, or a payment ahead of its history, cannot exist even for a moment.
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
  SELECT RAISE(ABORT, 'a payment needs its history row: insert the history first')
  WHERE NOT EXISTS (
    SELECT 1 FROM payment_transitions t
    WHERE t.payment_id = NEW.id AND t.sequence = NEW.version
      AND t.target = NEW.state AND t.hash = NEW.last_hash
  );
  SELECT RAISE(ABORT, 'attempts_used must equal the number of confirm rows')
  WHERE NEW.attempts_used <> (
    SELECT count(*) FROM payment_transitions t
    WHERE t.payment_id = NEW.id AND t.event = 'confirm'
  );
  SELECT RAISE(ABORT, 'a new payment has no evidence yet') WHERE NEW.evidence_count <> 0;
END
;;
CREATE TRIGGER payments_unchanging BEFORE UPDATE ON payments
WHEN NEW.id IS NOT OLD.id OR NEW.owner IS NOT OLD.owner OR NEW.amount IS NOT OLD.amount
  OR NEW.currency IS NOT OLD.currency OR NEW.customer IS NOT OLD.customer
  OR NEW.item_ids IS NOT OLD.item_ids OR NEW.transaction_id IS NOT OLD.transaction_id
  OR NEW.payment_intent IS NOT OLD.payment_intent OR NEW.max_attempts IS NOT OLD.max_attempts
  OR NEW.created_at IS NOT OLD.created_at
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
  SELECT RAISE(ABORT, 'a history row starts where its payment stands')
  WHERE NEW.sequence > 1 AND NOT EXISTS (
    SELECT 1 FROM payments p
    WHERE p.id = NEW.payment_id AND p.version = NEW.sequence - 1
      AND p.state = NEW.source AND p.last_hash = NEW.previous_hash);
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
  SELECT RAISE(ABORT, 'an attempt belongs to a confirm row')
  WHERE NOT EXISTS (
    SELECT 1 FROM payment_transitions t
    WHERE t.payment_id = NEW.payment_id AND t.sequence = NEW.sequence AND t.event = 'confirm');
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
CREATE TRIGGER card_disablements_enable_once BEFORE UPDATE ON card_disablements
WHEN OLD.enabled_at IS NOT NULL OR NEW.enabled_at IS NULL
  OR NEW.owner IS NOT OLD.owner OR NEW.scope_key IS NOT OLD.scope_key
  OR NEW.disabled_at IS NOT OLD.disabled_at OR NEW.reason IS NOT OLD.reason
  OR NEW.payment_id IS NOT OLD.payment_id
BEGIN SELECT RAISE(ABORT, 'a disablement is updated once, to end it'); END
;;
CREATE TRIGGER card_disablements_no_delete BEFORE DELETE ON card_disablements
BEGIN SELECT RAISE(ABORT, 'disablements are not deleted'); END
;;
CREATE TRIGGER anomalies_no_update BEFORE UPDATE ON anomalies
BEGIN SELECT RAISE(ABORT, 'anomalies are append-only'); END
;;
CREATE TRIGGER anomalies_no_delete BEFORE DELETE ON anomalies
BEGIN SELECT RAISE(ABORT, 'anomalies are append-only'); END
;;
