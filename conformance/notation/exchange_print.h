/* exchange_print.h: what the printers share. Private to the notation. */
#ifndef CHECK_EXCHANGE_PRINT_H
#define CHECK_EXCHANGE_PRINT_H

#include "exchange.h"

/* A payload with a blank before it; nothing when it is empty. */
UNDR_MUST_USE undr_error check_print_pattern(undr_buffer *buffer, const check_payload *payload);

#endif
