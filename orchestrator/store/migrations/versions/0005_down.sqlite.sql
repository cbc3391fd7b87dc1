DROP TRIGGER card_outcomes_no_delete
;;
DROP TABLE card_outcomes
;;
