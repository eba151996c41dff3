/* layout.c: what undr_native's ctypes must agree with, as the C compiler has it: `NAME VALUE` a line. */
#include "undr/process_manager.h"

#include <stddef.h>
#include <stdio.h>

#define FIELD(name) (void)printf("options.%s %zu\n", #name, offsetof(undr_process_manager_options, name))
#define SIZE(name, type) (void)printf("%s %zu\n", name, sizeof(type))
#define NUMBER(name, value) (void)printf("%s %d\n", name, (int)(value))

int main(void) {
    FIELD(workers);
    FIELD(priority_levels);
    FIELD(log_directory);
    FIELD(address);
    FIELD(beyond_loopback);
    FIELD(same_user);
    FIELD(connections);
    FIELD(queue_limit);
    FIELD(payload_limit);
    FIELD(patience);
    FIELD(hold);
    FIELD(grace);
    FIELD(retries);
    FIELD(start_patience);
    FIELD(handle_interrupt);
    FIELD(log);
    SIZE("Options", undr_process_manager_options);
    SIZE("Slice", undr_slice);
    SIZE("Buffer", undr_buffer);
    NUMBER("OK", UNDR_OK);
    NUMBER("MEMORY", UNDR_MEMORY);
    NUMBER("SYSTEM", UNDR_SYSTEM);
    NUMBER("PRIORITY", UNDR_PRIORITY);
    NUMBER("WAIT", UNDR_WAIT);
    NUMBER("DONE", UNDR_DONE);
    NUMBER("CLOSED", UNDR_CLOSED);
    NUMBER("QUEUE_LIMIT", UNDR_QUEUE_LIMIT);
    NUMBER("JOIN", UNDR_CLOSE_JOIN);
    NUMBER("CANCEL", UNDR_CLOSE_CANCEL);
    NUMBER("KILL", UNDR_CLOSE_KILL);
    return 0;
}
