SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
-- What a network counts: declines of one card, whichever payment and owner they were of.
CREATE TABLE card_outcomes (
  charge TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  approved BOOLEAN NOT NULL,
  noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_card_outcomes PRIMARY KEY (charge),
  CONSTRAINT fk_card_outcomes_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
;;
CREATE INDEX ix_card_outcomes_fingerprint ON card_outcomes (fingerprint, noted_at, approved)
;;
CREATE TRIGGER card_outcomes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON card_outcomes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
