CREATE TABLE legal_edges (
  source TEXT NOT NULL,
  event TEXT NOT NULL,
  target TEXT NOT NULL,
  CONSTRAINT pk_legal_edges PRIMARY KEY (source, event, target),
  CONSTRAINT ck_legal_edges_moves CHECK (source <> target)
)
 STRICT, WITHOUT ROWID
;;
CREATE TABLE evidence (
  payment_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  prev_sequence INTEGER GENERATED ALWAYS AS (nullif(sequence - 1, 0)) STORED,
  kind TEXT NOT NULL,
  attempt INTEGER,
  intent_status TEXT,
  outcome_charge TEXT,
  code TEXT,
  decline_code TEXT,
  stripe_request_id TEXT,
  stripe_event_id TEXT,
  payload TEXT NOT NULL,
  application_version TEXT NOT NULL,
  observed_at TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT pk_evidence PRIMARY KEY (payment_id, sequence),
  CONSTRAINT uq_evidence_head UNIQUE (payment_id, sequence, hash),
  CONSTRAINT uq_evidence_status UNIQUE (payment_id, sequence, intent_status),
  CONSTRAINT ck_evidence_sequence_from_one CHECK (sequence >= 1),
  CONSTRAINT ck_evidence_chain_begins CHECK (sequence > 1 or previous_hash = '0000000000000000000000000000000000000000000000000000000000000000'),
  CONSTRAINT fk_evidence_payment FOREIGN KEY(payment_id) REFERENCES payments (id),
  CONSTRAINT fk_evidence_previous FOREIGN KEY(payment_id, prev_sequence, previous_hash) REFERENCES evidence (payment_id, sequence, hash),
  CONSTRAINT uq_evidence_outcome_charge UNIQUE (outcome_charge)
)
 STRICT, WITHOUT ROWID
;;
CREATE TABLE payment_transitions (
  payment_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  source TEXT,
  event TEXT NOT NULL,
  target TEXT NOT NULL,
  prev_sequence INTEGER GENERATED ALWAYS AS (nullif(sequence - 1, 0)) STORED,
  attempt INTEGER,
  handler TEXT,
  handler_error TEXT,
  completed INTEGER,
  requires_retry INTEGER,
  code TEXT,
  decline_code TEXT,
  reason TEXT,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  request_id TEXT,
  stripe_request_id TEXT,
  stripe_event_id TEXT,
  evidence INTEGER,
  evidence_status TEXT,
  facts_hash TEXT,
  machine_version TEXT NOT NULL,
  rules_version TEXT NOT NULL,
  application_version TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT pk_payment_transitions PRIMARY KEY (payment_id, sequence),
  CONSTRAINT uq_payment_transitions_head UNIQUE (payment_id, sequence, target, hash),
  CONSTRAINT uq_payment_transitions_event UNIQUE (payment_id, sequence, event, attempt),
  CONSTRAINT ck_payment_transitions_sequence_from_one CHECK (sequence >= 1),
  CONSTRAINT ck_payment_transitions_chain_begins CHECK (sequence > 1 or previous_hash = '0000000000000000000000000000000000000000000000000000000000000000'),
  CONSTRAINT ck_payment_transitions_create_is_first CHECK ((sequence = 1) = (source is null) and (sequence = 1) = (event = 'create')),
  CONSTRAINT ck_payment_transitions_create_gives_created CHECK (event <> 'create' or target = 'created'),
  CONSTRAINT ck_payment_transitions_create_has_facts CHECK ((event = 'create') = (facts_hash is not null)),
  CONSTRAINT ck_payment_transitions_confirm_has_attempt CHECK (event <> 'confirm' or (attempt is not null and attempt >= 1)),
  CONSTRAINT ck_payment_transitions_success_is_proven CHECK (target <> 'succeeded' or (evidence is not null and evidence_status = 'succeeded' and evidence_status is not null)),
  CONSTRAINT ck_payment_transitions_failure_is_proven CHECK (target <> 'failed' or (evidence is not null and evidence_status = 'canceled' and evidence_status is not null)),
  CONSTRAINT ck_payment_transitions_actor_known CHECK (actor_kind in ('api_key','stripe','worker','operator')),
  CONSTRAINT fk_payment_transitions_edge FOREIGN KEY(source, event, target) REFERENCES legal_edges (source, event, target),
  CONSTRAINT fk_payment_transitions_previous FOREIGN KEY(payment_id, prev_sequence, source, previous_hash) REFERENCES payment_transitions (payment_id, sequence, target, hash),
  CONSTRAINT fk_payment_transitions_payment FOREIGN KEY(payment_id) REFERENCES payments (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_payment_transitions_evidence FOREIGN KEY(payment_id, evidence) REFERENCES evidence (payment_id, sequence),
  CONSTRAINT fk_payment_transitions_evidence_status FOREIGN KEY(payment_id, evidence, evidence_status) REFERENCES evidence (payment_id, sequence, intent_status)
)
 STRICT, WITHOUT ROWID
;;
CREATE TABLE payment_beginnings (
  payment_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  source TEXT,
  event TEXT NOT NULL,
  target TEXT NOT NULL,
  attempt INTEGER,
  handler TEXT,
  handler_error TEXT,
  completed INTEGER,
  requires_retry INTEGER,
  code TEXT,
  decline_code TEXT,
  reason TEXT,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  request_id TEXT,
  stripe_request_id TEXT,
  stripe_event_id TEXT,
  evidence INTEGER,
  evidence_status TEXT,
  facts_hash TEXT NOT NULL,
  machine_version TEXT NOT NULL,
  rules_version TEXT NOT NULL,
  application_version TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT pk_payment_beginnings PRIMARY KEY (payment_id),
  CONSTRAINT ck_payment_beginnings_is_create CHECK (sequence = 1 and source is null and event = 'create' and target = 'created' and evidence is null),
  CONSTRAINT ck_payment_beginnings_chain_begins CHECK (previous_hash = '0000000000000000000000000000000000000000000000000000000000000000'),
  CONSTRAINT ck_payment_beginnings_actor_known CHECK (actor_kind in ('api_key','stripe','worker','operator'))
)
 STRICT, WITHOUT ROWID
;;
CREATE TABLE payments (
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  customer TEXT,
  item_ids TEXT NOT NULL,
  transaction_id TEXT,
  description TEXT,
  metadata TEXT NOT NULL,
  setup_future_usage TEXT,
  payment_intent TEXT NOT NULL,
  max_attempts INTEGER NOT NULL,
  attempts_used INTEGER NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  last_hash TEXT NOT NULL,
  revision INTEGER NOT NULL,
  evidence_count INTEGER NOT NULL,
  evidence_hash TEXT NOT NULL,
  evidence_head INTEGER GENERATED ALWAYS AS (nullif(evidence_count, 0)) STORED,
  handled INTEGER NOT NULL GENERATED ALWAYS AS (state in ('succeeded','failed')) STORED,
  intention TEXT,
  settling TEXT NOT NULL,
  last_outcome TEXT,
  next_action TEXT,
  failure_reason TEXT,
  excluded_cards TEXT NOT NULL,
  due_at TEXT,
  deadline_at TEXT,
  lease_until TEXT,
  lease_owner TEXT,
  expires_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CONSTRAINT pk_payments PRIMARY KEY (id),
  CONSTRAINT ck_payments_amount_positive CHECK (amount > 0),
  CONSTRAINT ck_payments_max_attempts_range CHECK (max_attempts between 1 and 10),
  CONSTRAINT ck_payments_attempts_bounded CHECK (attempts_used between 0 and max_attempts),
  CONSTRAINT ck_payments_version_from_one CHECK (version >= 1),
  CONSTRAINT ck_payments_begins_unspent CHECK (version > 1 or attempts_used = 0),
  CONSTRAINT ck_payments_evidence_begins CHECK (evidence_count > 0 or (evidence_count = 0 and evidence_hash = '0000000000000000000000000000000000000000000000000000000000000000')),
  CONSTRAINT ck_payments_state_known CHECK (state in ('created','confirming','succeeded','requires_new_card','card_disabled','failed')),
  CONSTRAINT ck_payments_waiting_has_attempt CHECK (state not in ('created','requires_new_card','card_disabled') or attempts_used < max_attempts),
  CONSTRAINT ck_payments_unhandled_is_due CHECK (state in ('succeeded','failed') or due_at is not null),
  CONSTRAINT ck_payments_handled_has_no_intention CHECK (state not in ('succeeded','failed') or intention is null),
  CONSTRAINT fk_payments_head FOREIGN KEY(id, version, state, last_hash) REFERENCES payment_transitions (payment_id, sequence, target, hash) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_payments_evidence_head FOREIGN KEY(id, evidence_head, evidence_hash) REFERENCES evidence (payment_id, sequence, hash) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT uq_payments_payment_intent UNIQUE (payment_intent)
)
 STRICT, WITHOUT ROWID
;;
CREATE INDEX ix_payments_due ON payments (due_at) WHERE due_at is not null
;;
CREATE INDEX ix_payments_owner ON payments (owner, created_at, id)
;;
CREATE TABLE attempts (
  payment_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  event TEXT NOT NULL,
  origin TEXT NOT NULL,
  payment_method TEXT,
  stripe_key TEXT,
  parameters TEXT,
  opened_at TEXT NOT NULL,
  closed_at TEXT,
  closed_by TEXT,
  charge TEXT,
  CONSTRAINT pk_attempts PRIMARY KEY (payment_id, number),
  CONSTRAINT ck_attempts_event_is_confirm CHECK (event = 'confirm'),
  CONSTRAINT ck_attempts_number_from_one CHECK (number >= 1),
  CONSTRAINT ck_attempts_origin_known CHECK (origin in ('server','browser')),
  CONSTRAINT ck_attempts_closed_has_cause CHECK ((closed_at is null) = (closed_by is null)),
  CONSTRAINT ck_attempts_closed_by_known CHECK (closed_by is null or closed_by in ('outcome','abandoned','not_run','canceled')),
  CONSTRAINT ck_attempts_browser_is_closed CHECK (origin = 'server' or closed_at is not null),
  CONSTRAINT ck_attempts_open_has_no_charge CHECK (charge is null or closed_at is not null),
  CONSTRAINT ck_attempts_server_can_resend CHECK (origin = 'browser' or (stripe_key is not null and parameters is not null)),
  CONSTRAINT fk_attempts_confirm FOREIGN KEY(payment_id, sequence, event, number) REFERENCES payment_transitions (payment_id, sequence, event, attempt),
  CONSTRAINT uq_attempts_stripe_key UNIQUE (stripe_key),
  CONSTRAINT uq_attempts_charge UNIQUE (charge)
)
 STRICT, WITHOUT ROWID
;;
CREATE UNIQUE INDEX uq_attempts_one_open ON attempts (payment_id) WHERE closed_at is null
;;
CREATE TABLE cards (
  owner TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  fingerprint TEXT,
  brand TEXT,
  last4 TEXT,
  exp_month INTEGER,
  exp_year INTEGER,
  seen_at TEXT NOT NULL,
  CONSTRAINT pk_cards PRIMARY KEY (owner, payment_method)
)
 STRICT, WITHOUT ROWID
;;
CREATE TABLE card_disablements (
  owner TEXT NOT NULL,
  scope_key TEXT NOT NULL,
  disabled_at TEXT NOT NULL,
  scope TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  payment_id TEXT,
  reason TEXT NOT NULL,
  enabled_at TEXT,
  enabled_reason TEXT,
  CONSTRAINT pk_card_disablements PRIMARY KEY (owner, scope_key, disabled_at),
  CONSTRAINT ck_card_disablements_scope_known CHECK (scope in ('fingerprint','fingerprint_and_expiry','customer_and_fingerprint')),
  CONSTRAINT fk_card_disablements_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
CREATE UNIQUE INDEX uq_card_disablements_active ON card_disablements (owner, scope_key) WHERE enabled_at is null
;;
CREATE TABLE idempotency_keys (
  owner TEXT NOT NULL,
  "key" TEXT NOT NULL,
  operation TEXT NOT NULL,
  request_digest TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  attempt INTEGER,
  created_at TEXT NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner, "key"),
  CONSTRAINT fk_idempotency_keys_payment FOREIGN KEY(payment_id) REFERENCES payments (id) DEFERRABLE INITIALLY DEFERRED
)
 STRICT, WITHOUT ROWID
;;
CREATE TABLE api_keys (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT,
  revoked_at TEXT,
  CONSTRAINT pk_api_keys PRIMARY KEY (id),
  CONSTRAINT ck_api_keys_scope_known CHECK (scope in ('payments','audit','admin'))
)
 STRICT, WITHOUT ROWID
;;
CREATE TABLE anomalies (
  payment_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  noted_at TEXT NOT NULL,
  detail TEXT NOT NULL,
  evidence INTEGER,
  CONSTRAINT pk_anomalies PRIMARY KEY (payment_id, kind, noted_at),
  CONSTRAINT fk_anomalies_payment FOREIGN KEY(payment_id) REFERENCES payments (id)
)
 STRICT, WITHOUT ROWID
;;
CREATE TABLE deployment (
  single INTEGER NOT NULL,
  mode TEXT NOT NULL,
  CONSTRAINT pk_deployment PRIMARY KEY (single),
  CONSTRAINT ck_deployment_one_row CHECK (single = 1),
  CONSTRAINT ck_deployment_mode_known CHECK (mode in ('test','live'))
)
 STRICT, WITHOUT ROWID
;;
