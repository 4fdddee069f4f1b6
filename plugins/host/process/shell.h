/*
 * What plugins add to the shell: the names of registers (`read nvme.csts`), and commands (`nvme queues`). A process
 * that tells what there is fills in tables, and ends; one that runs a command asks the shell, a packet at a time.
 */
#ifndef VFU_PLUGINS_HOST_PROCESS_SHELL_H
#define VFU_PLUGINS_HOST_PROCESS_SHELL_H

#include "plugins/host/process/process.h"

enum { COMMANDS_MAX = 64, REGISTERS_MAX = 512, REGISTER_FIELDS = 24, REGISTER_VALUES = 16, REGISTER_CLAIMS = 8 };

/* --- what there is --- */

struct vfu_plugin_register {
    char name[64]; /* PLUGIN.REGISTER */
    char help[64];
    unsigned plugin;
    uint32_t offset;
    uint8_t region, width, flags; /* region VFP_LOCATED and above: it has no place here */
    unsigned field_count;
    struct {
        char name[32];
        uint8_t low, bits, value_count;
        char values[REGISTER_VALUES][24]; /* empty: none */
    } fields[REGISTER_FIELDS];
};

/* A command that a plugin adds to the shell. */
struct vfu_plugin_command {
    char name[64]; /* "PLUGIN COMMAND" */
    char usage[64], help[96], more[512], words[256];
    int min, max;
    unsigned plugin, index; /* in the plugin's list */
};

/* The process writes one where all may be written, which is a claim; vfuscope has a copy that it checked. */
struct vfu_plugin_tables {
    uint32_t ok, located; /* located: with the places of a device */
    char error[PLUGIN_ERROR];
    char device[96];        /* what people call the device whose config space was given; empty: no plugin says */
    unsigned device_plugin; /* the one that claims it, by its ids or class; PLUGIN_MAX: none */
    unsigned plugin_count, command_count, count;
    struct {
        char name[24];
        unsigned file; /* the one it comes from, of those that were wanted */
        char path[4096]; /* likewise; the process leaves it empty */
        unsigned claim_count;
        struct vfp_claim claims[REGISTER_CLAIMS];
    } plugins[PLUGIN_MAX];
    struct vfu_plugin_command commands[COMMANDS_MAX];
    struct vfu_plugin_register list[REGISTERS_MAX];
    struct plugin_rows rows; /* see vfu_plugin_findings; the copy has none */
};

/* --- what a command says, and what it is answered --- */

enum vfu_plugin_call_kind {
    CALL_PRINT, /* bytes: a line */
    CALL_VALUE, /* bytes: its name; value */
    CALL_FAIL,  /* bytes: why */
    CALL_GET,   /* region, offset, size */
    CALL_PUT,   /* and value */
    CALL_BYTES, /* region, offset, size */
    CALL_READ,  /* offset: the address; size */
    CALL_PAUSE, /* value: milliseconds */
    CALL_NUMBER, /* bytes: a word */
    CALL_ALLOC,  /* bytes: the name; value: how much */
    CALL_WRITE,  /* offset: the address; bytes */
    CALL_SHOW,   /* offset: the address; value: how much */
    CALL_WAIT,   /* region: the IRQ index; offset: the vector; value: milliseconds */
    CALL_RECALL,
    CALL_KEEP,   /* bytes */
    CALL_END,    /* value: what the command returned */
};

enum { CALL_DATA = 4096, CALL_WHY = 256 };

struct vfu_plugin_call {
    enum vfu_plugin_call_kind kind;
    uint32_t region, size;
    uint64_t offset, value;
    uint8_t bytes[CALL_DATA]; /* as many as there are, at the packet's end */
};

struct vfu_plugin_called {
    uint32_t result; /* enum vfp_result, or vfp_memory */
    uint64_t value;
    char why[CALL_WHY];
    uint8_t bytes[CALL_DATA];
};

#endif
