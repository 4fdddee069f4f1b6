/*
 * What goes between the shell and the process that runs a plugin's command: packets, one question at a time, each answered
 * but those that only say something.
 */
#ifndef VFU_PLUGINS_HOST_PROCESS_COMMAND_H
#define VFU_PLUGINS_HOST_PROCESS_COMMAND_H

#include "plugins/host/process/process.h"

enum plugin_call_kind {
    CALL_PRINT, /* bytes: a line */
    CALL_VALUE, /* bytes: its name; value */
    CALL_FAIL,  /* bytes: why */
    CALL_GET,   /* region, offset, size */
    CALL_PUT,   /* and value */
    CALL_BYTES, /* region, offset, size */
    CALL_READ,  /* offset: the address; size */
    CALL_PAUSE, /* value: milliseconds */
    CALL_END,   /* value: what the command returned */
};

enum { CALL_DATA = 4096, CALL_WHY = 256 };

struct plugin_call {
    enum plugin_call_kind kind;
    uint32_t region, size;
    uint64_t offset, value;
    uint8_t bytes[CALL_DATA]; /* as many as there are, at the packet's end */
};

struct plugin_called {
    uint32_t result; /* enum vfp_result, or vfp_memory */
    uint64_t value;
    char why[CALL_WHY];
    uint8_t bytes[CALL_DATA];
};

/* plugin_command.c, in a process of its own: run the command of that number, and end. */
_Noreturn void plugin_command_run(int socket, const char *path, unsigned number, int argc, char **argv);

#endif
