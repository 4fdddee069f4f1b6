/*
 * Misfits that are no row of this program's tables: plugins' and, of captures, those of plugins that are not here. And
 * plugins' reasons.
 */
#include "decoder/reasons/inside.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { OTHERS = 256, FIRST = 256 /* of the bits of what is ignored */, ID = sizeof((struct vfu_because *)0)->reason };
_Static_assert(FIRST + OTHERS <= 64 * VFU_IGNORED_WORDS, "a bit for each");

/*
 * The program's, since events that hold them outlive whoever made them; they are few, and never go. Captures are read by several
 * threads: rows below the count stay as they are, and who adds one has the lock.
 */
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;
static struct {
    const struct vfu_rule *rows[OTHERS];
    atomic_uint count;
} others;
static struct {
    const struct vfu_reason *rows[OTHERS];
    atomic_uint count;
} reasons;

static const struct vfu_rule unknown = {
    "unknown-misfit", VFU_MISFIT, "vfuscope-plugin(7)", "said by a plugin that is not here", .plugin = "",
    .explains = { .means = "A capture holds what a plugin said that is not installed here, and whose name is none, or one of too many.",
                  .todo = "Look at the capture where its plugin is." },
};

static unsigned number_of(const char *id, size_t size)
{
    unsigned i = 0;

    while (i < others.count && (strlen(others.rows[i]->id) != size || memcmp(others.rows[i]->id, id, size) != 0))
        i++;
    return i;
}

const struct vfu_rule *vfu_others_by_id(const char *id, size_t size)
{
    unsigned i = number_of(id, size);

    return i < others.count ? others.rows[i] : NULL;
}

const struct vfu_rule *vfu_misfit_add(const struct vfu_rule *misfit)
{
    unsigned i;

    pthread_mutex_lock(&adding);
    i = number_of(misfit->id, strlen(misfit->id));
    if (i < OTHERS && i == others.count) {
        others.rows[i] = misfit;
        others.count++;
    }
    pthread_mutex_unlock(&adding);
    return i < OTHERS ? others.rows[i] : NULL;
}

const struct vfu_reason *vfu_reason_add(const struct vfu_reason *reason)
{
    unsigned i = 0;

    pthread_mutex_lock(&adding);
    while (i < reasons.count && strcmp(reasons.rows[i]->id, reason->id) != 0)
        i++;
    if (i < OTHERS && i == reasons.count) {
        reasons.rows[i] = reason;
        reasons.count++;
    }
    pthread_mutex_unlock(&adding);
    return i < OTHERS ? reasons.rows[i] : NULL;
}

const struct vfu_rule *vfu_misfit_added(size_t i)
{
    for (unsigned row = 0; row < others.count; row++)
        if (*others.rows[row]->plugin && i-- == 0)
            return others.rows[row];
    return NULL;
}

static bool is_id(const char *id, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!((id[i] >= 'a' && id[i] <= 'z') || (id[i] >= '0' && id[i] <= '9') || id[i] == '-' || id[i] == '_'))
            return false;
    return size && size < ID;
}

const struct vfu_rule *vfu_misfit_unknown(const char *id, size_t size)
{
    const struct vfu_rule *known = vfu_others_by_id(id, size);
    struct row {
        struct vfu_rule rule;
        char id[ID];
    } *row = known || !is_id(id, size) || others.count == OTHERS ? NULL : calloc(1, sizeof *row);
    const struct vfu_rule *added;

    if (!row)
        return known ? known : &unknown;
    memcpy(row->id, id, size);
    row->rule = unknown;
    row->rule.id = row->id;
    added = vfu_misfit_add(&row->rule);
    if (added != &row->rule) /* another thread was first */
        free(row);
    return added ? added : &unknown;
}

bool vfu_others_ignored(const struct vfu_rule_settings *settings, const struct vfu_rule *misfit)
{
    unsigned i = number_of(misfit->id, strlen(misfit->id));

    return i < others.count && settings->ignored[(FIRST + i) / 64] & 1ull << (FIRST + i) % 64;
}

bool vfu_others_ignore(struct vfu_rule_settings *settings, const char *id)
{
    unsigned i = number_of(id, strlen(id));

    if (i < others.count)
        settings->ignored[(FIRST + i) / 64] |= 1ull << (FIRST + i) % 64;
    return i < others.count;
}
