/* adapter.c: an adapter that is a target of this project: runs the reference's. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    (void)argc;
    execv(MANAGER, argv);
    perror(MANAGER);
    return 126;
}
