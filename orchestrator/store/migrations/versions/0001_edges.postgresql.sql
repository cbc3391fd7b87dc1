INSERT INTO legal_edges (source, event, target) VALUES
  ('created', 'confirm', 'confirming'),
  ('requires_new_card', 'confirm', 'confirming'),
  ('card_disabled', 'confirm', 'confirming'),
  ('confirming', 'succeed', 'succeeded'),
  ('confirming', 'require_new_card', 'requires_new_card'),
  ('confirming', 'disable_card', 'card_disabled'),
  ('confirming', 'fail', 'failed'),
  ('created', 'cancel', 'failed'),
  ('requires_new_card', 'cancel', 'failed'),
  ('card_disabled', 'cancel', 'failed'),
  ('confirming', 'cancel', 'failed'),
  ('created', 'expire', 'failed'),
  ('requires_new_card', 'expire', 'failed'),
  ('card_disabled', 'expire', 'failed'),
  ('confirming', 'expire', 'failed')
;;
