/*
 * vfuscope diff A B: two captures side by side, and what differs in them.
 */
#include "cli/diff/diff.h"
#include "cli/diff/inside.h"
#include "cli/output/maps.h"
#include "cli/output/output.h"
#include "cli/signals.h"
#include "decoder/wire/near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const struct cli_option options[] = {
    { "times", 0, NULL, "what takes longer in B is a difference, too: many messages, not one", .group = CLI_OUTPUT },
    { "json", 0, NULL, "one JSON object a difference", .group = CLI_OUTPUT },
    { "ignore", 0, "FIELD", "a field, a register or a place (bar0+0x20) that may differ; may be repeated",
      .group = CLI_PICKING },
    { "color", 0, "WHEN", "colours: auto (default), always or never", .values = "auto always never",
      .group = CLI_OUTPUT },
    { "plugin", 0, "NAME", "ask this plugin for the names of registers, or the one in FILE", .group = CLI_JUDGING },
    { "no-plugins", 0, NULL, "only the plugins of --plugin", .group = CLI_JUDGING },
    CLI_MAPS_OPTIONS,
    { 0 },
};

struct diff {
    struct diff_out out;
    struct vfu_ignored ignored;
    struct vfu_hash_key key;
    bool times, cut, no_memory;
};

static void count(struct diff_count *c, const struct vfu_alignment *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct vfu_step *s = &l->steps[i];
        bool moved = s->elsewhere != VFU_ALONE;

        c->same += s->kind == VFU_STEP_SAME;
        c->changed += s->kind == VFU_STEP_CHANGED;
        c->moved += s->kind == VFU_STEP_ONLY_A && moved;
        c->only_a += s->kind == VFU_STEP_ONLY_A && !moved;
        c->only_b += s->kind == VFU_STEP_ONLY_B && !moved;
    }
}

struct slower {
    struct diff_out *out;
    const struct diff_runs *runs;
};

static void on_slower(void *context, const struct vfu_slower *s)
{
    struct slower *l = context;

    l->out->count.slower++;
    if (l->out->json)
        diff_json_slower(l->out, l->runs, s);
    else
        diff_print_slower(l->out, l->runs, s);
}

/* One side's commands, and their replies. */
static void compare_runs(struct diff *d, const struct vfu_conversation *first, const struct vfu_conversation *second,
                         enum vfu_side side, const struct vfu_side_by_side *how)
{
    const struct vfu_run *a = &first->runs[side], *b = &second->runs[side];
    struct vfu_alignment alignment;
    const struct diff_runs r = { .a = first, .b = second, .side = side, .how = how, .alignment = &alignment };

    d->no_memory |= !vfu_align_runs(&alignment, how, &d->key, a, b);
    d->cut |= alignment.cut;
    count(&d->out.count, &alignment);
    if (d->out.json)
        diff_json_runs(&d->out, &r);
    else
        diff_print_runs(&d->out, &r);
    if (d->times)
        d->no_memory |= !vfu_times_compare(&d->key, a, b, on_slower, &(struct slower){ &d->out, &r });
    vfu_alignment_free(&alignment);
}

/* How a connection ended, where that is known. */
static const char *say_end(const struct vfu_conversation *c, char text[64])
{
    if (c->status && WIFSIGNALED(c->status))
        snprintf(text, 64, "a process was killed by signal %d", WTERMSIG(c->status));
    else if (c->status)
        snprintf(text, 64, "a process ended with status %d", WEXITSTATUS(c->status));
    else
        snprintf(text, 64, "the %s closed", vfu_side_name(c->closed_by == 1u << VFU_CLIENT ? VFU_CLIENT : VFU_SERVER));
    return text;
}

/* Did one of the two end it? If both did it was whoever wrote the capture, as it was ended: nobody knows what they would have done. */
static bool ended_it(const struct vfu_conversation *c)
{
    return c->ended && (c->status || c->closed_by == 1u << VFU_CLIENT || c->closed_by == 1u << VFU_SERVER);
}

static void compare_ends(struct diff *d, const struct vfu_conversation *a, const struct vfu_conversation *b)
{
    char x[64], y[64];

    if (!vfu_ignored_has(&d->ignored, "disconnect") && ended_it(a) && ended_it(b) && strcmp(say_end(a, x), say_end(b, y)) != 0)
        diff_other(&d->out, a->conn, "disconnect", x, y);
}

/* That they came, not when and how often. */
static void compare_interrupts(struct diff *d, const struct vfu_conversation *a, const struct vfu_conversation *b)
{
    bool seen = d->out.a->talk.sees_interrupts && d->out.b->talk.sees_interrupts;

    if (!seen || vfu_ignored_has(&d->ignored, "interrupts"))
        return;
    for (unsigned i = 0; i < VFU_EXCHANGE_IRQS; i++) {
        const struct vfu_conversation *has = a->interrupts[i] ? a : b;
        const char *name = vfu_name_of(vfu_irq_names, i);
        char text[64];

        if (!a->interrupts[i] == !b->interrupts[i])
            continue;
        snprintf(text, sizeof text, "%s%s (%llu times)", name ? name : "an index", name ? "" : " without a name",
                 (unsigned long long)has->interrupts[i]);
        diff_other(&d->out, a->conn, "interrupts", has == a ? text : NULL, has == b ? text : NULL);
    }
}

static void compare_connection(struct diff *d, const struct vfu_conversation *a, const struct vfu_conversation *b)
{
    struct vfu_addresses x = { 0 }, y = { 0 };
    const struct vfu_side_by_side how = { &x, &y, &d->ignored };

    d->no_memory |= !vfu_addresses_find(&x, a) || !vfu_addresses_find(&y, b);
    for (int side = 0; side < 2 && !d->no_memory; side++)
        compare_runs(d, a, b, (enum vfu_side)side, &how);
    compare_interrupts(d, a, b);
    compare_ends(d, a, b);
    vfu_addresses_free(&x);
    vfu_addresses_free(&y);
}

static void compare_all(struct diff *d)
{
    const struct vfu_conversations *a = &d->out.a->talk, *b = &d->out.b->talk;

    for (size_t i = 0; (i < a->count || i < b->count) && !d->no_memory && !d->out.w.failed; i++) {
        const struct vfu_conversation *lone = i >= b->count ? &a->list[i] : &b->list[i];
        char text[64];

        if (i < a->count && i < b->count) {
            compare_connection(d, &a->list[i], &b->list[i]);
            continue;
        }
        if (vfu_ignored_has(&d->ignored, "connection"))
            continue;
        snprintf(text, sizeof text, "connection %u, %llu messages", lone->conn, (unsigned long long)lone->messages);
        diff_other(&d->out, lone->conn, "connection", i < a->count ? text : NULL, i < a->count ? NULL : text);
    }
}

static bool write_out(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

static bool differs(const struct diff_count *c)
{
    return c->changed || c->only_a || c->only_b || c->moved || c->slower || c->others;
}

static enum cli_status compare(struct diff *d)
{
    struct diff_out *o = &d->out;

    o->w = vfu_writer(o->buffer, sizeof o->buffer, write_out, stdout);
    compare_all(d);
    if (!o->json)
        diff_print_total(o);
    vfu_writer_flush(&o->w);
    if (d->no_memory)
        cli_error("out of memory");
    if (d->cut)
        cli_error("too much differs for the longest common run to be found: more may be shown than there is");
    return d->no_memory || differs(&o->count) ? CLI_FAILED : CLI_OK;
}

uint64_t diff_conversations(const char *a_name, const struct vfu_conversations *a, const char *b_name,
                            const struct vfu_conversations *b, FILE *to)
{
    const struct diff_capture first = { .path = a_name, .talk = *a }, second = { .path = b_name, .talk = *b };
    struct diff *d = calloc(1, sizeof *d);
    const struct diff_count *c;
    uint64_t count;

    if (!d)
        return 0;
    d->out.a = &first;
    d->out.b = &second;
    d->key = vfu_hash_secret();
    d->out.w = vfu_writer(d->out.buffer, sizeof d->out.buffer, write_out, to);
    if (a->count && b->count)
        compare_connection(d, &a->list[0], &b->list[0]);
    diff_print_total(&d->out);
    vfu_writer_flush(&d->out.w);
    c = &d->out.count;
    count = c->changed + c->only_a + c->only_b + c->moved + c->others;
    free(d);
    return count;
}

static bool parse_ignored(const struct cli_args *args, struct vfu_ignored *ignored)
{
    for (size_t i = 0; i < args->set_count; i++) {
        const char *name = args->set[i].value;
        char text[VFU_NEAR_TEXT];

        if (strcmp(args->set[i].option->name, "ignore") != 0 || vfu_ignored_add(ignored, name))
            continue;
        if (ignored->count == VFU_IGNORED_FIELDS)
            cli_error("--ignore: %d at most", VFU_IGNORED_FIELDS);
        else
            cli_error("--ignore %s: no such field%s (registers are named MAP.NAME, places REGION+OFFSET)", name,
                      vfu_ignored_near(name, text));
        return false;
    }
    return true;
}

/* Both captures, as far as they can be read. */
static enum cli_status load(struct diff_capture *a, struct diff_capture *b, const struct cli_args *args)
{
    enum cli_status first = diff_load(a, args->rest[0], args), second;

    if (first == CLI_USAGE || first == CLI_INTERRUPTED)
        return first;
    second = diff_load(b, args->rest[1], args);
    return second == CLI_OK ? first : second;
}

static enum cli_status run(const struct cli_args *args)
{
    struct diff_capture a = { 0 }, b = { 0 };
    struct diff *d = calloc(1, sizeof *d);
    enum cli_status status = CLI_USAGE, compared;

    if (!d) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    d->out.a = &a;
    d->out.b = &b;
    d->out.json = cli_has(args, "json");
    d->times = cli_has(args, "times");
    d->key = vfu_hash_secret();
    cli_signals_count(NULL);
    if (strcmp(args->rest[0], "-") == 0 && strcmp(args->rest[1], "-") == 0) {
        cli_error("diff - -: only one of the two can be standard input");
    } else if (parse_ignored(args, &d->ignored) && cli_wants_colour(args, &d->out.colour)) {
        status = load(&a, &b, args);
        if (status == CLI_OK || (status == CLI_FAILED && a.begun && b.begun)) {
            compared = compare(d);
            status = status == CLI_OK ? compared : status;
        }
    }
    diff_close(&a);
    diff_close(&b);
    free(d);
    return cli_signals_counted() ? CLI_INTERRUPTED : status;
}

const struct cli_command cli_diff = {
    .name = "diff",
    .usage = "A B",
    .summary = "compare two captures: what differs in values, errors, order",
    .purpose = CLI_UNDERSTAND,
    .paging = CLI_PAGED_FILES,
    .examples = {
        { "diff good.pcap bad.pcap", "what went otherwise, polls and addresses aside" },
        { "diff good.pcap bad.pcap --times --ignore data", "what takes longer, too; a field that may differ" },
    },
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
