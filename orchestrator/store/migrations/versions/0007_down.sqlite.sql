DROP TRIGGER seal_turn_no_delete
;;
DROP TABLE seal_turn
;;
DROP TRIGGER seal_leaves_leave
;;
DROP TABLE seal_leaves
;;
DROP TRIGGER seals_no_delete
;;
DROP TABLE seals
;;
