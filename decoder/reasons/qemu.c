/*
 * Whether a client that looks like QEMU takes the VERSION that it is answered. All of it was tried with 11.1.3; what QEMU
 * prints stands in the text, for who looks for that.
 */
#include "decoder/reasons/inside.h"
#include "decoder/reasons/looks.h"

#include <stdio.h>

enum { TEXT = 140 };

/* What QEMU takes of a number. */
struct limit {
    unsigned capability;
    const char *name, *complaint;
    size_t at; /* in struct vfu_capabilities */
    uint64_t most;
    bool pages; /* multiples of 4 KiB, and not 0 */
};

#define NUMBER(number, member) .capability = number, .name = #member, .at = offsetof(struct vfu_capabilities, member)
static const struct limit limits[] = {
    { NUMBER(VFU_CAPABILITY_MAX_MSG_FDS, max_msg_fds), .complaint = "malformed max_msg_fds", .most = 16 },
    { NUMBER(VFU_CAPABILITY_MAX_DATA_XFER_SIZE, max_data_xfer_size), .complaint = "malformed max_data_xfer_size",
      .most = 64 << 20 },
    { NUMBER(VFU_CAPABILITY_PGSIZES, pgsizes), .complaint = "pgsizes ... too small", .pages = true },
    { NUMBER(VFU_CAPABILITY_MAX_DMA_MAPS, max_dma_maps), .complaint = "max_dma_maps too large", .most = 65535 },
    { NUMBER(VFU_CAPABILITY_MIGRATION, migration_pgsize), .complaint = "pgsize ... too small", .pages = true },
    { NUMBER(VFU_CAPABILITY_MIGRATION, migration_max_bitmap_size), .complaint = "max_bitmap_size too large", .most = 256 << 20 },
};

/* A capability, or a member of one, that is not what it has to be, among those that QEMU looks at. */
static const char *malformed(const struct vfu_capabilities *caps)
{
    const unsigned seen = 1u << VFU_CAPABILITY_MAX_MSG_FDS | 1u << VFU_CAPABILITY_MAX_DATA_XFER_SIZE |
                          1u << VFU_CAPABILITY_PGSIZES | 1u << VFU_CAPABILITY_MAX_DMA_MAPS |
                          1u << VFU_CAPABILITY_WRITE_MULTIPLE | 1u << VFU_CAPABILITY_MIGRATION;

    if (caps->wrong_type & 1u << VFU_CAPABILITIES)
        return "capabilities";
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++)
        if (seen & caps->wrong_type & 1u << i)
            return caps->wrong[i]->name;
    return NULL;
}

static bool is_beyond(const struct limit *l, uint64_t value)
{
    return l->pages ? value == 0 || value & 4095 : value > l->most;
}

static bool refuses_numbers(const struct vfu_capabilities *caps, char text[TEXT])
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const struct limit *l = &limits[i];
        unsigned long long value = *(const uint64_t *)((const char *)caps + l->at);

        if (!(caps->present & 1u << l->capability) || !is_beyond(l, value))
            continue;
        if (l->pages)
            snprintf(text, TEXT, "%s is 0x%llx, no pages of 4 KiB or more (\"%s\")", l->name, value, l->complaint);
        else
            snprintf(text, TEXT, "%s is %llu, more than %llu (\"%s\")", l->name, value, (unsigned long long)l->most,
                     l->complaint);
        return true;
    }
    return false;
}

/* What of the reply it stumbles over first; false: it takes it. */
static bool refuses(const struct vfu_fitting *f, char text[TEXT])
{
    const struct vfu_event *e = f->event;
    const struct vfu_decoded *d = f->decoded;
    const struct vfu_value *json = vfu_value_by_name(d->values, d->count, "json");
    uint32_t room = f->peers->looks.sides[VFU_CLIENT].version_size;
    uint64_t major = vfu_number(d->values, d->count, "major", 0), minor = vfu_number(d->values, d->count, "minor", 0);
    const struct vfu_capabilities *caps = &f->peers->rules.read;
    const char *wrong;

    if (e->message.nfds)
        return snprintf(text, TEXT, "%u descriptor%s with it, QEMU expects none (\"unexpected FDs\")", e->message.nfds,
                        e->message.nfds == 1 ? " comes" : "s come") > 0;
    if (e->size > room)
        return snprintf(text, TEXT, "%u bytes, QEMU has room for its own VERSION's %u (\"reply larger than recv buffer\")",
                        e->size, room) > 0;
    if (major || minor)
        return snprintf(text, TEXT, "version %llu.%llu, QEMU takes 0.0 alone (\"incompatible server version\")",
                        (unsigned long long)major, (unsigned long long)minor) > 0;
    if (d->truncated || !json || !json->size) /* without a text QEMU reads its own proposal, still in its buffer */
        return false;
    if (json->bytes[json->size - 1] != '\0')
        return snprintf(text, TEXT, "no NUL at the text's end (\"corrupt version reply\")") > 0;
    wrong = f->peers->rules.read_no == e->message.no ? malformed(caps) : NULL;
    if (wrong)
        return snprintf(text, TEXT, "%s is not of its type (\"malformed %s\")", wrong, wrong) > 0;
    return f->peers->rules.read_no == e->message.no && refuses_numbers(caps, text);
}

void vfu_fit_version(struct vfu_fitting *f)
{
    char text[TEXT];

    if (vfu_looks_like(f->peers, PEER_QEMU) && f->peers->looks.answer == f->event->message.no && refuses(f, text))
        vfu_misfit(f, MISFIT_VERSION_QEMU_REFUSES, "QEMU refuses this: %s", text);
}
