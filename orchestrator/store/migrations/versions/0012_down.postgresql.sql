SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TABLE rollup_turn
;;
DROP FUNCTION rollup_turn_step()
;;
DROP TABLE rollups
;;
DROP FUNCTION rollups_step()
;;
