/*
 * What the sinks share: pieces of text, and the parts of the summary.
 */
#ifndef VFU_DECODER_SINKS_INSIDE_H
#define VFU_DECODER_SINKS_INSIDE_H

#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"

/* --- text (brief.c) --- */

/* A value on one line: a name where it has one, sizes as 4K, addresses in hex, short data as a number. */
void text_value(struct vfu_writer *w, const struct vfu_value *v);
/*
 * The layout's brief: text with {field}, {field:thing} (1 thing, 2 things) and [parts], where a part is shown only if its
 * fields are there and one of them is not zero or empty.
 */
void text_brief(struct vfu_writer *w, const struct vfu_layout *layout, const struct vfu_value *values, unsigned count);

/*
 * --- the parts of the summary; each writes a table, with its heading, or nothing if it has nothing to say, or members of
 * JSON ---
 */

/* Accesses by region and offset; those that there is no slot for are counted together (summary_registers.c). */
enum { SUMMARY_REGISTERS = 4096 };

struct summary_register {
    uint64_t offset, reads, writes; /* neither: free */
    uint32_t region;
};

struct summary_registers {
    struct summary_register slots[SUMMARY_REGISTERS]; /* a hash of region and offset */
    unsigned used;
    uint64_t others;
};

/* Of a command. */
void summary_access(struct summary_registers *s, const struct vfu_event *event);
/* The hottest; the member "registers". */
void summary_registers_text(const struct summary_registers *s, struct vfu_writer *w);
void summary_registers_json(const struct summary_registers *s, struct vfu_writer *w);

/* Problems by rule (summary_rules.c). */
enum { SUMMARY_RULES = 128 };

struct summary_rule {
    uint64_t count, no; /* of the first; 0: of no message */
    uint32_t conn;
    struct vfu_problem problem; /* the first */
};

struct summary_rules {
    struct summary_rule rules[SUMMARY_RULES]; /* as in the table */
    uint8_t order[SUMMARY_RULES];             /* by first occurrence, `broken` of them */
    unsigned broken;
};

void summary_problems(struct summary_rules *s, const struct vfu_event *event);
void summary_rules_text(const struct summary_rules *s, struct vfu_writer *w);
/* The member "problems". */
void summary_rules_json(const struct summary_rules *s, struct vfu_writer *w);

/*
 * What is the case now: the oldest commands that wait for their reply, and the DMA map in force. now_ns: monotonic, of the
 * last event, or now (summary_now.c).
 */
void summary_now_text(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w);
/* The members "waiting" and "dma_map". */
void summary_now_json(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w);

/* How often each plugin was called, and how long that took (summary_plugins.c). */
enum { SUMMARY_PLUGINS = 32 };

struct summary_plugins {
    struct vfu_summary_plugin list[SUMMARY_PLUGINS];
    unsigned count;
};

void summary_plugins_text(const struct summary_plugins *p, struct vfu_writer *w);
/* The member "plugins", unless there are none. */
void summary_plugins_json(const struct summary_plugins *p, struct vfu_writer *w);

#endif
