/*
 * Rules of device features and migration.
 */
#include "migration.h"
#include "rules.h"

static bool is_pre_copy(uint64_t state)
{
    return state == VFU_STATE_PRE_COPY || state == VFU_STATE_PRE_COPY_P2P;
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
}

void vfu_check_mig_data(struct vfu_check *c)
{
    bool read = c->event->command_number == VFU_MIG_DATA_READ;
    const struct vfu_connection *known = &c->peers->known;
    uint64_t state = known->migration_state;
    bool good = read ? state == VFU_STATE_STOP_COPY || is_pre_copy(state) : state == VFU_STATE_RESUMING;
    char room[24];

    if (vfu_event_is_command(c->event)) {
        vfu_check_transfer(c, known->agreed.max_data_xfer_size, vfu_check_number(c, "size"));
        if (!good && known->migration_state_known)
            vfu_break(c, RULE_MIGRATION_DATA_STATE, "the device is in state %s",
                      vfu_check_name(vfu_device_state_names, state, room));
    } else if (read && c->event->paired && vfu_check_number(c, "size") > vfu_check_asked(c, "size")) {
        vfu_break(c, RULE_MIGRATION_TOO_MUCH, "%llu bytes, %llu were asked for",
                  (unsigned long long)vfu_check_number(c, "size"), (unsigned long long)vfu_check_asked(c, "size"));
    }
}

static void check_report(struct vfu_check *c)
{
    const struct vfu_value *bitmap = vfu_value_by_name(c->decoded->values, c->decoded->count, "bitmap");
    uint64_t page = vfu_check_number(c, "page_size"), length = vfu_check_number(c, "length"), pages;

    if (vfu_event_is_command(c->event)) {
        if (!c->peers->rules.logging && c->peers->rules.from_start)
            vfu_break(c, RULE_LOGGING_NOT_STARTED, "a report is asked for, logging was not started");
        return;
    }
    if (page == 0 || c->decoded->count < 6 || vfu_check_number(c, "argsz") > c->event->size - VFU_HEADER_SIZE)
        return;
    pages = length / page + (length % page != 0);
    if ((bitmap ? bitmap->claimed : 0) < (pages + 7) / 8)
        vfu_break(c, RULE_BITMAP_SIZE, "%llu bytes for %llu pages",
                  (unsigned long long)(bitmap ? bitmap->claimed : 0), (unsigned long long)pages);
}

void vfu_check_feature(struct vfu_check *c)
{
    uint64_t flags = vfu_check_number(c, "flags");
    bool command = vfu_event_is_command(c->event);

    if (!command)
        vfu_check_repeated(c);
    if (flags & VFIO_DEVICE_FEATURE_PROBE)
        return;
    switch (vfu_check_number(c, "feature")) {
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
