/*
 * In place of svd.c where libexpat is not.
 */
#include "plugins/maps/inside.h"

bool maps_svd(struct maps_making *m, const char *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return vfu_fail(m->error, 0, "this vfuscope was built without libexpat, which reads SVD and other XML");
}
