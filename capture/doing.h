/*
 * What the threads of a process do at this moment, as far as /proc tells.
 */
#ifndef VFU_CAPTURE_DOING_H
#define VFU_CAPTURE_DOING_H

#include "capture/process.h"

enum { VFU_DOING_MAX = 4 /* of a process: threads that do the same are one */ };

/*
 * Into `list`, with room for VFU_DOING_MAX: the main thread first, then what is out of the ordinary; how many. Looks at a
 * few dozen threads, waits for nothing, and says nothing of what is another user's.
 */
unsigned vfu_process_doing(const struct vfu_process *p, enum vfu_side side, struct vfu_doing *list);

#endif
