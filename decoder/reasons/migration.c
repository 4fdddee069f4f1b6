/*
 * Migration: what the features' and the data's replies say of it.
 */
#include "decoder/reasons/migration.h"
#include "decoder/wire/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A reply, and what it answers. */
struct answer {
    const struct vfu_event *event;
    struct vfu_view view;
    struct vfu_decoded room;
    const struct vfu_decoded *decoded;
};

/* What was cut off counts as nothing that there is. */
static uint64_t asked(const struct answer *a, const char *name, uint64_t otherwise)
{
    return vfu_request_number(&a->view, name, otherwise);
}

static uint64_t flags_asked(const struct answer *a)
{
    return asked(a, "flags", 0); /* where they were cut off, so was the feature, which comes to nothing then */
}

static uint64_t answered(const struct answer *a, const char *name, uint64_t otherwise)
{
    return vfu_number(a->decoded->values, a->decoded->count, name, otherwise);
}

static bool failed(const struct answer *a)
{
    return a->event->flags & VFU_ERROR;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct vfu_migration *m, const struct answer *a,
                                                         const char *format, ...)
{
    va_list args;

    if (m->refused.no)
        return; /* what comes of it is no news */
    m->refused.no = a->event->message.no;
    m->refused.error = a->event->error;
    va_start(args, format);
    vsnprintf(m->refused.what, sizeof m->refused.what, format, args);
    va_end(args);
}

static const char *state_name(uint64_t state)
{
    const char *name = vfu_name_of(vfu_device_state_names, state);

    return name ? name : "an unknown state";
}

static void takes_part(struct vfu_migration *m, const struct answer *a)
{
    if (m->part == VFU_PART_YES)
        return;
    m->part = VFU_PART_YES;
    m->part_no = a->event->message.no;
}

/* Can the device migrate? EINVAL is "no" in all words but that. */
static void take_feature_migration(struct vfu_migration *m, const struct answer *a)
{
    bool probed = flags_asked(a) & VFIO_DEVICE_FEATURE_PROBE;

    uint64_t flags = answered(a, "migration_flags", UINT64_MAX);

    if (!failed(a) && (probed || flags == UINT64_MAX))
        return;
    if (!failed(a) && flags != 0) {
        takes_part(m, a);
    } else if (m->part != VFU_PART_YES) {
        m->part = VFU_PART_NO;
        m->part_no = a->event->message.no;
        m->part_error = failed(a) ? a->event->error : 0;
    }
}

static void take_state(struct vfu_migration *m, const struct answer *a)
{
    uint64_t wanted = asked(a, "device_state", UINT32_MAX);

    if (flags_asked(a) & VFIO_DEVICE_FEATURE_PROBE)
        return;
    if (failed(a) && !(flags_asked(a) & VFIO_DEVICE_FEATURE_SET)) {
        refuse(m, a, "to tell its state");
    } else if (failed(a)) {
        if (m->state_no)
            refuse(m, a, "%s -> %s", state_name(m->state), state_name(wanted));
        else
            refuse(m, a, "to go to %s", state_name(wanted));
    } else {
        takes_part(m, a);
        m->refused.no = 0;
        m->state = (uint32_t)answered(a, "device_state", wanted);
        m->state_no = a->event->message.no;
    }
}

/* The log of dirty pages. */
static void take_log(struct vfu_migration *m, const struct answer *a, uint64_t feature)
{
    const char *name = vfu_name_of(vfu_feature_names, feature);

    m->log = true;
    if (failed(a) && !(flags_asked(a) & VFIO_DEVICE_FEATURE_PROBE))
        refuse(m, a, "%s", name ? name : "the log");
    else if (m->refused.no && name && strcmp(m->refused.what, name) == 0)
        m->refused.no = 0;
}

static void take_data(struct vfu_migration *m, const struct answer *a)
{
    uint64_t size = asked(a, "size", UINT64_MAX), got;

    if (failed(a)) {
        refuse(m, a, "%s", a->event->command->name);
        return;
    }
    takes_part(m, a);
    if (size == UINT64_MAX) {
        m->data_cut = true;
    } else if (a->event->command_number == VFU_MIG_DATA_READ) {
        got = answered(a, "size", size);
        m->reads++;
        m->bytes_read += got;
        m->read_all = got < size;
    } else {
        m->writes++;
        m->bytes_written += size;
    }
}

static struct vfu_migration *of_connection(struct vfu_migrations *m, uint32_t conn)
{
    for (unsigned i = 0; i < m->count; i++)
        if (m->list[i].conn == conn)
            return &m->list[i];
    if (m->count == VFU_MAX_MIGRATIONS)
        return NULL;
    m->list[m->count].conn = conn;
    return &m->list[m->count++];
}

static void take_feature(struct vfu_migrations *all, const struct answer *a)
{
    uint64_t feature = asked(a, "feature", UINT64_MAX);
    struct vfu_migration *m;

    switch (feature) {
    case VFIO_DEVICE_FEATURE_MIGRATION:
    case VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE:
    case VFIO_DEVICE_FEATURE_DMA_LOGGING_START:
    case VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP:
    case VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT:
        break;
    default:
        return;
    }
    m = of_connection(all, a->event->conn);
    if (!m)
        return;
    if (feature == VFIO_DEVICE_FEATURE_MIGRATION)
        take_feature_migration(m, a);
    else if (feature == VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE)
        take_state(m, a);
    else
        take_log(m, a, feature);
}

/* A reply that may tell of a migration. */
static void take_reply(struct vfu_migrations *m, const struct vfu_event *event)
{
    struct answer a = { .event = event, .view.event = event };
    struct vfu_migration *one;

    a.decoded = vfu_decoded_of(event, &a.room);
    if (event->command_number == VFU_DEVICE_FEATURE)
        take_feature(m, &a);
    else if ((one = of_connection(m, event->conn)) != NULL)
        take_data(one, &a);
}

void vfu_migrations_event(struct vfu_migrations *m, const struct vfu_event *event)
{
    if (event->kind == VFU_EVENT_MESSAGE && event->command_number >= VFU_DEVICE_FEATURE && event->command &&
        vfu_event_is_reply(event) && event->paired && !event->message.changed)
        take_reply(m, event);
}

const char *vfu_takes_part_name(enum vfu_takes_part part)
{
    return part == VFU_PART_YES ? "yes" : part == VFU_PART_NO ? "no" : "unknown";
}

/* A piece of the sentence. */
__attribute__((format(printf, 2, 3))) static void add(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + used, VFU_MIGRATION_TEXT - used, format, args);
    va_end(args);
}

static void add_error(char *text, uint64_t no, uint32_t error)
{
    const char *name = vfu_name_of(vfu_errno_names, error);

    if (name)
        add(text, " (#%llu: %s)", (unsigned long long)no, name);
    else
        add(text, " (#%llu: error %u)", (unsigned long long)no, error);
}

static void add_data(const struct vfu_migration *m, char *text)
{
    if (m->data_cut)
        add(text, "; how many bytes of its data were moved was cut off");
    if (m->reads)
        add(text, "; %llu bytes of its data were read, %s", (unsigned long long)m->bytes_read,
            m->read_all ? "to the end" : "not to the end");
    if (m->writes)
        add(text, "; %llu bytes of its data were written", (unsigned long long)m->bytes_written);
}

void vfu_migration_say(const struct vfu_migration *m, char text[VFU_MIGRATION_TEXT])
{
    text[0] = '\0';
    if (m->part == VFU_PART_NO && m->part_error) {
        add(text, "the device takes no part: MIGRATION was refused");
        add_error(text, m->part_no, m->part_error);
    } else if (m->part == VFU_PART_NO) {
        add(text, "the device takes no part: it has no way to migrate (#%llu)", (unsigned long long)m->part_no);
    } else if (m->refused.no) {
        add(text, "it stopped where the device refused %s", m->refused.what);
        add_error(text, m->refused.no, m->refused.error);
    } else if (m->state_no && (m->state == VFU_STATE_PRE_COPY || m->state == VFU_STATE_PRE_COPY_P2P ||
                               m->state == VFU_STATE_STOP_COPY || m->state == VFU_STATE_RESUMING)) {
        add(text, "the last state is %s (#%llu), which was not left", state_name(m->state), (unsigned long long)m->state_no);
    } else if (m->state_no) {
        add(text, "the last state is %s (#%llu)", state_name(m->state), (unsigned long long)m->state_no);
    } else if (m->part == VFU_PART_YES) {
        add(text, "the device can migrate (#%llu)%s", (unsigned long long)m->part_no,
            m->reads || m->writes || m->data_cut ? "" : ", and was not asked to");
    } else if (m->log) {
        add(text, "the log of dirty pages was used, and nothing else");
    } else {
        add(text, "whether the device can migrate was not told");
    }
    add_data(m, text);
}
