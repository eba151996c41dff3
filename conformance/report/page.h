/* page.h: what all HTML pages begin with: one style, no file but the page itself. */
#ifndef CHECK_PAGE_H
#define CHECK_PAGE_H

#include "undr/bytes.h"

#include <stdio.h>

/* Up to and with <body>. */
void check_page_begin(FILE *out, undr_slice title);

#endif
