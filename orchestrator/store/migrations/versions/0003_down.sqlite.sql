DROP TABLE catch_up
;;
DROP TRIGGER stripe_events_no_delete
;;
DROP TABLE stripe_events
;;
