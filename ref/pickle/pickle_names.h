/* pickle_names.h: Python 2's names of what Python 3 has elsewhere; protocols below 3 are written with them. */
#ifndef UNDR_PICKLE_NAMES_H
#define UNDR_PICKLE_NAMES_H

#include "undr/bytes.h"

/* Both leave what has one name only. The new slices are borrowed for ever, or are those given. */
void undr_rename_to_python3(undr_slice *module, undr_slice *name);
void undr_rename_to_python2(undr_slice *module, undr_slice *name);

#endif
