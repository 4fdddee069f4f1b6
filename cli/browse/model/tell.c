/*
 * What the screen is told, and whoever waits for more: that something has changed.
 */
#include "cli/browse/model/inside.h"

#include <stdio.h>
#include <sys/eventfd.h>

void browse_model_tell(struct browse_model *m)
{
    m->untold = 0;
    pthread_cond_broadcast(&m->more);
    if (!m->told)
        eventfd_write(m->changed, 1);
    m->told = true;
}

void browse_model_fail(struct browse_model *m, const char *why)
{
    if (!m->failed)
        snprintf(m->said, sizeof m->said, "%s", why);
    m->failed = true;
    browse_model_tell(m);
}
