/*
 * What plugins are told of an event: the protocol's messages as accesses, mappings and the rest. The last place that
 * knows of vfio-user; a plugin does not.
 */
#include "decoder/wire/transfer.h"
#include "plugins/host/inside.h"

/* An event while it is translated. */
struct telling {
    const struct vfu_event *event;
    const struct vfu_decoded *d;
    struct vfu_view view; /* for the request's numbers */
    struct plugin_ask ask;
    plugin_asker *tell;
    void *context;
};

static uint64_t field(const struct telling *t, const char *name)
{
    return vfu_number(t->d->values, t->d->count, name, 0);
}

static const struct vfu_value *bytes_of(const struct telling *t)
{
    return vfu_value_by_name(t->d->values, t->d->count, "data");
}

static void tell(struct telling *t, enum plugin_ask_kind kind, const struct vfu_value *data)
{
    size_t size = data ? data->size : 0;

    t->ask.kind = kind;
    t->ask.data_size = (uint32_t)(size < PLUGIN_DATA ? size : PLUGIN_DATA);
    t->tell(t->context, &t->ask, data ? data->bytes : NULL);
}

static void number_from(struct vfp_access *a, const struct vfu_value *data, bool swapped)
{
    struct vfu_cursor c;

    if (!data || data->size != a->size || (a->size != 1 && a->size != 2 && a->size != 4 && a->size != 8))
        return;
    c = vfu_cursor(data->bytes, data->size, swapped);
    a->value = vfu_cursor_uint(&c, (unsigned)a->size);
    a->has_value = true;
}

/* Is the command of this reply at hand? Not where a capture without it says only its number. */
static bool has_request(const struct telling *t)
{
    return t->event->paired && t->event->request_size;
}

static void ask_access(struct telling *t, const struct vfu_moved *m)
{
    const struct vfu_event *e = t->event;

    t->ask.access = (struct vfp_access){ .time_ns = e->time.mono_ns,
                                         .region = (unsigned)m->region,
                                         .offset = m->at,
                                         .size = m->size,
                                         .is_write = m->transfer->write,
                                         .posted = t->ask.posted };
    number_from(&t->ask.access, m->data, e->message.swapped);
    tell(t, ASK_ACCESS, m->data);
}

static void ask_dma(struct telling *t, const struct vfu_moved *m)
{
    t->ask.dma = (struct vfp_dma){ .time_ns = t->event->time.mono_ns,
                                   .address = m->at,
                                   .size = m->size,
                                   .is_write = m->transfer->write };
    tell(t, ASK_DMA, m->data);
}

/* What a command asks for: whether it is done its reply says. A read that is posted brings nothing. */
static void asked(struct telling *t)
{
    const struct vfu_transfer *moves = &t->event->command->moves;
    struct vfu_moved m;
    unsigned told = 0;

    t->ask.posted = t->event->flags & VFU_NO_REPLY;
    if (t->ask.posted && !moves->write)
        return;
    for (bool more = vfu_moved_first(&m, t->event->command, t->d); more && told++ < VFU_MAX_WRITE_MULTI;
         more = vfu_moved_next(&m))
        (moves->space == VFU_REGION_SPACE ? ask_access : ask_dma)(t, &m);
}

/*
 * How far it was done. Of a list the reply says how many; of one that failed without that number nobody knows. A read's
 * bytes are its reply's.
 */
static void answered(struct telling *t)
{
    const struct vfu_event *e = t->event;
    const struct vfu_transfer *moves = &e->command->moves;
    bool refused = e->flags & VFU_ERROR;
    const struct vfu_value *data = moves->write || refused ? NULL : bytes_of(t);

    if (!e->paired)
        return;
    t->ask.about_no = e->reply_to;
    t->ask.done = moves->list ? vfu_number(t->d->values, t->d->count, "wr_cnt", refused ? 0 : UINT64_MAX) : !refused;
    t->ask.bytes = moves->list ? UINT64_MAX : vfu_number(t->d->values, t->d->count, "count", UINT64_MAX);
    t->ask.error = refused && e->error ? e->error : UINT32_MAX;
    t->ask.all = moves->list && refused && !t->ask.done;
    t->ask.access = (struct vfp_access){ .time_ns = e->time.mono_ns,
                                         .latency_ns = e->latency_ns,
                                         .size = data ? data->size : 0 };
    number_from(&t->ask.access, data, e->message.swapped);
    tell(t, ASK_DONE, data);
}

static void dma_map(struct telling *t)
{
    uint64_t flags = field(t, "flags");

    if (vfu_event_is_reply(t->event)) {
        if (!t->event->paired)
            return;
        t->ask.about_no = t->event->reply_to;
        t->ask.error = t->event->flags & VFU_ERROR;
        tell(t, ASK_MAP_DONE, NULL);
        return;
    }
    t->ask.fd_offset = field(t, "offset");
    t->ask.map = (struct vfp_map){ .address = field(t, "address"),
                                   .size = field(t, "size"),
                                   .readable = flags & VFU_DMA_READABLE,
                                   .writeable = flags & VFU_DMA_WRITEABLE,
                                   .shared = t->event->message.nfds > 0 };
    tell(t, ASK_MAP_SENT, NULL);
    if (t->event->flags & VFU_NO_REPLY) { /* it counts as done */
        t->ask.about_no = t->event->message.no;
        tell(t, ASK_MAP_DONE, NULL);
    }
}

static void dma_unmap(struct telling *t)
{
    if (!vfu_event_is_reply(t->event) || !has_request(t) || t->event->flags & VFU_ERROR)
        return;
    t->ask.map = (struct vfp_map){ .address = vfu_request_number(&t->view, "address", 0),
                                   .size = vfu_request_number(&t->view, "size", 0),
                                   .unmapped = true };
    t->ask.all = vfu_request_number(&t->view, "flags", 0) & VFIO_DMA_UNMAP_FLAG_ALL;
    tell(t, ASK_UNMAP, NULL);
}

/* The areas of a region that can be mapped, behind those that there are. */
static void add_areas(const struct vfu_value *list, struct plugin_area *areas, unsigned *count)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    unsigned n;
    bool broken = false;

    while (*count < PLUGIN_AREAS && vfu_list_next(list, &at, &layout, values, &n, &broken))
        areas[(*count)++] = (struct plugin_area){ .offset = vfu_number(values, n, "offset", 0),
                                                  .size = vfu_number(values, n, "size", 0) };
}

/* What capabilities say of a region; false: there is no list of areas among them. */
static bool region_capabilities(struct telling *t, struct plugin_area *areas, unsigned *count)
{
    const struct vfu_value *caps = vfu_value_by_name(t->d->values, t->d->count, "capabilities"), *found;
    struct vfu_value values[VFU_MAX_VALUES], list;
    struct vfp_region_info *info = &t->ask.region_info;
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    unsigned n;
    bool broken = false, any = false;

    while (caps && vfu_list_next(caps, &at, &layout, values, &n, &broken)) {
        info->msix_mappable |= vfu_number(values, n, "id", 0) == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE;
        found = any ? NULL : vfu_value_by_name(values, n, "areas");
        if (!found)
            continue;
        any = info->sparse = true;
        list = *found;
        add_areas(&list, areas, count);
    }
    info->whole = !(info->flags & VFIO_REGION_INFO_FLAG_CAPS) ||
                  (field(t, "cap_offset") && field(t, "argsz") <= t->event->size - VFU_HEADER_SIZE && !broken &&
                   !t->d->truncated && *count < PLUGIN_AREAS);
    return any;
}

static void region_info(struct telling *t)
{
    struct plugin_area areas[PLUGIN_AREAS];
    struct vfu_value data = { .bytes = (const uint8_t *)areas };
    unsigned count = 0;

    if (vfu_message_at_hand(&t->event->message) < VFU_HEADER_SIZE + sizeof(struct vfio_region_info))
        return;
    t->ask.region = (uint32_t)field(t, "index");
    t->ask.region_info = (struct vfp_region_info){ .size = field(t, "size"), .flags = (uint32_t)field(t, "flags") };
    if (!region_capabilities(t, areas, &count) && t->ask.region_info.flags & VFIO_REGION_INFO_FLAG_MMAP)
        areas[count++] = (struct plugin_area){ 0, t->ask.region_info.size };
    if (!(t->ask.region_info.flags & VFIO_REGION_INFO_FLAG_MMAP))
        count = 0;
    data.size = count * sizeof areas[0];
    tell(t, ASK_REGION, &data);
}

static void irq_info(struct telling *t)
{
    if (t->d->truncated || t->d->is_short)
        return;
    t->ask.region = (uint32_t)field(t, "index");
    t->ask.irq_info = (struct vfp_irq_info){ .flags = (uint32_t)field(t, "flags"), .count = (uint32_t)field(t, "count") };
    tell(t, ASK_IRQ, NULL);
}

static void succeeded(struct telling *t)
{
    const struct vfu_event *e = t->event;

    if (!vfu_event_is_reply(e) || e->flags & VFU_ERROR)
        return;
    if (e->command_number == VFU_DEVICE_RESET) {
        t->ask.about_no = e->paired ? e->reply_to : 0;
        tell(t, ASK_RESET, NULL);
    } else if (e->command_number == VFU_DEVICE_GET_REGION_INFO) {
        region_info(t);
    } else if (e->command_number == VFU_DEVICE_GET_IRQ_INFO) {
        irq_info(t);
    } else if (vfu_value_by_name(t->d->values, t->d->count, "device_state") &&
               vfu_request_number(&t->view, "flags", 0) & VFIO_DEVICE_FEATURE_SET) {
        t->ask.number = (uint32_t)field(t, "device_state");
        tell(t, ASK_MIGRATION, NULL);
    }
}

static void tell_message(struct telling *t)
{
    enum vfu_space space = t->event->command ? t->event->command->moves.space : VFU_NO_SPACE;

    if (space == VFU_REGION_SPACE || space == VFU_MEMORY_SPACE) {
        if (vfu_event_is_reply(t->event))
            answered(t);
        else if (vfu_event_is_command(t->event))
            asked(t);
        return;
    }
    switch (t->event->command_number) {
    case VFU_DMA_MAP:
        dma_map(t);
        break;
    case VFU_DMA_UNMAP:
        dma_unmap(t);
        break;
    case VFU_DEVICE_RESET:
    case VFU_DEVICE_GET_REGION_INFO:
    case VFU_DEVICE_GET_IRQ_INFO:
    case VFU_DEVICE_FEATURE:
        succeeded(t);
        break;
    default:
        break;
    }
}

void plugin_events(const struct vfu_event *event, bool after_gap, plugin_asker *ask, void *context)
{
    struct telling t = { .event = event,
                         .ask = { .conn = event->conn },
                         .tell = ask,
                         .context = context };
    struct vfu_value memory;
    struct vfu_decoded room;

    if (after_gap)
        tell(&t, ASK_GAP, NULL);
    switch (event->kind) {
    case VFU_EVENT_MESSAGE:
        t.ask.no = event->message.no;
        t.view.event = event;
        t.d = vfu_decoded_of(event, &room);
        tell_message(&t);
        break;
    case VFU_EVENT_CONNECT:
        tell(&t, ASK_CONNECT, NULL);
        break;
    case VFU_EVENT_DISCONNECT:
        tell(&t, ASK_DISCONNECT, NULL);
        break;
    case VFU_EVENT_INTERRUPT:
        t.ask.interrupt = (struct vfp_interrupt){ .time_ns = event->time.mono_ns,
                                                  .index = event->interrupt.index,
                                                  .vector = event->interrupt.vector,
                                                  .count = event->interrupt.count };
        tell(&t, ASK_INTERRUPT, NULL);
        break;
    case VFU_EVENT_LOOK:
        t.ask.interrupt = (struct vfp_interrupt){ .time_ns = event->time.mono_ns };
        tell(&t, ASK_LOOK, NULL);
        break;
    case VFU_EVENT_MEMORY:
        t.ask.no = event->memory.no;
        t.ask.address = event->memory.address;
        memory = (struct vfu_value){ .bytes = event->memory.bytes, .size = event->memory.size };
        tell(&t, ASK_MEMORY, &memory);
        break;
    default:
        break;
    }
}
