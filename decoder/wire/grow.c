/*
 * Arrays that grow.
 */
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 16 };

bool vfu_grow(void *array, size_t *room, size_t wanted, size_t item)
{
    size_t larger = *room ? *room : FIRST_ROOM;
    void *old, *grown;

    if (wanted <= *room)
        return true;
    while (larger < wanted)
        larger = larger > SIZE_MAX / 2 ? wanted : 2 * larger;
    if (larger > SIZE_MAX / item)
        return false;
    /* All object pointers look alike here; the type of this one is the caller's. */
    memcpy(&old, array, sizeof old);
    grown = realloc(old, larger * item);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *room = larger;
    return true;
}
