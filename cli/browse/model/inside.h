/*
 * Inside the model. From the ground up: index < store < model < view.
 */
#ifndef VFU_CLI_BROWSE_MODEL_INSIDE_H
#define VFU_CLI_BROWSE_MODEL_INSIDE_H

#include "cli/browse/model/index.h"
#include "cli/input/input.h"
#include "cli/output/output.h"
#include "decoder/reasons/verdict.h"

#include <pthread.h>

struct browse_model {
    pthread_mutex_t lock;     /* of all that follows, but for what only one thread has */
    pthread_cond_t more;      /* there are more items, or there will be none any more */
    struct browse_index index;
    struct vfu_event **events; /* all of them */
    size_t event_room;
    bool reading, damaged, failed;
    char said[256];
    struct vfu_evidence *evidence;
    struct vfu_summary *summary;
    int changed;              /* an eventfd */
    bool told;                /* and it is readable */

    pthread_mutex_t session_lock; /* of the session, before `lock` */
    struct vfu_session *session;
    struct vfu_session **sessions; /* of each of several */
    struct vfu_rule_settings rules;

    struct cli_inputs *inputs; /* the reader's, with what follows */
    struct cli_output *output;
    pthread_t reader;
    bool has_reader, notes;
    enum cli_status status;
    _Atomic bool stop;
};

/* The lock is held: something has changed. */
void browse_model_tell(struct browse_model *m);
/* The event with this number, as a copy of its own; NULL: gone, or out of memory. */
struct vfu_event *browse_model_event_copy(struct browse_model *m, uint64_t number);

#endif
