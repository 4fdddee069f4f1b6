/*
 * What a report's parts share: what is kept of the events, and how the page is written.
 */
#ifndef VFU_CLI_REPORT_INSIDE_H
#define VFU_CLI_REPORT_INSIDE_H

#include "cli/report/report.h"
#include "decoder/reasons/verdict.h"
#include "decoder/registers/registers.h"
#include "decoder/wire/memory.h"
#include "decoder/wire/writer.h"

enum {
    REPORT_MOST = 100000,       /* exchanges in a page */
    REPORT_ROOM = 150000,       /* and in memory, before some are left out */
    REPORT_BYTES = 20 << 20,    /* of the page's data, about */
    REPORT_SHOWN = 512,         /* bytes of a message's payload */
    REPORT_SHOWN_WRONG = 4096,  /* of one that something is wrong with */
    REPORT_NEAR = 8,            /* exchanges before one that something is wrong with, and behind it, that stay with it */
    REPORT_NAMED = 256,
};

/* --- bytes that are kept once each, by number; 0 is the empty one (store.c) --- */

struct report_store {
    uint8_t *bytes;
    size_t used, room;
    struct report_kept {
        size_t at;
        uint32_t size, hash;
    } *list; /* count of them */
    uint32_t count, list_room;
    uint32_t *slots, slot_count; /* number + 1; 0: free */
};

void report_store_free(struct report_store *s);
/* Its number; 0 too where there is no memory. */
uint32_t report_store_add(struct report_store *s, const void *bytes, size_t size);
static inline const uint8_t *report_store_at(const struct report_store *s, uint32_t number, size_t *size)
{
    *size = number < s->count ? s->list[number].size : 0;
    return number < s->count ? s->bytes + s->list[number].at : (const uint8_t *)"";
}

/* --- exchanges, and what is no message: a row each (rows.c, row.c) --- */

enum report_kind { REPORT_EXCHANGE, REPORT_REPLY /* to what is not there */, REPORT_ODD /* of unknown type */, REPORT_EVENT };

/* What is to be seen at once (bits). The page has these numbers, too. */
enum report_mark {
    REPORT_VIOLATION = 1,
    REPORT_MISFIT = 2,
    REPORT_SUSPICIOUS = 4,
    REPORT_ERROR = 8,
    REPORT_WARNING = 16,   /* of a plugin */
    REPORT_UNANSWERED = 32,
    REPORT_CHANGED = 64,   /* on its way */
    REPORT_HIDDEN = 128,   /* guest memory of it was left out */
    REPORT_CUT = 256,      /* bytes of it are not shown, since they are many */
    REPORT_REMARKABLE = 512, /* an event that is not everyday */
    REPORT_SWAPPED = 1024,   /* the other byte order */
    REPORT_NO_REPLY = 2048,
    REPORT_WRONG = REPORT_VIOLATION | REPORT_MISFIT | REPORT_SUSPICIOUS | REPORT_ERROR | REPORT_WARNING | REPORT_UNANSWERED |
                   REPORT_CHANGED | REPORT_REMARKABLE,
};

/* A message: numbers are of the stores below. */
struct report_half {
    uint64_t no; /* 0: there is none */
    uint32_t size, flags, error;
    uint32_t said, fields, body; /* words; list of lines; the payload's first bytes */
    uint32_t hidden_at, hidden_end; /* of the payload: guest memory that was left out, as zeroes */
};

struct report_row {
    struct report_half command, reply;
    uint64_t ns;         /* since the first event */
    uint64_t latency_ns; /* of one that has a reply */
    uint64_t offset;     /* of an access to a region; of one to guest memory: the address */
    uint64_t key;        /* rising: the message's number, and `base`; of what is no message the last one's before it */
    uint32_t conn, reg, value, below;
    uint32_t marks;
    uint16_t id, command_number;
    uint8_t kind, from, channel, region; /* region: REPORT_NO_REGION */
    uint8_t keep;        /* how much it is worth: the higher, the longer it stays; set by report_rows_thin */
};
enum { REPORT_NO_REGION = 255, REPORT_GUEST = 254 };

struct report_rows {
    struct report_row *list; /* count of them, in the order in which they came */
    size_t count;
    uint64_t base;           /* of captures that were put together, this one's: numbers count from it */
    uint64_t left_out;       /* that were listed once */
    struct report_store words, lines, bodies; /* texts; lists of uint32_t, of words; bytes */
    bool no_memory;
};

/* The message's number; 0: it is none. NULL: out of memory. Good until the next one. */
struct report_row *report_rows_new(struct report_rows *r, uint64_t no);
/* The one with this message, be it the command or the reply; slow. SIZE_MAX: none. */
size_t report_rows_with(const struct report_rows *r, uint64_t no);
/* The one that begins with this message; NULL: it is not there (any more). */
struct report_row *report_rows_find(struct report_rows *r, uint64_t no);
/* Leave out what counts least, until there are `most`, and their bytes are REPORT_BYTES at most. */
void report_rows_thin(struct report_rows *r, size_t most);
void report_rows_free(struct report_rows *r);

/* Add an event (row.c). */
void report_take(struct cli_report *r, const struct vfu_event *event);

/* --- guest memory (memory.c) --- */

/* What was left out, for the page to say. */
struct report_hidden {
    uint64_t dma, surplus, bodies, cut, state, registers, unknown, plugins, unframed, logs;
};

/* A message without its guest memory: `event` points into it. */
struct report_clean {
    struct vfu_event event;
    struct vfu_without_memory room;
    bool hidden; /* also: what the capture had lost before */
    size_t at, end; /* of the payload: what was hidden lies between */
};
/* To be freed by report_clean_free. with_memory: it stays as it is. */
void report_clean(const struct vfu_event *event, bool with_memory, struct report_hidden *hidden, struct report_clean *clean);
void report_clean_free(struct report_clean *clean);

/* --- tables of all that came, of a bounded size (commands.c, heat.c, maps.c) --- */

enum { REPORT_COMMANDS = 64, REPORT_STEPS = 28, REPORT_FINE = 64 * 8 };

struct report_command {
    uint16_t number;
    uint8_t from;
    uint64_t count, errors, replies, total_ns, longest_ns, bytes;
    uint32_t steps[REPORT_STEPS]; /* 1, 2, 5 to a decade, from 1 us on */
    uint32_t fine[REPORT_FINE];   /* eight to a power of two */
};

struct report_commands {
    struct report_command *list; /* count of them; malloced */
    size_t count;
};
void report_commands_event(struct report_commands *c, const struct vfu_event *event);

enum { REPORT_PLACES = 4096 };
struct report_place {
    uint64_t offset, reads, writes, last_no, last_value, total_ns, replies;
    uint32_t region, width;
    bool has_value;
    char name[64];
};
struct report_heat {
    struct report_place *list; /* malloced, by region, offset and width: count of them, an open hash of REPORT_PLACES * 2 */
    size_t count;
    uint64_t more; /* accesses that found no room */
};
void report_heat_event(struct report_heat *h, const struct vfu_event *event);

enum { REPORT_MAPS = 4096 };
struct report_map {
    uint64_t address, size, offset, map_ns, unmap_ns, map_no, unmap_no; /* ns since the first event; unmap_no 0: it stays */
    uint32_t conn, flags;
    bool with_fd, refused, gone; /* gone: the connection ended with it */
};
struct report_maps {
    struct report_map *list;
    size_t count;
    uint64_t more;
};
void report_maps_event(struct report_maps *m, const struct vfu_event *event, uint64_t ns);

/* --- the whole --- */

struct cli_report {
    struct cli_report_how how;
    struct report_out *out;
    struct vfu_evidence *evidence;
    struct report_rows rows;
    struct report_hidden hidden;
    struct report_commands commands;
    struct report_heat heat;
    struct report_maps maps;
    struct vfu_time first, last;
    uint64_t messages;
    bool begun;
    /* What the capture says of itself. */
    char version[16], kernel[VFU_EVENT_TEXT];
    char options[1024];
    uint64_t start_ns;
    bool captured, ended, cut;
};

/* --- the page (html.c): text goes through one function that escapes it --- */

struct report_page {
    struct vfu_writer *w;     /* as it is: marks of ours */
    struct vfu_writer text;   /* any text: escaped */
    struct vfu_writer data;   /* JSON within a script block: escaped so that nothing can end it */
    char text_room[1024], data_room[4096];
    unsigned held; /* bytes of `data` that may begin U+2028 */
    struct cli_report *report;
    const struct vfu_why *why;
    uint64_t named[REPORT_NAMED]; /* messages that the verdict names: named_count of them, each once */
    size_t named_count;
};

/* Literal marks. */
static inline void report_put(struct report_page *p, const char *marks)
{
    vfu_write(p->w, marks, strlen(marks));
}
void report_page_begin(struct report_page *p, struct vfu_writer *w);
/* Text of others: control characters and what is no UTF-8 are escaped as in a terminal; then HTML. */
void report_words(struct report_page *p, const void *text, size_t size);
/* Words of ours with words of others in them, which may be escaped already. */
void report_text(struct report_page *p, const char *text);
/* Likewise, and each #N that is a row becomes a link to it. */
void report_linked(struct report_page *p, const char *text);
void report_number(struct report_page *p, uint64_t number);
/* 12 345 678 */
void report_many(struct report_page *p, uint64_t number);
/* 850 ns, 12.3 us, 1.234 ms, 5.001 s */
void report_duration(struct report_page *p, uint64_t ns);
/* Seconds, 6 digits behind the point */
void report_seconds(struct report_page *p, uint64_t ns);
/* UTC */
void report_date(struct report_page *p, uint64_t wall_ns);

/* SVG: so high are the columns, of the highest. */
void report_bars(struct report_page *p, const uint32_t *heights, unsigned count);

/* What the build puts in (assets.c): the style, scripts, what CSP calls them. */
struct report_asset {
    const char *bytes, *hash; /* 'sha256-...' */
    size_t size;
};
struct report_asset report_style(void), report_script(void), report_plots(void); /* plots: empty where dygraphs was missing */

/* All of it (page.c), and its parts. */
void report_page_write(struct report_page *p);
void report_verdict(struct report_page *p);       /* verdict.c */
void report_named_messages(struct report_page *p); /* named.c */
void report_tables(struct report_page *p);        /* tables.c */
void report_about(struct report_page *p);         /* about.c */
void report_data(struct report_page *p);          /* data.c */

#endif
