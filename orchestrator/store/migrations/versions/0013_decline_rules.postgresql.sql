SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
-- Versions of decline rules: proposed, and decided once.
CREATE TABLE decline_rules (
  code TEXT NOT NULL,
  version INTEGER NOT NULL,
  handler TEXT NOT NULL,
  message TEXT NOT NULL,
  meaning TEXT NOT NULL,
  alert BOOLEAN NOT NULL,
  retry_after_seconds INTEGER,
  auto_retry JSONB NOT NULL,
  reason TEXT NOT NULL,
  author_id TEXT NOT NULL,
  author_name TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  needs_approval BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  decided_by TEXT,
  decided_by_name TEXT,
  decided_reason TEXT,
  decided_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_decline_rules PRIMARY KEY (code, version),
  CONSTRAINT ck_decline_rules_version_from_one CHECK (version >= 1),
  CONSTRAINT ck_decline_rules_handler_of_failures
    CHECK (handler in ('ask_for_new_card','bar_same_card','allow_same_card_later','ask_to_fix_details',
      'ask_to_authenticate','disable_card','disable_until_renewed','disable_for_customer',
      'fail_payment','read_intent','resend','stay_and_alert')),
  CONSTRAINT ck_decline_rules_state_known CHECK (state in ('proposed','approved','rejected')),
  CONSTRAINT ck_decline_rules_decided
    CHECK ((state = 'proposed') = (decided_at is null) and (state = 'proposed') = (decided_by is null)
           and (state = 'proposed') = (decided_by_name is null)),
  CONSTRAINT ck_decline_rules_second_person
    CHECK (state <> 'approved' or not needs_approval or decided_by_name <> author_name)
)
;;
-- Each set of rules that any process has decided by: what its version stands for.
CREATE TABLE rule_sets (
  rules_version TEXT NOT NULL,
  stored JSONB NOT NULL,
  errors JSONB NOT NULL,
  application_version TEXT NOT NULL,
  adopted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_rule_sets PRIMARY KEY (rules_version)
)
;;
CREATE FUNCTION decline_rules_follow() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE problem text := NULL;
BEGIN
  IF NEW.version <> 1 + coalesce((SELECT max(r.version) FROM decline_rules r
                                  WHERE r.code = NEW.code AND r.version <> NEW.version), 0) THEN
    problem := 'the versions of a rule have no gaps';
  ELSIF NEW.needs_approval <> (NEW.state = 'proposed') THEN
    problem := 'what needs approval begins as a proposal';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = problem;
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER decline_rules_follow BEFORE INSERT ON decline_rules
FOR EACH ROW EXECUTE FUNCTION decline_rules_follow()
;;
CREATE FUNCTION decline_rules_decide() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.state <> 'proposed' OR NEW.state = 'proposed'
     OR (NEW.code, NEW.version, NEW.handler, NEW.message, NEW.meaning, NEW.alert,
         NEW.retry_after_seconds, NEW.auto_retry, NEW.reason, NEW.author_id, NEW.author_name,
         NEW.created_at, NEW.needs_approval)
        IS DISTINCT FROM
        (OLD.code, OLD.version, OLD.handler, OLD.message, OLD.meaning, OLD.alert,
         OLD.retry_after_seconds, OLD.auto_retry, OLD.reason, OLD.author_id, OLD.author_name,
         OLD.created_at, OLD.needs_approval) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
      MESSAGE = 'a version stays as it is, and is decided once';
  END IF;
  RETURN NEW;
END $$
;;
CREATE TRIGGER decline_rules_decide BEFORE UPDATE ON decline_rules
FOR EACH ROW EXECUTE FUNCTION decline_rules_decide()
;;
CREATE TRIGGER decline_rules_no_delete BEFORE DELETE OR TRUNCATE ON decline_rules
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER rule_sets_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_sets
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
