/*
 * The registers that plugins name, for the shell, `read nvme.csts`, and the commands that they add. Their tables come
 * from the plugins' own process, which ends once it has told them.
 */
#ifndef VFU_PLUGINS_HOST_PROCESS_TABLES_H
#define VFU_PLUGINS_HOST_PROCESS_TABLES_H

#include "decoder/wire/error.h"
#include "plugins/host/process/process.h"

enum { COMMANDS_MAX = 64, REGISTERS_MAX = 512, REGISTER_FIELDS = 24, REGISTER_VALUES = 16, REGISTER_CLAIMS = 8 };

struct vfu_register {
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

struct vfu_registers {
    bool ok, located; /* located: with the places of a device */
    char error[PLUGIN_ERROR];
    unsigned plugin_count, count;
    struct {
        char name[24];
        char path[4096]; /* the file it comes from */
        unsigned claim_count;
        struct vfp_claim claims[REGISTER_CLAIMS];
    } plugins[PLUGIN_MAX];
    struct vfu_register list[REGISTERS_MAX];
    unsigned command_count;
    struct vfu_plugin_command commands[COMMANDS_MAX];
};

/*
 * Ask the plugins that are installed or in VFUSCOPE_PLUGIN_PATH. config: size bytes of a device's config space, which says
 * where some registers are; NULL: these are names only. NULL: error says why; without plugins an empty list.
 */
struct vfu_registers *vfu_registers_load(const uint8_t *config, size_t size, struct vfu_error *error);
void vfu_registers_free(struct vfu_registers *r);
static inline bool vfu_register_has_place(const struct vfu_register *r) { return r->region < VFP_LOCATED; }
/* By PLUGIN.REGISTER; of several with this name one that has a place. NULL: there is none. */
const struct vfu_register *vfu_registers_find(const struct vfu_registers *r, const char *name);
/* The fields of a value that are not zero: "RDY, SHST complete"; empty where there is nothing to say. */
void vfu_register_fields(const struct vfu_register *r, uint64_t value, char *text, size_t size);
/* Is the plugin for a device with these ids and class code? */
bool vfu_registers_claims(const struct vfu_registers *r, unsigned plugin, uint16_t vendor, uint16_t device,
                          uint32_t class_code);

#endif
