#include "matrix/matrix.h"
int check_matrix(const check_options *options) { (void)options; return 3; }
