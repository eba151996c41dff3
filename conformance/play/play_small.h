/* play_small.h: payloads that the harness understands without a case: None, CloseRequest. */
#ifndef CHECK_PLAY_SMALL_H
#define CHECK_PLAY_SMALL_H

#include "undr/bytes.h"

bool check_is_instance(undr_slice payload, const char *class_name);
bool check_is_none(undr_slice payload);

#endif
