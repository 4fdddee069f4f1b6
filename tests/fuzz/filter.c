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
    const struct vfu_command *all;
    size_t count;

    if (*argc < 2 || strcmp((*argv)[1], "--words") != 0)
        return 0;
    all = vfu_commands(&count);
    for (size_t i = 0; i < count; i++) {
        puts(all[i].name);
        put_shape(&all[i].request);
        put_shape(&all[i].reply);
    }
    put_fields(&vfu_header_layout);
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
        struct vfu_event event;

        if (m.captured > used)
            m.captured = used;
        memcpy(bytes, &i, 2);
        bytes[0] &= 0xfe; /* a reply has its command's id */
        memcpy(bytes + 2, &command, 2);
        memcpy(bytes + 4, fields, sizeof fields);
        memcpy(bytes + VFU_HEADER_SIZE, data, used - VFU_HEADER_SIZE);
        vfu_session_message(session, &m, &event);
        if (filter)
            vfu_filter_match(filter, &event, NULL, i % 3 == 0);
        if (injection)
            vfu_inject_strikes(injection, &event, NULL, &random);
    }
    free(bytes);
    vfu_session_free(session);
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
    filter = vfu_filter_parse(text, &where);
    if (filter)
        ask(filter, NULL, data, size);
    else if (where.column == 0 || where.column > size + 1 || !memchr(where.text, '\0', sizeof where.text))
        abort();
    vfu_filter_free(filter);
    if (vfu_inject_parse(text, &injection, &error))
        ask(NULL, &injection, data, size);
    else if (!memchr(error.text, '\0', sizeof error.text))
        abort();
    vfu_inject_free(&injection);
    free(text);
    return 0;
}
