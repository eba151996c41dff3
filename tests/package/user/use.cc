// use.cc: the same as use.c, in C++.
#include "use.c"
