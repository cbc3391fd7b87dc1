SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
;;
DROP TABLE seal_turn
;;
DROP TABLE seal_leaves
;;
DROP TABLE seals
;;
DROP FUNCTION seal_leaves_leave()
;;
DROP FUNCTION seal_leaves_follow()
;;
DROP FUNCTION seals_follow()
;;
