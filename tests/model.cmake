# The Promela model, searched exhaustively; skipped where spin is not installed.
add_test(NAME conformance.model COMMAND ${UP_TO} 300 ${PROJECT_SOURCE_DIR}/spec/model/run.sh ${PROJECT_BINARY_DIR}/model)
set_tests_properties(conformance.model PROPERTIES LABELS conformance SKIP_RETURN_CODE 77)
