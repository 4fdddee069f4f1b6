/*
 * What the plugins' process says: what it loaded, how far it came, which plugins ended, the answers to a batch. All of
 * it is a claim. What lies in shared memory is read once; nothing is used that was not checked.
 */
#include "plugins/host/inside.h"

#include <signal.h>
#include <string.h>

/* From memory that changes; what was read is what is used, and no compiler reads it again. */
static void copy_once(void *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    atomic_signal_fence(memory_order_seq_cst);
}

bool plugin_hello_holds(struct plugin_hello *h, const struct plugin_hello *before, const struct plugin_wanted *wanted)
{
    h->error[sizeof h->error - 1] = '\0';
    if (!h->ok)
        return true;
    if (h->count > wanted->count || h->count > PLUGIN_MAX)
        return false;
    for (uint32_t i = 0; i < h->count; i++)
        if (!memchr(h->names[i], '\0', sizeof h->names[i]) || !plugin_is_name(h->names[i]))
            return false;
    return !before->ok || (h->count == before->count && memcmp(h->names, before->names, sizeof h->names) == 0);
}

bool plugin_how_ended(const struct plugin_shared *s, uint32_t plugin, int *how)
{
    *how = atomic_load(&s->plugins[plugin].ended);
    return *how == PLUGIN_RUNS || *how == PLUGIN_HANGS || (*how > 0 && *how <= SIGRTMAX);
}

bool plugin_done_so_far(const struct plugin_shared *s, const struct plugin_order *order, bool ended, struct plugin_done *done,
                        uint8_t *answers)
{
    uint32_t asks = atomic_load_explicit(&s->done, memory_order_acquire), answered = atomic_load(&s->answered);

    *done = (struct plugin_done){ .from = order->from, .asks = order->from };
    if (asks > order->count || asks < order->from || answered > PLUGIN_ANSWERS)
        return false;
    if (asks == order->from && !ended) /* there is room for one answer always */
        return false;
    if (asks == order->count && ended) /* with nothing left to do it ended over nothing of it */
        ended = false;
    copy_once(answers, s->batch[order->batch].answers, answered);
    done->asks = asks + ended;
    done->answered = answered;
    return true;
}

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
    if (!take(a, head, sizeof *head) || head->ask < a->from || head->ask >= a->asks || head->notes > PLUGIN_NOTES ||
        head->requests > PLUGIN_REQUESTS ||
        head->reads > (a->live ? PLUGIN_READS : 0) || head->has_places > 1 || head->has_open > 1 || head->places > (head->has_places ? PLUGIN_PLACES : 0))
        return false;
    a->from = head->ask + 1;
    a->memory = 0;
    return true;
}

/* Is it one of its plugin's rows, of the kind that it says? */
static bool is_finding(const struct plugin_findings *f, const struct plugin_note *n)
{
    return n->row < f->count && f->list[n->row].plugin == n->plugin && !f->list[n->row].misfit == (n->kind != NOTE_MISFIT) &&
           n->count <= VFU_BECAUSE_MESSAGES;
}

bool plugin_answers_note(struct plugin_answers *a, struct plugin_note *note)
{
    return take(a, note, sizeof *note) && note->plugin < a->hello->count && memchr(note->text, '\0', sizeof note->text) &&
           note->kind < NOTE_KINDS && (note->kind < NOTE_MISFIT || is_finding(a->findings, note));
}

bool plugin_answers_request(struct plugin_answers *a, struct plugin_request *r)
{
    return take(a, r, sizeof *r) && r->plugin < a->hello->count && memchr(r->request.name, '\0', sizeof r->request.name);
}

bool plugin_answers_read(struct plugin_answers *a, struct plugin_read *read, const uint8_t **bytes)
{
    if (!take(a, read, sizeof *read) || read->size > a->size - a->at || !read->size ||
        read->address + (read->size - 1) < read->address)
        return false;
    a->memory += read->size;
    if (a->memory > PLUGIN_MEMORY)
        return false;
    *bytes = a->bytes + a->at;
    a->at += read->size;
    return true;
}

bool plugin_answers_place(struct plugin_answers *a, struct plugin_place *place)
{
    return take(a, place, sizeof *place) && place->reg < a->names->count;
}
