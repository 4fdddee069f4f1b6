/*
 * Reasons for what is refused of features, dirty page logging and migration, and for a refused DEVICE_RESET.
 */
#include "decoder/reasons/inside.h"
#include "decoder/wire/migration.h"

enum { PLAIN = 8, MIGRATION = 16, REPORT = 32 }; /* bytes of payload */

void vfu_reasons_reset(struct vfu_refusal *r)
{
    const struct vfu_rule_state *state = &r->peers->rules;
    const uint64_t no = r->peers->known.info_no;

    if (state->device_known && no && !(state->device_flags & VFIO_DEVICE_FLAGS_RESET))
        vfu_say_because(r, REASON_NO_RESET, &no, 1, "the device's flags are 0x%x, without reset (#%llu)",
                        state->device_flags, (unsigned long long)no);
}

void vfu_because_argsz(struct vfu_refusal *r, uint64_t needed)
{
    uint64_t argsz = vfu_asked(r, "argsz");

    if (vfu_has_asked(r, "argsz") && argsz < needed)
        vfu_say_because(r, REASON_ARGSZ_SMALL, NULL, 0, "argsz is %llu, the reply has %llu bytes",
                        (unsigned long long)argsz, (unsigned long long)needed);
}

/* What can be done with a feature of vfio-user's; 0: it has no such feature. */
static uint64_t access_of(uint64_t feature)
{
    static const uint64_t can[] = {
        [VFIO_DEVICE_FEATURE_MIGRATION] = VFIO_DEVICE_FEATURE_GET,
        [VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE] = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET,
        [VFIO_DEVICE_FEATURE_DMA_LOGGING_START] = VFIO_DEVICE_FEATURE_SET,
        [VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP] = VFIO_DEVICE_FEATURE_SET,
        [VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT] = VFIO_DEVICE_FEATURE_GET,
    };

    return feature < sizeof can / sizeof *can ? can[feature] : 0;
}

static void say_access(struct vfu_refusal *r, uint64_t feature, uint64_t flags)
{
    uint64_t can = access_of(feature), not_can = flags & (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET) & ~can;
    const char *name = vfu_name_of(vfu_feature_names, feature);

    if (!name)
        vfu_say_because(r, REASON_UNKNOWN_FEATURE, NULL, 0, "nobody knows a feature %llu", (unsigned long long)feature);
    else if (can && not_can)
        vfu_say_because(r, REASON_FEATURE_ACCESS, NULL, 0, "%s can be %s, not %s", name,
                        can & VFIO_DEVICE_FEATURE_GET ? "got" : "set", can & VFIO_DEVICE_FEATURE_GET ? "set" : "got");
}

/* A state was asked for. */
static void say_arc(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;
    const struct vfu_known_arc *arc = &known->arc;
    uint64_t to = vfu_asked(r, "device_state"), flags = r->peers->rules.migration_flags;
    uint64_t missing = vfu_migration_needs(to) & ~flags;
    char a[VFU_NAME_ROOM], b[VFU_NAME_ROOM], no[VFU_NO_ROOM];
    const char *name = vfu_reason_name(vfu_device_state_names, "state ", to, a);

    if (!vfu_has_asked(r, "device_state"))
        return;
    if (to == VFU_STATE_ERROR || to > VFU_STATE_PRE_COPY_P2P)
        vfu_say_because(r, REASON_NO_ARC, NULL, 0, "%s can't be asked for", name);
    else if (arc->no == r->reply->reply_to && arc->from_known && !vfu_migration_reachable(arc->from, to))
        vfu_say_because(r, REASON_NO_ARC, &arc->from_no, 1, "%s can't be reached from %s%s", name,
                        vfu_reason_name(vfu_device_state_names, "state ", arc->from, b), vfu_reason_no(arc->from_no, no));
    else if (known->migration_no && missing)
        vfu_say_because(r, REASON_STATE_NOT_OFFERED, &known->migration_no, 1,
                        "%s is not offered: the device's migration flags are 0x%llx (#%llu)", name,
                        (unsigned long long)flags, (unsigned long long)known->migration_no);
}

static void say_report(struct vfu_refusal *r)
{
    uint64_t size = vfu_asked(r, "length"), page = vfu_asked(r, "page_size");

    if (!vfu_has_asked(r, "page_size"))
        return;
    vfu_because_not_logged(r, vfu_asked(r, "iova"), size, page);
    if (page && size / page < UINT32_MAX) {
        uint64_t pages = size / page + (size % page != 0);

        vfu_because_argsz(r, REPORT + (pages / 64 + (pages % 64 != 0)) * 8);
    }
}

/* Only pages that are powers of two can be logged. */
static void say_start(struct vfu_refusal *r)
{
    uint64_t page = vfu_asked(r, "page_size");

    if (vfu_has_asked(r, "page_size") && (page == 0 || page & (page - 1)))
        vfu_say_because(r, REASON_LOG_PAGE_SIZE, NULL, 0, "a page size of 0x%llx is no power of two",
                        (unsigned long long)page);
}

void vfu_reasons_feature(struct vfu_refusal *r)
{
    uint64_t flags = vfu_asked(r, "flags"), feature = vfu_asked(r, "feature");
    bool get = flags & VFIO_DEVICE_FEATURE_GET, probe = flags & VFIO_DEVICE_FEATURE_PROBE;

    if (!vfu_has_asked(r, "flags"))
        return;
    say_access(r, feature, flags);
    if (probe || !get)
        vfu_because_argsz(r, r->reply->request_payload);
    if (probe || r->count)
        return;
    if (feature == VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT)
        say_report(r);
    else if (get && access_of(feature))
        vfu_because_argsz(r, MIGRATION);
    else if (feature == VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE)
        say_arc(r);
    else if (feature == VFIO_DEVICE_FEATURE_DMA_LOGGING_START)
        say_start(r);
}

/* Does the device take part in migration at all? */
static void guess_migration(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;

    if (known->migration_no || known->migration_state_no || known->log.started || known->log.stopped)
        return;
    if (known->migration_refused_no)
        vfu_say_perhaps(r, REASON_NO_MIGRATION, &known->migration_refused_no, 1,
                        "the device has no migration: it refused to tell of it (#%llu)",
                        (unsigned long long)known->migration_refused_no);
    else if (known->agreed_no && !known->agreed.migration)
        vfu_say_perhaps(r, REASON_NO_MIGRATION, &known->agreed_no, 1,
                        "the device has no migration: VERSION's reply has none (#%llu)",
                        (unsigned long long)known->agreed_no);
}

/* States that not every device has, and nobody asked whether this one does. */
static void guess_offered(struct vfu_refusal *r)
{
    uint64_t to = vfu_asked(r, "device_state"), needed = vfu_migration_needs(to);

    if (vfu_has_asked(r, "device_state") && !r->peers->known.migration_no && r->seen_all &&
        needed & (VFIO_MIGRATION_P2P | VFU_MIGRATION_PRE_COPY))
        vfu_say_perhaps(r, REASON_STATE_NOT_OFFERED, NULL, 0, "%s is optional: the feature MIGRATION says who has it",
                        vfu_name_of(vfu_device_state_names, to));
}

/* libvfio-user holds what a client writes against the client's own limit. */
static void guess_own_limit(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;
    uint64_t size = vfu_asked(r, "size"), most = known->proposed.max_data_xfer_size;

    if (known->proposed_no && size > most)
        vfu_say_perhaps(r, REASON_TOO_LARGE, &known->proposed_no, 1,
                        "%llu bytes, the client's own max_data_xfer_size is %llu (#%llu)", (unsigned long long)size,
                        (unsigned long long)most, (unsigned long long)known->proposed_no);
}

void vfu_guess_feature(struct vfu_refusal *r)
{
    const struct vfu_known_log *log = &r->peers->known.log;
    uint64_t feature = vfu_asked(r, "feature");
    char size[VFU_RANGE_ROOM];

    if (r->reply->command_number == VFU_DEVICE_FEATURE && !vfu_has_asked(r, "feature"))
        return;
    if (r->reply->command_number == VFU_DEVICE_FEATURE && !access_of(feature)) {
        vfu_say_perhaps(r, REASON_UNKNOWN_FEATURE, NULL, 0, "%s is VFIO's, the specification of vfio-user has no such feature",
                        vfu_name_of(vfu_feature_names, feature));
        return;
    }
    if (feature == VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE)
        guess_offered(r);
    if (feature == VFIO_DEVICE_FEATURE_DMA_LOGGING_START && log->started && log->started < r->reply->reply_to)
        vfu_say_perhaps(r, REASON_LOG_RUNS, &log->started, 1, "logging runs since #%llu, with pages of %s",
                        (unsigned long long)log->started, vfu_reason_size(log->page_size, size));
    if (r->reply->command_number == VFU_MIG_DATA_WRITE)
        guess_own_limit(r);
    guess_migration(r);
}

/* Of whom? Data is read while saving, written while resuming. */
static void say_state(struct vfu_refusal *r, bool read)
{
    const struct vfu_connection *known = &r->peers->known;
    uint32_t state = known->migration_state;
    bool saving = state == VFU_STATE_STOP_COPY || state == VFU_STATE_PRE_COPY || state == VFU_STATE_PRE_COPY_P2P;
    const uint64_t no = known->migration_state_no;
    char name[VFU_NAME_ROOM], said[VFU_NO_ROOM];

    if (known->migration_state_known && no < r->reply->reply_to && !(read ? saving : state == VFU_STATE_RESUMING))
        vfu_say_because(r, REASON_WRONG_STATE, &no, 1, "the device is in state %s%s, not %s",
                        vfu_reason_name(vfu_device_state_names, "", state, name), vfu_reason_no(no, said),
                        read ? "PRE_COPY or STOP_COPY" : "RESUMING");
    else if (!known->migration_state_known && !no && !known->arc.no && r->seen_all)
        vfu_say_because(r, REASON_WRONG_STATE, NULL, 0, "no state was asked for: the device is not in %s",
                        read ? "PRE_COPY or STOP_COPY" : "RESUMING");
}

void vfu_reasons_mig_data(struct vfu_refusal *r)
{
    bool read = !r->reply->command->moves.write;
    uint64_t size = vfu_asked(r, "size");

    if (!vfu_has_asked(r, "size"))
        return;
    say_state(r, read);
    vfu_because_too_large(r, size, read ? VFU_CLIENT : VFU_SERVER);
    if (read)
        vfu_because_argsz(r, PLAIN + size);
}
