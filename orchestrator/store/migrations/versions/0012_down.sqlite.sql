DROP TRIGGER rollup_turn_no_delete
;;
DROP TABLE rollup_turn
;;
DROP TRIGGER rollups_no_delete
;;
DROP TABLE rollups
;;
