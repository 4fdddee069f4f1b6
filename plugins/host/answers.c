/*
 * The answers to a batch, as the plugins' process wrote them. They are a claim: nothing is taken that is not whole.
 */
#include "plugins/host/inside.h"

#include <string.h>

static bool take(struct plugin_answers *a, void *to, size_t size)
{
    if (size > a->size - a->at)
        return false;
    memcpy(to, a->bytes + a->at, size);
    a->at += size;
    return true;
}

bool plugin_answers_next(struct plugin_answers *a, struct plugin_answer *head)
{
    return take(a, head, sizeof *head) && head->notes <= PLUGIN_NOTES;
}

bool plugin_answers_note(struct plugin_answers *a, struct vfu_note *note)
{
    if (!take(a, note, sizeof *note))
        return false;
    note->plugin[sizeof note->plugin - 1] = note->text[sizeof note->text - 1] = '\0';
    return true;
}

bool plugin_answers_read(struct plugin_answers *a, struct plugin_read *read, const uint8_t **bytes)
{
    if (!take(a, read, sizeof *read) || read->size > a->size - a->at)
        return false;
    *bytes = a->bytes + a->at;
    a->at += read->size;
    return true;
}
