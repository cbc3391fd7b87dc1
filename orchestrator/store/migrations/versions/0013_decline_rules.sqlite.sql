-- Versions of decline rules: proposed, and decided once.
CREATE TABLE decline_rules (
  code TEXT NOT NULL,
  version INTEGER NOT NULL,
  handler TEXT NOT NULL,
  message TEXT NOT NULL,
  meaning TEXT NOT NULL,
  alert INTEGER NOT NULL,
  retry_after_seconds INTEGER,
  auto_retry TEXT NOT NULL,
  reason TEXT NOT NULL,
  author_id TEXT NOT NULL,
  author_name TEXT NOT NULL,
  created_at TEXT NOT NULL,
  needs_approval INTEGER NOT NULL,
  state TEXT NOT NULL,
  decided_by TEXT,
  decided_by_name TEXT,
  decided_reason TEXT,
  decided_at TEXT,
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
 STRICT, WITHOUT ROWID
;;
-- Each set of rules that any process has decided by: what its version stands for.
CREATE TABLE rule_sets (
  rules_version TEXT NOT NULL,
  stored TEXT NOT NULL,
  errors TEXT NOT NULL,
  application_version TEXT NOT NULL,
  adopted_at TEXT NOT NULL,
  CONSTRAINT pk_rule_sets PRIMARY KEY (rules_version)
)
 STRICT, WITHOUT ROWID
;;
CREATE TRIGGER decline_rules_follow BEFORE INSERT ON decline_rules
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE: the rule has this version already')
  WHERE EXISTS (SELECT 1 FROM decline_rules r
                WHERE r.code = NEW.code AND r.version = NEW.version);
  SELECT RAISE(ABORT, 'the versions of a rule have no gaps')
  WHERE NEW.version <> 1 + coalesce((SELECT max(r.version) FROM decline_rules r
                                     WHERE r.code = NEW.code), 0);
  SELECT RAISE(ABORT, 'what needs approval begins as a proposal')
  WHERE (NEW.needs_approval = 1) <> (NEW.state = 'proposed');
END
;;
CREATE TRIGGER decline_rules_decide BEFORE UPDATE ON decline_rules
WHEN OLD.state <> 'proposed' OR NEW.state = 'proposed'
  OR NEW.code IS NOT OLD.code OR NEW.version IS NOT OLD.version OR NEW.handler IS NOT OLD.handler
  OR NEW.message IS NOT OLD.message OR NEW.meaning IS NOT OLD.meaning OR NEW.alert IS NOT OLD.alert
  OR NEW.retry_after_seconds IS NOT OLD.retry_after_seconds OR NEW.auto_retry IS NOT OLD.auto_retry
  OR NEW.reason IS NOT OLD.reason OR NEW.author_id IS NOT OLD.author_id
  OR NEW.author_name IS NOT OLD.author_name OR NEW.created_at IS NOT OLD.created_at
  OR NEW.needs_approval IS NOT OLD.needs_approval
BEGIN SELECT RAISE(ABORT, 'a version stays as it is, and is decided once'); END
;;
CREATE TRIGGER decline_rules_no_delete BEFORE DELETE ON decline_rules
BEGIN SELECT RAISE(ABORT, 'versions are not deleted'); END
;;
CREATE TRIGGER rule_sets_no_replace BEFORE INSERT ON rule_sets
WHEN EXISTS (SELECT 1 FROM rule_sets s WHERE s.rules_version = NEW.rules_version)
BEGIN SELECT RAISE(IGNORE); END
;;
CREATE TRIGGER rule_sets_no_update BEFORE UPDATE ON rule_sets
BEGIN SELECT RAISE(ABORT, 'a set of rules stays what it was'); END
;;
CREATE TRIGGER rule_sets_no_delete BEFORE DELETE ON rule_sets
BEGIN SELECT RAISE(ABORT, 'a set of rules stays what it was'); END
;;
