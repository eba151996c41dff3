# The Promela model, searched exhaustively; skipped where spin is not installed.
add_test(NAME conformance.model COMMAND ${PROJECT_SOURCE_DIR}/spec/model/run.sh ${PROJECT_BINARY_DIR}/model)
set_tests_properties(conformance.model PROPERTIES LABELS conformance TIMEOUT 1200 SKIP_RETURN_CODE 77)
