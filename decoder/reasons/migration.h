/*
 * Migration, as the messages tell it: whether the device takes part, how far it came, and what stopped it. Collected event
 * by event; of connections on which nobody asked for any of it nothing is kept.
 */
#ifndef VFU_DECODER_REASONS_MIGRATION_H
#define VFU_DECODER_REASONS_MIGRATION_H

#include "decoder/wire/event.h"

enum vfu_takes_part { VFU_PART_UNKNOWN, VFU_PART_NO, VFU_PART_YES };

/* Of one connection. Numbers are of messages; 0: there is none. */
struct vfu_migration {
    uint32_t conn;
    enum vfu_takes_part part;
    uint64_t part_no; /* the reply that says so */
    uint32_t part_error; /* of NO: the errno, if it was refused */
    uint32_t state;   /* enum vfu_device_state: the last one that a reply confirmed; UINT32_MAX: it was cut off */
    uint64_t state_no;
    struct { /* the first thing that was refused, if nothing has gone on since */
        uint64_t no;
        uint32_t error;
        char what[48];
    } refused;
    uint64_t reads, bytes_read, writes, bytes_written; /* of the device's data */
    bool log;      /* of dirty pages: something was asked of it */
    bool data_cut; /* sizes of data were cut off, and are counted nowhere */
    bool read_all; /* the last read brought less than it asked for: the end */
};

enum { VFU_MAX_MIGRATIONS = 8, VFU_MIGRATION_TEXT = 240 };

/* Starts zeroed. */
struct vfu_migrations {
    struct vfu_migration list[VFU_MAX_MIGRATIONS]; /* the first ones */
    unsigned count;
};

void vfu_migrations_event(struct vfu_migrations *m, const struct vfu_event *event);
/* "yes", "no", "unknown" */
const char *vfu_takes_part_name(enum vfu_takes_part part);
/* Where it is, and why: a sentence without its end. */
void vfu_migration_say(const struct vfu_migration *m, char text[VFU_MIGRATION_TEXT]);

#endif
