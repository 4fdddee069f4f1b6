/*
 * Fuzzer: a filter, or an injection's SPEC, and messages of every kind that it is asked about, whole and cut. Called with
 * --words it prints the words of the table for the dictionary instead.
 */
#include "capture/tap/inject.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* --- registers that are known, and that events name --- */

static const struct vfu_register_value states[] = { { 0, "normal" }, { 2, "complete" }, { 3, "64K" } };
static const struct vfu_register_field bits[] = { { "RDY", 0, 1, 0, NULL }, { "bus state", 2, 2, 3, states }, { "high", 32, 32, 0, NULL } };
static const struct vfu_register csts = { .name = "nvme.csts", .width = 8, .field_count = 3, .fields = bits };
static const struct vfu_register bell = { .name = "nvme.sq bell", .width = 4 };
static struct vfu_register_place places[] = {
    { .reg = &csts, .region = 0, .offset = 0 },
    { .reg = &bell, .region = 0, .offset = 8, .count = 1000, .stride = 4 },
    { .reg = &bell, .region = VFU_FILTER_NOWHERE, .offset = UINT64_MAX, .count = UINT32_MAX, .stride = UINT64_MAX },
};
static struct vfu_register_map map = { places, sizeof places / sizeof places[0] };

static const struct vfu_register_map *registers(void *context)
{
    return context;
}

static const struct vfu_filter_known known = { registers, &map };

static void name_registers(struct vfu_event *event, struct vfu_register_at room[VFU_REGISTERS_NAMED])
{
    struct vfu_decoded decoded;
    struct vfu_moved m;

    if (event->kind != VFU_EVENT_MESSAGE || !event->command || event->command->moves.space != VFU_REGION_SPACE)
        return;
    vfu_decode(event, &decoded);
    if (!vfu_moved_first(&m, event->command, &decoded))
        return;
    event->register_count = vfu_register_map_find(&map, m.region % 2, m.at % 64, m.size % 9, room);
    event->registers = room;
}

static void put_names(const struct vfu_name *names)
{
    for (; names && names->name; names++)
        puts(names->name);
}

static void put_fields(const struct vfu_layout *layout)
{
    for (const struct vfu_field *f = layout->fields; f->name; f++) {
        puts(f->name);
        put_names(f->names);
    }
}

static void put_shape(const struct vfu_shape *shape)
{
    const struct vfu_layout *layout;

    for (unsigned i = 0; (layout = vfu_shape_layout(shape, i)) != NULL; i++)
        put_fields(layout);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const own[] = { "value", "register", "text", "contains", "nvme.csts", "nvme.csts.rdy", "bus_state", "complete",
                                       "nvme.sq_bell[1]", "bar0+0x14", "name", "spec", "latency", "time", "in", "and", "or", "not" };
    const struct vfu_command *all;
    size_t count;

    vfu_register_map_sort(places, map.count);
    if (*argc < 2 || strcmp((*argv)[1], "--words") != 0)
        return 0;
    all = vfu_commands(&count);
    for (size_t i = 0; i < count; i++) {
        puts(all[i].name);
        put_shape(&all[i].request);
        put_shape(&all[i].reply);
    }
    put_fields(&vfu_header_layout);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        puts(own[i]);
    fflush(stdout);
    _exit(0);
}

/* A message whose payload is the input's own bytes, then its reply: each command in turn. */
static void ask(const struct vfu_filter *filter, struct vfu_injection *injection, const uint8_t *data, size_t size)
{
    struct vfu_session *session = vfu_session_new(&vfu_all_checks);
    size_t used = VFU_HEADER_SIZE + (size < 64 ? size : 64);
    uint8_t *bytes = malloc(used);
    uint64_t random = 1;

    for (uint16_t i = 0; session && bytes && i < 40; i++) {
        struct vfu_message m = { .conn = 1, .from = i & 1 ? VFU_SERVER : VFU_CLIENT, .bytes = bytes,
                                 .captured = i < 30 ? used : VFU_HEADER_SIZE + used % 7, .size = used,
                                 .time = { .wall_ns = i * 1000u, .mono_ns = i * 1000u } };
        uint16_t command = (uint16_t)(i / 2 + 1);
        uint32_t fields[3] = { (uint32_t)used, i & 1 ? VFU_TYPE_REPLY : VFU_TYPE_COMMAND, 0 };
        struct vfu_register_at room[VFU_REGISTERS_NAMED];
        struct vfu_event event;

        if (m.captured > used)
            m.captured = used;
        memcpy(bytes, &i, 2);
        bytes[0] &= 0xfe; /* a reply has its command's id */
        memcpy(bytes + 2, &command, 2);
        memcpy(bytes + 4, fields, sizeof fields);
        memcpy(bytes + VFU_HEADER_SIZE, data, used - VFU_HEADER_SIZE);
        vfu_session_message(session, &m, &event);
        name_registers(&event, room);
        if (filter)
            vfu_filter_match(filter, &event, NULL, i % 3 == 0);
        if (injection)
            vfu_inject_strikes(injection, &event, NULL, &random);
    }
    free(bytes);
    vfu_session_free(session);
}

/* What is offered stands in the place of the word at the text's end. */
static void offered(void *context, const char *word)
{
    if (!*word || !context)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct vfu_injection injection = { 0 };
    struct vfu_filter_error where;
    struct vfu_filter *filter;
    struct vfu_error error;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    filter = vfu_filter_parse(text, &known, &where);
    if (filter)
        ask(filter, NULL, data, size);
    else if (where.column == 0 || where.column > size + 1 || !memchr(where.text, '\0', sizeof where.text))
        abort();
    vfu_filter_free(filter);
    if (vfu_filter_complete(text, false, &known, offered, text) > strlen(text))
        abort();
    if (vfu_inject_parse(text, &known, &injection, &error))
        ask(NULL, &injection, data, size);
    else if (!memchr(error.text, '\0', sizeof error.text))
        abort();
    vfu_inject_free(&injection);
    free(text);
    return 0;
}
