SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TABLE catch_up
;;
DROP TABLE stripe_events
;;
DROP FUNCTION stripe_events_step()
;;
