/*
 * The registers that plugins name, for the shell: `read nvme.csts`. Their tables come from the plugins' own process, which
 * ends once it has told them.
 */
#ifndef VFU_CLI_REGISTERS_H
#define VFU_CLI_REGISTERS_H

#include "decoder/error.h"
#include "plugin_wire.h"

enum { REGISTERS_MAX = 512, REGISTER_FIELDS = 24, REGISTER_VALUES = 16, REGISTER_CLAIMS = 8 };

struct cli_register {
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

struct cli_registers {
    bool ok, located; /* located: with the places of a device */
    char error[PLUGIN_ERROR];
    unsigned plugin_count, count;
    struct {
        char name[24];
        unsigned claim_count;
        struct vfp_claim claims[REGISTER_CLAIMS];
    } plugins[PLUGIN_MAX];
    struct cli_register list[REGISTERS_MAX];
};

/*
 * Ask the plugins that are installed or in VFUSCOPE_PLUGIN_PATH. config: size bytes of a device's config space, which says
 * where some registers are; NULL: these are names only. NULL: error says why; without plugins an empty list.
 */
struct cli_registers *cli_registers_load(const uint8_t *config, size_t size, struct vfu_error *error);
void cli_registers_free(struct cli_registers *r);
static inline bool cli_register_has_place(const struct cli_register *r) { return r->region < VFP_LOCATED; }
/* By PLUGIN.REGISTER; of several with this name one that has a place. NULL: there is none. */
const struct cli_register *cli_registers_find(const struct cli_registers *r, const char *name);
/* The fields of a value that are not zero: "RDY, SHST complete"; empty where there is nothing to say. */
void cli_register_fields(const struct cli_register *r, uint64_t value, char *text, size_t size);
/* Is the plugin for a device with these ids and class code? */
bool cli_registers_claims(const struct cli_registers *r, unsigned plugin, uint16_t vendor, uint16_t device,
                          uint32_t class_code);

#endif
