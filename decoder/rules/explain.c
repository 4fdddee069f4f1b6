/*
 * What is said of the rules at length: their texts are in the explain_ files, by theme.
 */
#include "decoder/rules/inside.h"
#include "decoder/rules/rules.h"

#include <string.h>

static const struct vfu_explained *const themes[] = {
    vfu_explain_header, vfu_explain_pairing, vfu_explain_version, vfu_explain_sizes,     vfu_explain_fds,
    vfu_explain_region, vfu_explain_irqs,    vfu_explain_dma,     vfu_explain_migration, NULL,
};

const struct vfu_explanation *vfu_explained_find(const struct vfu_explained *const *lists, const char *id)
{
    for (; *lists; lists++)
        for (const struct vfu_explained *e = *lists; e->id; e++)
            if (strcmp(e->id, id) == 0)
                return &e->explanation;
    return NULL;
}

const struct vfu_explanation *vfu_rule_explanation(const struct vfu_rule *rule)
{
    return rule->explains.means ? &rule->explains : vfu_explained_find(themes, rule->id);
}
