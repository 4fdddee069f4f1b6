/*
 * Rules of device features and migration.
 */
#include "decoder/rules/inside.h"
#include "decoder/wire/migration.h"

static bool is_pre_copy(uint64_t state)
{
    return state == VFU_STATE_PRE_COPY || state == VFU_STATE_PRE_COPY_P2P;
}

static void check_offered(struct vfu_check *c, uint64_t state)
{
    uint64_t flags = c->peers->rules.migration_flags, missing = vfu_migration_needs(state) & ~flags;
    char room[24];

    if (c->peers->rules.migration_known && missing)
        vfu_break(c, RULE_MIGRATION_STATE, "%s, the device's migration flags are 0x%llx, without 0x%llx",
                  vfu_check_name(vfu_device_state_names, state, room), (unsigned long long)flags,
                  (unsigned long long)missing);
}

static void check_migration_flags(struct vfu_check *c)
{
    const struct vfu_value *v = vfu_value_by_name(c->decoded->values, c->decoded->count, "migration_flags");

    if (!v || !c->event->paired)
        return;
    c->peers->rules.migration_known = true;
    c->peers->rules.migration_flags = v->number;
    if (!(v->number & VFIO_MIGRATION_STOP_COPY))
        vfu_break(c, RULE_MIGRATION_FLAGS, "the flags are 0x%llx, without stop_copy (0x%x)",
                  (unsigned long long)v->number, VFIO_MIGRATION_STOP_COPY);
}

static void check_state(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t to = vfu_check_number(c, "device_state");
    char a[24], b[24];

    if (!vfu_value_by_name(c->decoded->values, c->decoded->count, "device_state"))
        return;
    if (to == VFU_STATE_ERROR || to > VFU_STATE_PRE_COPY_P2P)
        vfu_break(c, RULE_MIGRATION_ARC, "%s can't be asked for", vfu_check_name(vfu_device_state_names, to, a));
    else if (known->migration_state_known && !vfu_migration_reachable(known->migration_state, to))
        vfu_break(c, RULE_MIGRATION_ARC, "%s can't be reached from %s", vfu_check_name(vfu_device_state_names, to, a),
                  vfu_check_name(vfu_device_state_names, known->migration_state, b));
    else
        check_offered(c, to);
}

void vfu_check_mig_data(struct vfu_check *c)
{
    bool read = !c->event->command->moves.write;
    const struct vfu_connection *known = &c->peers->known;
    uint64_t state = known->migration_state;
    bool good = read ? state == VFU_STATE_STOP_COPY || is_pre_copy(state) : state == VFU_STATE_RESUMING;
    char room[24];

    if (vfu_event_is_command(c->event)) {
        vfu_check_transfer(c, vfu_check_number(c, "size"));
        if (!good && known->migration_state_known)
            vfu_break(c, RULE_MIGRATION_DATA_STATE, "the device is in state %s",
                      vfu_check_name(vfu_device_state_names, state, room));
    } else if (read && c->event->paired) {
        uint64_t size = vfu_check_number(c, "size"), asked = vfu_check_asked(c, "size", size);

        if (size > asked)
            vfu_break(c, RULE_MIGRATION_TOO_MUCH, "%llu bytes, %llu were asked for", (unsigned long long)size,
                      (unsigned long long)asked);
    }
}

static bool is_page_size(struct vfu_check *c, uint64_t size)
{
    bool good = size && !(size & (size - 1));

    if (!good)
        vfu_break(c, RULE_PAGE_SIZE, "a page size of 0x%llx", (unsigned long long)size);
    return good;
}

/*
 * A bit a page, a last one that is not whole too. The bitmap itself is in whole u64s; the room for it was in bytes in
 * older texts, and may be larger, but not than any message.
 */
static void check_bitmap(struct vfu_check *c, uint64_t bytes, uint64_t length, uint64_t page, bool itself)
{
    uint64_t pages = length / page + (length % page != 0);
    uint64_t needed = itself ? (pages / 64 + (pages % 64 != 0)) * 8 : pages / 8 + (pages % 8 != 0);

    if (bytes < needed || (itself && bytes > needed))
        vfu_break(c, RULE_BITMAP_SIZE, "%llu bytes of bitmap, %llu pages of 0x%llx need %llu",
                  (unsigned long long)bytes, (unsigned long long)pages, (unsigned long long)page,
                  (unsigned long long)needed);
    else if (bytes > VFU_MAX_MESSAGE)
        vfu_break(c, RULE_BITMAP_SIZE, "room for %llu bytes of bitmap: no message has as many",
                  (unsigned long long)bytes);
}

/* Of DMA_UNMAP and DIRTY_PAGES: the room that the request names. */
void vfu_check_bitmap_asked(struct vfu_check *c)
{
    const struct vfu_value *bitmap = vfu_value_by_name(c->decoded->values, c->decoded->count, "bitmap");
    struct vfu_value values[VFU_MAX_VALUES];
    unsigned count = bitmap ? vfu_object_values(bitmap, values) : 0;
    uint64_t page = vfu_number(values, count, "pgsize", 0);

    if (count == 2 && is_page_size(c, page))
        check_bitmap(c, vfu_number(values, count, "size", 0), vfu_check_number(c, "size"), page, false);
}

static void check_report(struct vfu_check *c)
{
    uint64_t page = vfu_check_number(c, "page_size"), payload = c->event->size - VFU_HEADER_SIZE;

    if (vfu_event_is_command(c->event)) {
        if (!c->peers->rules.logging && c->peers->rules.from_start)
            vfu_break(c, RULE_LOGGING_NOT_STARTED, "a report is asked for, logging was not started");
        is_page_size(c, page);
        return;
    }
    if (page && c->decoded->count >= 6 && vfu_check_number(c, "argsz") <= payload)
        check_bitmap(c, payload - c->decoded->layout->size, vfu_check_number(c, "length"), page, true);
}

/* To set or probe a feature the reply is the request again, whatever its argsz. */
void vfu_check_feature_argsz(struct vfu_check *c)
{
    if (vfu_check_number(c, "flags") & VFIO_DEVICE_FEATURE_GET)
        vfu_check_reply_argsz(c);
}

void vfu_check_feature(struct vfu_check *c)
{
    uint64_t flags = vfu_check_number(c, "flags");
    bool command = vfu_event_is_command(c->event);

    if (!command)
        vfu_check_repeated(c);
    if (flags & VFIO_DEVICE_FEATURE_PROBE)
        return;
    if (command && !(flags & VFIO_DEVICE_FEATURE_GET) == !(flags & VFIO_DEVICE_FEATURE_SET))
        vfu_break(c, RULE_FEATURE_FLAGS, "flags 0x%llx: %s get and set", (unsigned long long)flags,
                  flags & VFIO_DEVICE_FEATURE_GET ? "both" : "neither");
    switch (vfu_check_number(c, "feature")) {
    case VFIO_DEVICE_FEATURE_MIGRATION:
        check_migration_flags(c);
        break;
    case VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE:
        if (command && flags & VFIO_DEVICE_FEATURE_SET)
            check_state(c);
        break;
    case VFIO_DEVICE_FEATURE_DMA_LOGGING_START:
        c->peers->rules.logging = true; /* with the command already: a report may follow at once */
        break;
    case VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP:
        if (!command && c->event->paired)
            c->peers->rules.logging = false;
        break;
    case VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT:
        check_report(c);
        break;
    default:
        break;
    }
}
