/*
 * What the sinks share: pieces of JSON and of text, and the parts of the summary.
 */
#ifndef VFU_DECODER_SINKS_INSIDE_H
#define VFU_DECODER_SINKS_INSIDE_H

#include "decoder/reasons/migration.h"
#include "decoder/registers/registers.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/hash.h"
#include "decoder/wire/memory.h"

#include <string.h>

/* "UNKNOWN", too */
static inline const char *command_name(const struct vfu_command *command)
{
    return command ? command->name : "UNKNOWN";
}

/* --- JSON (json_members.c). `key` is what stands before a value, all marks too: ",\"conn\":", "{\"conn\":" --- */

static inline void json_put(struct vfu_writer *w, const char *marks)
{
    vfu_write(w, marks, strlen(marks));
}

/* "text", escaped */
static inline void json_quoted(struct vfu_writer *w, const char *text)
{
    vfu_write_char(w, '"');
    vfu_write_json_string(w, (const uint8_t *)text, strlen(text));
    vfu_write_char(w, '"');
}

static inline void json_number(struct vfu_writer *w, const char *key, uint64_t number)
{
    json_put(w, key);
    vfu_write_decimal(w, number);
}

static inline void json_string(struct vfu_writer *w, const char *key, const char *text)
{
    json_put(w, key);
    json_quoted(w, text);
}

/* An integer of 64 bits: a string, because JSON's readers keep doubles. */
static inline void json_hex(struct vfu_writer *w, const char *key, uint64_t number)
{
    json_put(w, key);
    vfu_write_char(w, '"');
    vfu_write_0x(w, number);
    vfu_write_char(w, '"');
}

/* Nanoseconds as microseconds: 12.345 */
void json_us(struct vfu_writer *w, const char *key, uint64_t ns);

/* "name": of a field */
static inline void json_key(struct vfu_writer *w, const char *name, const char *suffix)
{
    vfu_write_char(w, '"');
    vfu_write_text(w, name);
    vfu_write_text(w, suffix);
    json_put(w, "\":");
}

/* By its width in bytes: a number, or from 8 on a string */
void json_integer(struct vfu_writer *w, uint64_t number, unsigned width);
/* "region":0,"region_name":"bar0": the second if the number has a name */
void json_named(struct vfu_writer *w, const char *name, uint64_t number, unsigned width, const struct vfu_name *names);
/* "a","b","0x40": the names of the bits that are set, then those without a name */
void json_bits(struct vfu_writer *w, uint64_t bits, const struct vfu_name *names);
/* "name":"hex", cut to 64 bytes unless `whole`; then ,"data_size":N says how many there are */
void json_data(struct vfu_writer *w, const char *name, const uint8_t *bytes, size_t size, bool whole);
/* ,"channel":"main","from":"client" */
void json_sender(struct vfu_writer *w, enum vfu_channel channel, enum vfu_side from);
/* ,"known":[{"trouble","text"}]: what is known to go wrong with a peer, if there is anything */
void json_known(struct vfu_writer *w, const struct vfu_peer_told *peer);
/* The members of a payload, or of a part of it; whole: see json_data (json_payload.c). */
void json_values(struct vfu_writer *w, const struct vfu_value *values, unsigned count, bool whole);

/* Of an access, behind the members of its payload: "value", "register", and "registers" if there are several (registers.c). */
void json_access(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_decoded *d);

/* --- text (brief.c) --- */

/* How much of a VERSION's text there is without its NUL. */
static inline size_t text_size(const struct vfu_value *v)
{
    return v->size && v->bytes[v->size - 1] == '\0' ? v->size - 1 : v->size;
}

/* The number's name, or the number. */
void text_named(struct vfu_writer *w, uint64_t number, const struct vfu_name *names);
/* "b.pcap:", in front of what is of one of several files; columns that are kept for that. */
void text_file(const char *file, struct vfu_writer *w);
/* "#7", or "b.pcap:#7" */
void text_number(const char *file, uint64_t no, struct vfu_writer *w);
static inline unsigned text_file_width(const struct vfu_text *t) { return t->file_width ? t->file_width + 1 : 0; }
/* A command's name; of an unknown one (NULL) its number, too. */
void text_command(struct vfu_writer *w, const struct vfu_command *command, unsigned number);
/* A value on one line: a name where it has one, sizes as 4K, addresses in hex, short data as a number. */
void text_value(struct vfu_writer *w, const struct vfu_value *v);
/*
 * The layout's brief: text with {field}, {field:thing} (1 thing, 2 things) and [parts], where a part is shown only if
 * its fields are there and one of them is not zero or empty.
 */
void text_brief(struct vfu_writer *w, const struct vfu_layout *layout, const struct vfu_value *values, unsigned count);
/* Likewise, with the names of the registers that the event is about behind their place. */
void text_brief_named(struct vfu_writer *w, const struct vfu_decoded *d, const struct vfu_event *e);
/*
 * registers.c: names, with commas; what the bits say of `data` (may be NULL), of each register: "memory, bus master", may be nothing;
 * all fields, one a line.
 */
void text_register_names(struct vfu_writer *w, const struct vfu_register_at *registers, unsigned count);
void text_register_fields(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_value *data);
void text_register_tree(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_decoded *d, unsigned indent);
/* A line: what a thread does (doing.c). */
void text_doing(struct vfu_writer *w, const struct vfu_doing *doing);
/* Objects, with commas between them. */
void json_doing(struct vfu_writer *w, const struct vfu_doing *list, unsigned count);

/* Colours, if the text has them. */
#define TEXT_RED "\033[31m"
#define TEXT_GREEN "\033[32m"
#define TEXT_YELLOW "\033[33m"
#define TEXT_CYAN "\033[36m"
#define TEXT_BOLD "\033[1m"
#define TEXT_DIM "\033[2m"
#define TEXT_PLAIN "\033[0m"
static inline void text_colour(const struct vfu_text *t, struct vfu_writer *w, const char *sequence)
{
    if (t->colour)
        vfu_write_text(w, sequence);
}

/* What stands below a line hangs here: of a message's, of an exchange's. */
enum { TEXT_BELOW = 8, TEXT_HANGS = 22 };

/* Is anything odd about a message's length or flags? */
static inline bool text_is_odd(const struct vfu_event *e, const struct vfu_decoded *d)
{
    return e->flags & ~(uint32_t)(VFU_TYPE_MASK | VFU_ERROR) || d->truncated || e->message.left_out_count || d->is_short || d->extra_size;
}

/* Pieces of lines (text.c): a time; 850ns, 12.3us; descriptors, or that there are none; what changed it; error EINVAL; odd lengths and flags */
void text_time(struct vfu_text *t, uint64_t now, struct vfu_writer *w);
void text_latency(struct vfu_writer *w, uint64_t ns);
void text_fds(struct vfu_writer *w, const struct vfu_message *m);
void text_no_fds(struct vfu_writer *w, const struct vfu_event *e);
void text_changes(struct vfu_writer *w, unsigned changed);
void text_error(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w);
void text_oddities(const struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w);
/* Reasons, problems and notes, each on a line of its own; what -v and -x show of a message. */
void text_below(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w);
/* What is no message, behind its time and who: text_events.c. */
void text_event(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w);

/* --- columns.c: of the line of an exchange --- */

enum { TEXT_LEAST_PART = 16 /* columns: less room than that is none */, TEXT_PIECE = 1024 /* of a line: longer ones are cut */ };

/* A piece of a line, without colour; columns are counted as in t->half.column. */
struct text_piece {
    struct vfu_writer w;
    char text[TEXT_PIECE];
};

/* The writer of a piece that begins. */
struct vfu_writer *text_piece(struct text_piece *p);
/* How many columns the bytes take, in UTF-8. */
unsigned text_columns(const char *text, size_t size);
/* Where what was done begins, and where what does not fit goes on. */
unsigned text_column_what(const struct vfu_text *t);
/* Where this line ends; 0: nowhere. */
unsigned text_line_end(const struct vfu_text *t);
/* How many bytes of the text go into `room` columns. */
size_t text_fitting(const char *text, size_t size, unsigned room);
/* Put words at a column, or two behind what is there; on a line of their own where they do not fit. */
void text_put(struct vfu_text *t, struct vfu_writer *w, unsigned column, const char *colour, const char *text, size_t size);
void text_put_piece(struct vfu_text *t, struct vfu_writer *w, unsigned column, const char *colour, const struct text_piece *p);
void text_put_words(struct vfu_text *t, struct vfu_writer *w, unsigned column, const char *colour, const char *text);

/* --- wrap.c --- */

struct text_wrap {
    struct vfu_writer w, *to;
    unsigned width, by, column, blanks, hang; /* blanks: before the word; hang: where a line goes on */
    bool begun;                           /* the line has a word */
    size_t size;
    char word[128], room[512];
};

enum { TEXT_HANGING = 2 };
/* The writer whose lines go on to `to`, wrapped at `width` columns and then further in `by` so many, until text_wrap_end. */
struct vfu_writer *text_wrap(struct text_wrap *t, unsigned width, unsigned by, struct vfu_writer *to);
void text_wrap_end(struct text_wrap *t);

void text_trees(const struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w);
/* A line an event; and a line a command with its reply (exchange.c). */
void text_line(struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w);
void text_exchange(struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w);

struct vfu_moved;
/* bar0+0x20.l, or with how many bytes */
void text_place(struct vfu_writer *w, const struct vfu_moved *m);

/* Of what is compared (difference.c): what is accessed, if it is one place; the number that a register's bytes are. False: it is not so. */
bool difference_moved(const struct vfu_event *e, struct vfu_decoded *d, struct vfu_moved *m);
bool difference_number(const struct vfu_value *v, uint64_t *number);

/* Is it longer than 99 of a hundred took so far? Count it, too (slow.c). */
bool text_is_slow(struct vfu_text_slow *s, uint64_t ns);

/* Blanks */
static inline void text_indent(struct vfu_writer *w, unsigned width)
{
    while (width--)
        vfu_write_char(w, ' ');
}

/* Below a peer: what is known to go wrong with it, a line each. */
void text_known(const struct vfu_peer_told *peer, struct vfu_writer *w);
/* A part of the summary: what they do now (doing.c). */
void summary_doing_text(const struct vfu_doing *list, unsigned count, struct vfu_writer *w);

/* Migrations, a line each; ,"migration":[{...}], unless there was none (migration.c). */
void text_migrations(const struct vfu_migrations *m, struct vfu_writer *w);
void json_migrations(const struct vfu_migrations *m, struct vfu_writer *w);

/* --- tables of the summary (summary_table.c) --- */

enum { SUMMARY_CELLS = 320, SUMMARY_COLUMNS = 12, SUMMARY_TABLE = 8192 /* bytes of text */ };

struct summary_column {
    const char *name;
    bool right;     /* numbers */
    bool bar;       /* what stands in a cell is thousandths; no name */
    uint8_t spare;  /* where the line is too long: the highest is left out first; 0: never */
};

/* Starts with summary_table_start; cells are filled row by row, `w` has the text of the next one. */
struct summary_table {
    const struct summary_column *columns;
    unsigned column_count, cells;
    uint16_t ends[SUMMARY_CELLS];
    struct vfu_writer w;
    char text[SUMMARY_TABLE];
};

void summary_table_start(struct summary_table *t, const struct summary_column *columns, unsigned count);
/* The cell's text is written. */
void summary_cell(struct summary_table *t);
void summary_cell_number(struct summary_table *t, uint64_t number);
/* A blank line, the headings, the rows. */
void summary_table_print(const struct summary_table *t, const struct vfu_summary_look *look, struct vfu_writer *w);
/* ", 3 times, first #23", or ", #23"; where there is no message (0), the connection. */
void summary_times(struct vfu_writer *w, uint64_t count, const char *file, uint64_t no, uint32_t conn);
void summary_colour(const struct vfu_summary_look *look, struct vfu_writer *w, const char *sequence);

/* --- the parts of the summary: each writes a table, if it has anything to say, or JSON members --- */

/* Latencies in steps of 1, 2, 5, from 1 us to 1000 s: of all commands together (summary_latency.c). */
enum { SUMMARY_STEPS = 29, SUMMARY_SLOWEST = 5, SUMMARY_WHERE = 64 };

/* A reply that took long. */
struct summary_slow {
    uint64_t no, reply, ns; /* no: of the command */
    uint32_t conn;
    const char *file;       /* of several: which one; NULL: there is one */
    enum vfu_channel channel;
    enum vfu_side from;     /* of the command */
    uint16_t command;
    char place[SUMMARY_WHERE], name[SUMMARY_WHERE]; /* what it was about, and the register's name; may be empty */
};

struct summary_latency {
    uint64_t steps[SUMMARY_STEPS];
    struct {
        uint64_t limit; /* in a power of two one step may end */
        unsigned below;
    } powers[64];
    struct summary_slow slowest[SUMMARY_SLOWEST]; /* slow_count of them, the slowest first */
    unsigned slow_count;
};

/* Starts zeroed, and with this. */
void summary_latency_start(struct summary_latency *s);
/* Is it among the slowest? */
void summary_keep_slow(struct summary_latency *s, const struct vfu_event *reply);
/* Of a reply to a command that was seen. */
static inline void summary_latency(struct summary_latency *s, const struct vfu_event *reply)
{
    uint64_t ns = reply->latency_ns;
    unsigned power = 63 - (unsigned)__builtin_clzll(ns | 1);

    s->steps[s->powers[power].below + (ns >= s->powers[power].limit)]++;
    if (s->slow_count < SUMMARY_SLOWEST || ns > s->slowest[SUMMARY_SLOWEST - 1].ns)
        summary_keep_slow(s, reply);
}
void summary_slowest_text(const struct summary_latency *s, struct vfu_writer *w);
void summary_latency_text(const struct summary_latency *s, const struct vfu_summary_look *look, struct vfu_writer *w);
/* The members "slowest" and "histogram". */
void summary_latency_json(const struct summary_latency *s, struct vfu_writer *w);

/* Commands, by number; 0: unknown ones (summary_commands.c). */
enum { SUMMARY_ROWS = 20, SUMMARY_BUCKETS = 64 * 8 };

struct summary_row {
    uint64_t calls, errors, bytes, replies, no_reply;
    uint64_t shortest, longest, total;
    uint32_t histogram[SUMMARY_BUCKETS]; /* eight to a power of two: a percentile is right within 1/8 */
};

void summary_commands_text(const struct summary_row rows[SUMMARY_ROWS], const struct vfu_summary_look *look,
                           struct vfu_writer *w);
/* The member "commands". */
void summary_commands_json(const struct summary_row rows[SUMMARY_ROWS], struct vfu_writer *w);

/* Which bucket a latency is in; and the latency below which so many of a hundred are. */
static inline unsigned summary_bucket(uint64_t ns)
{
    unsigned power;

    if (ns < 8)
        return (unsigned)ns;
    power = 63 - (unsigned)__builtin_clzll(ns);
    return power * 8 + ((ns >> (power - 3)) & 7);
}
/* One more of a row took so long. */
static inline void summary_took(struct summary_row *r, uint64_t ns)
{
    if (r->replies == 0 || ns < r->shortest)
        r->shortest = ns;
    if (ns > r->longest)
        r->longest = ns;
    r->replies++;
    r->total += ns;
    r->histogram[summary_bucket(ns)]++;
}
uint64_t summary_percentile(const struct summary_row *r, unsigned percent);

/* Requests in a device's queues, by queue and opcode (summary_requests.c). */
enum { SUMMARY_REQUESTS = 64, SUMMARY_UNSEEN = 16 };

struct summary_request {
    char plugin[sizeof ((struct vfu_request *)0)->plugin], name[sizeof ((struct vfu_request *)0)->name];
    bool has_opcode;
    uint32_t queue, opcode, depth;
    uint64_t count, bytes, errors;
    struct summary_row timed; /* those of which it is known how long they took */
};
struct summary_unseen {
    char plugin[sizeof ((struct vfu_request *)0)->plugin];
    uint32_t queue;
    uint64_t count;
};
struct summary_slow_request {
    struct vfu_request request;
    uint64_t no;
    uint32_t conn;
    const char *file;
};
struct summary_requests {
    struct summary_request list[SUMMARY_REQUESTS];
    unsigned count, unseen_count, slow_count;
    uint64_t others;
    struct summary_unseen unseen[SUMMARY_UNSEEN];
    struct summary_slow_request slowest[SUMMARY_SLOWEST]; /* the slowest first */
};
/* Starts zeroed. */
void summary_request(struct summary_requests *s, const struct vfu_event *e);
void summary_requests_text(const struct summary_requests *s, const struct vfu_summary_look *look, struct vfu_writer *w);
/* The members "queues", "unseen_requests" and "slowest_requests". */
void summary_requests_json(const struct summary_requests *s, struct vfu_writer *w);

/* Errors, by errno (summary_errors.c). */
enum { SUMMARY_ERRORS = 16 };

struct summary_error {
    uint64_t count, no; /* of the first */
    uint32_t conn, error;
    const char *file; /* of several: which one; NULL: there is one */
};

struct summary_errors {
    uint64_t total;
    struct summary_error list[SUMMARY_ERRORS]; /* by first occurrence, `count` of them */
    unsigned count;
};

/* Of an error reply. */
void summary_error(struct summary_errors *s, const struct vfu_event *reply);
/* A line; the member "errors", unless there are none. */
void summary_errors_text(const struct summary_errors *s, const struct vfu_summary_look *look, struct vfu_writer *w);
void summary_errors_json(const struct summary_errors *s, struct vfu_writer *w);

/* Accesses by region and offset; those that there is no slot for are counted together (summary_registers.c). */
enum { SUMMARY_REGISTERS = 4096 };

struct summary_register {
    uint64_t offset, reads, writes; /* neither: free */
    uint32_t region;
    bool two_names;               /* as devices of several connections may have */
    struct vfu_register_at named; /* what begins there; reg is NULL: it is not known */
};

/* Starts zeroed, and with summary_registers_start. */
struct summary_registers {
    struct vfu_hash_key key;
    struct summary_register slots[SUMMARY_REGISTERS]; /* a hash of region and offset, which the client chooses */
    unsigned used;
    uint64_t others;
};

void summary_registers_start(struct summary_registers *s);
/* Of a command. */
void summary_access(struct summary_registers *s, const struct vfu_event *event);
/* The hottest; the member "registers". */
void summary_registers_text(const struct summary_registers *s, const struct vfu_summary_look *look, struct vfu_writer *w);
void summary_registers_json(const struct summary_registers *s, struct vfu_writer *w);

/* Problems by rule (summary_rules.c). */
enum { SUMMARY_RULES = 192 };

struct summary_rule {
    uint64_t count, no; /* of the first; 0: of no message */
    uint32_t conn;
    const char *file; /* of several: which one; NULL: there is one */
    struct vfu_problem problem; /* the first */
};

struct summary_rules {
    struct summary_rule rules[SUMMARY_RULES]; /* by rule and side, by first occurrence, `broken` of them */
    unsigned broken;
};

/* Error replies by reason (summary_reasons.c). */
enum { SUMMARY_REASONS = 64 };

struct summary_reason {
    uint64_t count, no; /* of the first */
    uint32_t conn;
    const char *file; /* of several: which one; NULL: there is one */
    struct vfu_because because; /* the first */
};

struct summary_reasons {
    struct summary_reason list[SUMMARY_REASONS]; /* by first occurrence, `count` of them */
    unsigned count;
};

void summary_because(struct summary_reasons *s, const struct vfu_event *event);
void summary_reasons_text(const struct summary_reasons *s, struct vfu_writer *w);
/* The member "reasons", unless there are none. */
void summary_reasons_json(const struct summary_reasons *s, struct vfu_writer *w);

void summary_problems(struct summary_rules *s, const struct vfu_event *event);
/* Lines, the worst first; false: there is none. */
bool summary_rules_text(const struct summary_rules *s, const struct vfu_summary_look *look, struct vfu_writer *w);
/* The member "problems". */
void summary_rules_json(const struct summary_rules *s, struct vfu_writer *w);

/* Who the peers look like (summary_peers.c). */
enum { SUMMARY_PEERS = 16 };

struct summary_peer {
    enum vfu_side from;
    uint32_t first; /* connection */
    uint64_t connections;
    struct vfu_peer_told peer;
};

struct summary_peers {
    struct summary_peer list[SUMMARY_PEERS];
    unsigned count;
};

/* Of a PEER event. */
void summary_peer(struct summary_peers *s, const struct vfu_event *event);
void summary_peers_text(const struct summary_peers *s, struct vfu_writer *w);
/* The member "peers". */
void summary_peers_json(const struct summary_peers *s, struct vfu_writer *w);

/*
 * What is the case now: the oldest commands that wait for their reply, a line each, and the DMA map in force. now_ns: monotonic,
 * of the last event, or now (summary_now.c).
 */
/* And the first that nobody answered. */
void summary_never_text(const struct vfu_session *session, struct vfu_writer *w);
void summary_waiting_text(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w);
void summary_maps_text(const struct vfu_session *session, const struct vfu_summary_look *look, struct vfu_writer *w);
/* The members "waiting", "never_answered", "dma_map" and "hints". */
void summary_now_json(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w);

/*
 * What came of interrupts, of DMA by message, and of what could have been mapped; the members "set_irqs", "vectors",
 * "dma_by_message" and "mappable_by_message" (summary_tally.c).
 */
void summary_tally_text(const struct vfu_session *session, const struct vfu_summary_look *look, struct vfu_writer *w);
void summary_tally_json(const struct vfu_session *session, struct vfu_writer *w);

/* What plugins warn of, by plugin (summary_plugins.c). */
struct summary_warning {
    uint64_t count, no; /* of the first; 0: of no message */
    uint32_t conn;
    const char *file; /* of several: which one; NULL: there is one */
    struct vfu_note note; /* the first */
};

struct summary_warnings {
    struct summary_warning list[8]; /* `count` of them */
    unsigned count;
};

/* Of an event with notes. */
void summary_warn(struct summary_warnings *s, const struct vfu_event *event);
/* A line each; the member "warnings", unless there are none. */
void summary_warnings_text(const struct summary_warnings *s, const struct vfu_summary_look *look, struct vfu_writer *w);
void summary_warnings_json(const struct summary_warnings *s, struct vfu_writer *w);

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
