/*
 * vfuscope ping: one register read after another, and how long each takes: is the server there, and how fast is it?
 */
#include "capture/client/client.h"
#include "capture/clock.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/parse.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_KEPT = 1 << 20, MAX_SIZE = 1 << 20 };

struct ping {
    struct vfu_client client;
    const char *path;
    uint64_t count; /* 0: until stopped */
    uint64_t interval_ns;
    uint64_t region, offset, size;
    bool json;
    bool stopped;
    uint64_t sent, answered, errors;
    double total_us;
    double *latency; /* of the answered: the first so many, then some of them, picked evenly */
    size_t kept;
    uint64_t random;
    char where[48];
};

static void on_signal(void *context)
{
    struct ping *p = context;

    while (cli_signals_next(p->client.hooks.watch_fd))
        p->stopped = true;
}

static bool is_stopped(void *context)
{
    return ((struct ping *)context)->stopped;
}

/* Keep a latency. Beyond MAX_KEPT each of all that came has the same chance to be among those kept. */
static void keep(struct ping *p, double us)
{
    uint64_t place;

    p->total_us += us;
    p->answered++;
    if (p->kept < MAX_KEPT) {
        p->latency[p->kept++] = us;
        return;
    }
    p->random = p->random * 6364136223846793005u + 1442695040888963407u;
    place = (p->random >> 16) % p->answered;
    if (place < MAX_KEPT)
        p->latency[place] = us;
}

static const char *error_name(uint32_t error)
{
    const char *name = vfu_name_of(vfu_errno_names, error);

    return name ? name : "another error";
}

static void say_one(const struct ping *p, double us)
{
    bool refused = p->client.reply.event->flags & VFU_ERROR;
    uint32_t error = p->client.reply.event->error;

    if (p->json && refused)
        printf("{\"seq\":%llu,\"ok\":false,\"latency_us\":%.3f,\"error\":{\"errno\":%u,\"name\":\"%s\"}}\n",
               (unsigned long long)p->sent, us, error, error_name(error));
    else if (p->json)
        printf("{\"seq\":%llu,\"ok\":true,\"latency_us\":%.3f}\n", (unsigned long long)p->sent, us);
    else if (refused)
        printf("%s from %s: seq=%llu time=%.1f us\n", error_name(error), p->where, (unsigned long long)p->sent, us);
    else
        printf("%llu byte%s from %s: seq=%llu time=%.1f us\n", (unsigned long long)p->size, vfu_plural(p->size), p->where,
               (unsigned long long)p->sent, us);
    fflush(stdout);
}

/* The reply holds what was asked for. */
static bool is_good(struct ping *p, struct vfu_error *error)
{
    const struct vfu_value *data;
    struct vfu_decoded d;

    if (p->client.reply.event->flags & VFU_ERROR)
        return true;
    vfu_decode(p->client.reply.event, &d);
    data = vfu_value_by_name(d.values, d.count, "data");
    return (data && data->size == p->size) ||
           vfu_fail(error, EPROTO, "the server answered with %zu byte%s of the %llu asked for", data ? data->size : 0,
                    vfu_plural(data ? data->size : 0), (unsigned long long)p->size);
}

/* One message and its reply. False: there is no point in going on. */
static bool one(struct ping *p)
{
    uint64_t start, end;
    enum vfu_client_result result;
    struct vfu_build b = { 0 };
    struct vfu_error error;
    bool built = vfu_build_start(&b, VFU_REGION_READ, false) && vfu_build_set_number(&b, "region", p->region) &&
                 vfu_build_set_number(&b, "offset", p->offset) && vfu_build_set_number(&b, "count", p->size);

    if (!built) {
        cli_error("%s", b.error);
        vfu_build_free(&b);
        return false;
    }
    p->sent++;
    start = vfu_mono_ns();
    result = vfu_client_call(&p->client, &b, NULL, 0, &error);
    end = vfu_mono_ns();
    vfu_build_free(&b);
    if (result == VFU_CLIENT_OK && is_good(p, &error)) {
        double us = (double)(end - start) / 1e3;

        keep(p, us);
        p->errors += (p->client.reply.event->flags & VFU_ERROR) != 0;
        say_one(p, us);
        return true;
    }
    if (result == VFU_CLIENT_STOPPED) {
        p->sent--;
        return false;
    }
    cli_error("%s: seq=%llu: %s", p->path, (unsigned long long)p->sent, error.text);
    return result != VFU_CLIENT_CLOSED;
}

/* Until the next is due; false: stopped. */
static bool pause_until(struct ping *p, uint64_t due)
{
    uint64_t now;
    struct vfu_error error;

    for (now = vfu_mono_ns(); now < due && !p->stopped; now = vfu_mono_ns()) {
        int ms = (int)((due - now + 999999) / 1000000);

        if (vfu_client_turn(&p->client, NULL, ms, &error) == VFU_CLIENT_STOPPED)
            return false;
    }
    return !p->stopped;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Nearest rank: the smallest that so many percent do not exceed. */
static double percentile(const struct ping *p, double percent)
{
    size_t rank = (size_t)ceil(percent / 100 * (double)p->kept);

    return p->latency[rank > 0 ? rank - 1 : 0];
}

static void summary(struct ping *p)
{
    static const double percents[] = { 50, 90, 99, 99.9 };

    qsort(p->latency, p->kept, sizeof p->latency[0], by_value);
    if (p->json) {
        printf("{\"event\":\"summary\",\"sent\":%llu,\"answered\":%llu,\"errors\":%llu", (unsigned long long)p->sent,
               (unsigned long long)p->answered, (unsigned long long)p->errors);
        if (p->kept)
            printf(",\"min_us\":%.3f,\"avg_us\":%.3f,\"p50_us\":%.3f,\"p90_us\":%.3f,\"p99_us\":%.3f,\"p99_9_us\":%.3f,"
                   "\"max_us\":%.3f", p->latency[0], p->total_us / (double)p->answered, percentile(p, percents[0]),
                   percentile(p, percents[1]), percentile(p, percents[2]), percentile(p, percents[3]),
                   p->latency[p->kept - 1]);
        printf("}\n");
        return;
    }
    printf("--- %s: %llu sent, %llu answered, %llu of them with an error\n", p->path, (unsigned long long)p->sent,
           (unsigned long long)p->answered, (unsigned long long)p->errors);
    if (!p->kept)
        return;
    printf("us: min %.1f, avg %.1f", p->latency[0], p->total_us / (double)p->answered);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
        printf(", p%g %.1f", percents[i], percentile(p, percents[i]));
    printf(", max %.1f\n", p->latency[p->kept - 1]);
}

/* -i takes seconds, as ping(8) does; 0: one right after the other. */
static bool parse_interval(const char *text, uint64_t *ns)
{
    char *end = NULL;
    double seconds = text ? strtod(text, &end) : 1;

    if (text && (end == text || *end || !(seconds >= 0 && seconds <= 86400))) {
        cli_error("-i: %s: not a number of seconds", text);
        return false;
    }
    *ns = (uint64_t)(seconds * 1e9);
    return true;
}

/* A number or a name of the list. */
static bool parse_region(const char *text, uint64_t *region)
{
    *region = VFIO_PCI_CONFIG_REGION_INDEX;
    if (!text || (vfu_parse_named(vfu_region_names, text, region) && *region <= UINT32_MAX))
        return true;
    cli_error("--region: %s: no region (a number, or bar0 to bar5, rom, config, vga)", text);
    return false;
}

static bool parse(const struct cli_args *args, struct ping *p)
{
    const char *name;

    p->path = args->rest[0];
    p->json = cli_has(args, "json");
    if (!cli_number(args, "count", 0, &p->count) || !parse_interval(cli_value(args, "interval"), &p->interval_ns) ||
        !parse_region(cli_value(args, "region"), &p->region) || !cli_number(args, "offset", 0, &p->offset) ||
        !cli_number(args, "size", 4, &p->size))
        return false;
    if (cli_has(args, "count") && p->count == 0) {
        cli_error("-n: at least 1");
        return false;
    }
    if (p->size == 0 || p->size > MAX_SIZE) {
        cli_error("--size: from 1 to 1M");
        return false;
    }
    name = vfu_name_of(vfu_region_names, p->region);
    if (name)
        snprintf(p->where, sizeof p->where, "%s+0x%llx", name, (unsigned long long)p->offset);
    else
        snprintf(p->where, sizeof p->where, "region %llu+0x%llx", (unsigned long long)p->region,
                 (unsigned long long)p->offset);
    return true;
}

static bool start(struct ping *p)
{
    struct vfu_client_hooks hooks = { .context = p, .watched = on_signal, .stopped = is_stopped };

    hooks.watch_fd = cli_signals_open((const int[]){ 0 });
    p->latency = malloc(MAX_KEPT * sizeof p->latency[0]);
    if (hooks.watch_fd >= 0 && p->latency && vfu_client_init(&p->client, &hooks))
        return true;
    cli_error("out of memory or descriptors");
    return false;
}

static enum cli_status ping(struct ping *p)
{
    uint64_t due;
    struct vfu_error error;
    enum vfu_client_result result = vfu_client_connect(&p->client, p->path, false, &error);
    bool going = true;

    if (result != VFU_CLIENT_OK) {
        if (result != VFU_CLIENT_STOPPED)
            cli_error("%s", error.text);
        return result == VFU_CLIENT_STOPPED ? CLI_INTERRUPTED : CLI_USAGE;
    }
    result = vfu_client_negotiate(&p->client, NULL, &error);
    if (result != VFU_CLIENT_OK) {
        if (result != VFU_CLIENT_STOPPED)
            cli_error("%s: %s", p->path, error.text);
        return result == VFU_CLIENT_STOPPED ? CLI_INTERRUPTED : CLI_FAILED;
    }
    if (p->size > vfu_client_agreed(&p->client)->max_data_xfer_size) {
        cli_error("--size: the server takes no more than %llu",
                  (unsigned long long)vfu_client_agreed(&p->client)->max_data_xfer_size);
        return CLI_FAILED;
    }
    /* As any client does before it reads a region. */
    if (vfu_client_ask_region(&p->client, (uint32_t)p->region, &error) == VFU_CLIENT_STOPPED)
        return CLI_INTERRUPTED;
    due = vfu_mono_ns();
    while (going && !ferror(stdout) && (!p->count || p->sent < p->count)) {
        going = (p->sent == 0 || pause_until(p, due += p->interval_ns)) && one(p);
    }
    summary(p);
    return p->answered == p->sent && p->errors == 0 && p->sent > 0 ? CLI_OK : CLI_FAILED;
}

static enum cli_status run(const struct cli_args *args)
{
    struct ping p = { .random = 1 };
    enum cli_status status = CLI_USAGE;

    if (!parse(args, &p))
        return CLI_USAGE;
    if (start(&p)) {
        status = ping(&p);
        close(p.client.hooks.watch_fd);
        vfu_client_free(&p.client);
    }
    free(p.latency);
    return status;
}

static const struct cli_option options_list[] = {
    { "count", 'n', "COUNT", "end after so many; otherwise with ^C", .group = CLI_RUNNING },
    { "interval", 'i', "SECONDS", "from one to the next, 1 if not given; 0: at once", .group = CLI_RUNNING },
    { "region", 0, "N", "the region to read, by number or name; config if not given", .group = CLI_INPUT },
    { "offset", 0, "N", "where in it, 0 if not given", .group = CLI_INPUT },
    { "size", 0, "N", "how many bytes, 4 if not given", .group = CLI_INPUT },
    { "json", 0, NULL, "one JSON object a reply, and one for the summary", .group = CLI_OUTPUT },
    { 0 },
};

const struct cli_command cli_ping = {
    .name = "ping",
    .usage = "SOCKET",
    .summary = "measure how long a server takes to answer",
    .purpose = CLI_DRIVE,
    .examples = {
        { "ping device.sock -n 1000 -i 0", "a thousand reads as fast as they go, and how long they take" },
        { "ping device.sock --region bar0 --offset 0x10", "one register, each second" },
    },
    .options = options_list,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
