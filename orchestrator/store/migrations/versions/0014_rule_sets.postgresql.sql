SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TABLE rule_sets
;;
-- What a version is the hash of, whole: whoever reads it can compute the version from it.
CREATE TABLE rule_sets (
  rules_version TEXT NOT NULL,
  content JSONB NOT NULL,
  stored JSONB NOT NULL,
  application_version TEXT NOT NULL,
  adopted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_rule_sets PRIMARY KEY (rules_version)
)
;;
CREATE TRIGGER rule_sets_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_sets
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
