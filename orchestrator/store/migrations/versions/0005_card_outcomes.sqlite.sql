-- What a network counts: declines of one card, whichever payment and owner they were of.
CREATE TABLE card_outcomes (
  charge TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  approved INTEGER NOT NULL,
  noted_at TEXT NOT NULL,
  CONSTRAINT pk_card_outcomes PRIMARY KEY (charge),
  CONSTRAINT fk_card_outcomes_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
CREATE INDEX ix_card_outcomes_fingerprint ON card_outcomes (fingerprint, noted_at, approved)
;;
CREATE TRIGGER card_outcomes_no_replace BEFORE INSERT ON card_outcomes
WHEN EXISTS (SELECT 1 FROM card_outcomes o WHERE o.charge = NEW.charge)
BEGIN SELECT RAISE(ABORT, 'UNIQUE: the outcome is on record already'); END
;;
CREATE TRIGGER card_outcomes_payment BEFORE INSERT ON card_outcomes
WHEN NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id)
BEGIN SELECT RAISE(ABORT, 'an outcome is of a payment that is stored'); END
;;
CREATE TRIGGER card_outcomes_no_update BEFORE UPDATE ON card_outcomes
BEGIN SELECT RAISE(ABORT, 'outcomes of cards are append-only'); END
;;
CREATE TRIGGER card_outcomes_no_delete BEFORE DELETE ON card_outcomes
BEGIN SELECT RAISE(ABORT, 'outcomes of cards are append-only'); END
;;
