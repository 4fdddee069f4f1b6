/*
 * A capture as a device: see recorded.h.
 */
#include "cli/recorded.h"
#include "capture/file/capfile.h"
#include "cli/cli.h"
#include "cli/diff/diff.h"
#include "decoder/session/session.h"
#include "decoder/wire/decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number(const struct vfu_event *e, const char *name)
{
    return vfu_number(e->decoded->values, e->decoded->count, name, 0);
}

/* What both sides' commands are compared as: without replies, which are the server's, nor what comes of the mmap flag. */
static bool is_compared(const struct vfu_event *e)
{
    if (e->kind == VFU_EVENT_CONNECT)
        return true;
    if (e->kind != VFU_EVENT_MESSAGE || e->from != VFU_CLIENT || !vfu_event_is_command(e) || e->command_number == VFU_VERSION)
        return false;
    return e->command_number != VFU_DEVICE_GET_REGION_INFO || !e->decoded || number(e, "argsz") <= sizeof(struct vfio_region_info);
}

/* The same read again, with nothing between: how often somebody polls is no difference. */
static bool polls(struct cli_recorded_talk *t, const struct vfu_event *e)
{
    bool again = false;

    if (e->kind == VFU_EVENT_CONNECT)
        return false;
    if (e->command_number != VFU_REGION_READ || !e->decoded) {
        t->reads = false;
        return false;
    }
    again = t->reads && t->region == number(e, "region") && t->offset == number(e, "offset") && t->count == number(e, "count");
    t->reads = true;
    t->region = number(e, "region");
    t->offset = number(e, "offset");
    t->count = number(e, "count");
    return again;
}

static void compare_later(struct cli_recorded_talk *t, const struct vfu_event *e)
{
    if (is_compared(e) && !polls(t, e) && !vfu_conversations_event(&t->all, e))
        cli_error("out of memory: not all is compared");
}

/* --- the tape --- */

static void take_region(struct tape *t, const struct vfu_event *e)
{
    uint64_t index = number(e, "index"), flags = number(e, "flags");

    if (index >= TAPE_REGIONS)
        return;
    if (flags & VFIO_REGION_INFO_FLAG_MMAP)
        t->withdrawn |= UINT64_C(1) << index;
    t->regions[index] = (struct dev_region){ .size = number(e, "size"), .readable = flags & VFIO_REGION_INFO_FLAG_READ,
                                             .writeable = flags & VFIO_REGION_INFO_FLAG_WRITE, .fd = -1 };
    if (t->region_count <= index)
        t->region_count = (unsigned)index + 1;
}

static void take_info(struct tape *t, const struct vfu_event *e)
{
    uint64_t regions = number(e, "num_regions"), irqs = number(e, "num_irqs");

    if (regions <= TAPE_REGIONS && t->region_count < regions)
        t->region_count = (unsigned)regions;
    if (irqs <= DEV_MAX_IRQS && t->irq_count < irqs)
        t->irq_count = (unsigned)irqs;
}

static void take_irq(struct cli_recorded *r, const struct vfu_event *e)
{
    struct tape *t = &r->tape;
    uint64_t index = number(e, "index");

    if (index >= DEV_MAX_IRQS)
        return;
    r->told_irqs |= 1u << index;
    t->irqs[index] = (struct dev_irq){ (uint32_t)number(e, "count"),
                                       (uint32_t)number(e, "flags") & (VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED) };
    if (t->irqs[index].count > DEV_MAX_VECTORS)
        t->irqs[index].count = DEV_MAX_VECTORS;
    if (t->irq_count <= index)
        t->irq_count = (unsigned)index + 1;
}

/* QEMU sets up INTx and asks nothing about it. */
static void take_set_irqs(struct cli_recorded *r, const struct vfu_event *e)
{
    uint64_t index = number(e, "index"), end = number(e, "start") + number(e, "count");

    if (index >= DEV_MAX_IRQS || end > DEV_MAX_VECTORS)
        return;
    if (r->used_irqs[index] < (end ? end : 1))
        r->used_irqs[index] = end ? (uint32_t)end : 1;
}

/* The data of a message, if all of it is there. */
static uint8_t *data_of(const struct vfu_event *e, uint64_t size)
{
    const struct vfu_value *data = vfu_value_by_name(e->decoded->values, e->decoded->count, "data");
    uint8_t *bytes = data && data->size == size && size ? malloc(size) : NULL;

    if (bytes)
        memcpy(bytes, data->bytes, size);
    return bytes;
}

static bool add(struct tape *t, enum tape_kind kind, const struct vfu_event *e, const char *where, bool with_data)
{
    struct tape_step s = { .kind = kind, .region = (unsigned)number(e, "region"), .offset = number(e, where),
                           .size = number(e, kind == TAPE_MAP || kind == TAPE_UNMAP ? "size" : "count"), .no = e->message.no };

    if (s.size > VFU_MAX_MESSAGE && kind != TAPE_MAP && kind != TAPE_UNMAP)
        return true;
    s.bytes = with_data ? data_of(e, s.size) : NULL;
    return tape_add(t, &s);
}

/* A read has its data in the reply, and stands where its command stood among the others: by their numbers, which rise. */
static void take_access_reply(struct tape *t, const struct vfu_event *e)
{
    for (size_t i = t->count; i-- > 0 && t->steps[i].no >= e->reply_to;) {
        struct tape_step *s = &t->steps[i];

        if (s->no != e->reply_to || (s->kind != TAPE_READ && s->kind != TAPE_WRITE))
            continue;
        if (e->flags & VFU_ERROR)
            s->error = e->error ? (int)e->error : EIO;
        else if (s->kind == TAPE_READ && !s->bytes)
            s->bytes = data_of(e, s->size);
        return;
    }
}

static bool take_message(struct cli_recorded *r, const struct vfu_event *e)
{
    struct tape *t = &r->tape;

    if (vfu_event_is_reply(e)) {
        if (e->from != VFU_SERVER)
            return true;
        if (e->command_number == VFU_DEVICE_GET_REGION_INFO && !(e->flags & VFU_ERROR))
            take_region(t, e);
        else if (e->command_number == VFU_DEVICE_GET_INFO && !(e->flags & VFU_ERROR))
            take_info(t, e);
        else if (e->command_number == VFU_DEVICE_GET_IRQ_INFO && !(e->flags & VFU_ERROR))
            take_irq(r, e);
        take_access_reply(t, e);
        return true;
    }
    if (e->from == VFU_SERVER) {
        if (e->command_number == VFU_DMA_READ)
            return add(t, TAPE_DMA_READ, e, "address", false);
        return e->command_number != VFU_DMA_WRITE || add(t, TAPE_DMA_WRITE, e, "address", true);
    }
    switch (e->command_number) {
    case VFU_REGION_READ:
        return add(t, TAPE_READ, e, "offset", false);
    case VFU_REGION_WRITE:
        return add(t, TAPE_WRITE, e, "offset", true);
    case VFU_DMA_MAP:
        return add(t, TAPE_MAP, e, "address", false);
    case VFU_DMA_UNMAP:
        return add(t, TAPE_UNMAP, e, "address", false);
    case VFU_DEVICE_RESET:
        return tape_add(t, &(struct tape_step){ .kind = TAPE_RESET, .no = e->message.no });
    case VFU_DEVICE_SET_IRQS:
        take_set_irqs(r, e);
        return true;
    default:
        return true;
    }
}

static bool take(struct cli_recorded *r, const struct vfu_event *e)
{
    struct tape *t = &r->tape;

    if (e->kind == VFU_EVENT_INTERRUPT)
        return tape_add(t, &(struct tape_step){ .kind = TAPE_INTERRUPT, .region = e->interrupt.index,
                                                .offset = e->interrupt.vector, .no = t->count ? t->steps[t->count - 1].no : 0 });
    return e->kind != VFU_EVENT_MESSAGE || !e->decoded || take_message(r, e);
}

/* What the capture does not tell of reaches as far as it was used. */
static void complete(struct cli_recorded *r)
{
    struct tape *t = &r->tape;

    for (size_t i = 0; i < t->count; i++) {
        const struct tape_step *s = &t->steps[i];
        struct dev_region *region = s->region < TAPE_REGIONS ? &t->regions[s->region] : NULL;
        uint64_t end = s->offset + s->size;

        if ((s->kind != TAPE_READ && s->kind != TAPE_WRITE) || !region || s->error || region->size >= end)
            continue;
        *region = (struct dev_region){ .size = end, .readable = true, .writeable = true, .fd = -1 };
        if (t->region_count <= s->region)
            t->region_count = s->region + 1;
    }
    for (unsigned i = 0; i < DEV_MAX_IRQS; i++) {
        if (r->told_irqs & 1u << i || !r->used_irqs[i])
            continue;
        t->irqs[i].count = r->used_irqs[i];
        t->irqs[i].flags = i == VFIO_PCI_INTX_IRQ_INDEX ? VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED : 0;
        if (t->irq_count <= i)
            t->irq_count = i + 1;
    }
    if (t->irq_count < VFIO_PCI_NUM_IRQS)
        t->irq_count = VFIO_PCI_NUM_IRQS;
}

static bool read_all(struct cli_recorded *r, struct vfu_capreader *reader, struct vfu_session *session, struct vfu_error *error)
{
    struct vfu_event read, event;
    enum vfu_captured got = VFU_CAPTURED_END;
    uint32_t conn = 0;
    bool good = true;

    while (good && (got = vfu_capreader_next(reader, &read, error)) < VFU_CAPTURED_END) {
        event = read;
        if (got == VFU_CAPTURED_MESSAGE)
            vfu_session_message(session, &read.message, &event);
        else
            vfu_session_event(session, &event);
        conn = conn ? conn : event.conn;
        if (event.conn != conn)
            continue;
        good = take(r, &event) || vfu_fail(error, 0, "out of memory");
        compare_later(&r->was, &event);
    }
    vfu_conversations_end(&r->was.all);
    if (good && got == VFU_CAPTURED_BAD)
        return false;
    if (good && !r->tape.region_count && !r->tape.count)
        return vfu_fail(error, 0, "%s: has no device", r->path);
    return good;
}

bool cli_recorded_load(struct cli_recorded *r, const char *path)
{
    struct vfu_session *session = vfu_session_new(NULL);
    struct vfu_error error;
    struct vfu_capreader *reader = vfu_capreader_open(path, NULL, &error);
    bool good = false;

    *r = (struct cli_recorded){ .path = path };
    if (reader && session)
        good = read_all(r, reader, session, &error);
    else if (reader)
        vfu_fail(&error, 0, "out of memory");
    if (good)
        complete(r);
    else
        cli_error("%s", error.text);
    if (good && r->tape.withdrawn)
        cli_error("%s: what could be mapped is reached by messages here: the mmap flag is withdrawn", path);
    if (reader)
        vfu_capreader_close(reader);
    vfu_session_free(session);
    return good;
}

void cli_recorded_free(struct cli_recorded *r)
{
    tape_free(&r->tape);
    vfu_conversations_free(&r->was.all);
    vfu_conversations_free(&r->now.all);
}

/* --- what differs --- */

void cli_recorded_event(struct cli_recorded *r, const struct vfu_event *event)
{
    compare_later(&r->now, event);
}

uint64_t cli_recorded_differs(struct cli_recorded *r)
{
    uint64_t count;

    vfu_conversations_end(&r->now.all);
    count = diff_conversations(r->path, &r->was.all, "this client", &r->now.all, stderr);
    vfu_conversations_free(&r->now.all);
    r->now = (struct cli_recorded_talk){ 0 };
    return count;
}
