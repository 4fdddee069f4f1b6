/*
 * Tests of text: of strings, and of all that a line says, which is written piece by piece and looked through meanwhile.
 */
#include "decoder/filter/inside.h"
#include "decoder/sinks/sinks.h"

enum { PIECE = 4096 };

bool filter_test_string(const struct filter_node *n, const void *bytes, size_t size)
{
    if (n->kind == FILTER_THERE)
        return true;
    if (n->kind == FILTER_CONTAINS)
        return memmem(bytes, size, n->value, n->size) != NULL;
    return (size == n->size && memcmp(bytes, n->value, size) == 0) == (n->op == VFU_EQ);
}

struct search {
    const struct filter_node *node;
    bool found;
    char seam[2 * FILTER_TEXT]; /* the end of what was written, and then the beginning of what follows */
    size_t kept;
};

static bool look(void *context, const char *bytes, size_t size)
{
    struct search *s = context;
    size_t end = s->node->size - 1, joined = size < end ? size : end;

    memcpy(s->seam + s->kept, bytes, joined);
    s->found |= memmem(s->seam, s->kept + joined, s->node->value, s->node->size) != NULL ||
                memmem(bytes, size, s->node->value, s->node->size) != NULL;
    if (size >= end) {
        memcpy(s->seam, bytes + size - end, end);
        s->kept = end;
    } else {
        s->kept += joined;
        if (s->kept > end) {
            memmove(s->seam, s->seam + s->kept - end, end);
            s->kept = end;
        }
    }
    return true;
}

/* A long VERSION is cut in its line. */
static bool in_version(const struct filter_node *n, struct filter_message *m)
{
    const struct vfu_decoded *d;

    if (m->event->kind != VFU_EVENT_MESSAGE || m->event->command_number != VFU_VERSION)
        return false;
    d = filter_decoded(m);
    for (unsigned i = 0; i < d->count; i++)
        if (d->values[i].field->kind == VFU_JSON && filter_test_string(n, d->values[i].bytes, d->values[i].size))
            return true;
    return false;
}

bool filter_test_text(const struct filter_node *n, struct filter_message *m)
{
    struct search s = { .node = n };
    char piece[PIECE];
    struct vfu_writer w = vfu_writer(piece, sizeof piece, look, &s);

    vfu_text_words(m->event, &w);
    vfu_writer_flush(&w);
    return s.found || in_version(n, m);
}
