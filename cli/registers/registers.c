/*
 * vfuscope registers: checks a map of registers, and lists it.
 */
#include "cli/output/maps.h"
#include "cli/registers/inside.h"

#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    { "json", 0, NULL, "one JSON object", .group = CLI_OUTPUT },
    { "header", 0, NULL, "a header of C: #defines of offsets, fields and their values", .group = CLI_OUTPUT },
    { 0 },
};

static bool flush(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

/* What is odd, on standard error. */
static void remark(void *context, const char *text)
{
    cli_error("%s: %s", (const char *)context, text);
}

static void json_mistake(const char *path, const char *text, struct vfu_writer *w)
{
    vfu_write_text(w, "{\"file\":\"");
    vfu_write_json_string(w, (const uint8_t *)path, strlen(path));
    vfu_write_text(w, "\",\"ok\":false,\"error\":\"");
    vfu_write_json_string(w, (const uint8_t *)text, strlen(text));
    vfu_write_text(w, "\"}\n");
}

static enum cli_status run(const struct cli_args *args)
{
    bool as_json = cli_has(args, "json"), as_header = cli_has(args, "header"), good = true;
    char room[8192];
    struct vfu_writer w = vfu_writer(room, sizeof room, flush, stdout);
    struct cli_map_spec spec;
    struct vfu_devmap *map;
    struct vfu_error error;

    if (as_json && as_header) {
        cli_error("--header: it is C, and --json is not");
        return CLI_USAGE;
    }
    if (!cli_map_spec("", args->rest[0], &spec))
        return CLI_USAGE;
    spec.how.remark = remark;
    spec.how.context = spec.path;
    map = vfu_maps_read(spec.path, &spec.how, &error);
    if (!map) {
        cli_error("%s: %s", spec.path, error.text);
        if (as_json && !error.number)
            json_mistake(spec.path, error.text, &w);
        vfu_writer_flush(&w);
        return error.number ? CLI_USAGE : CLI_FAILED;
    }
    if (as_json)
        registers_json(map, &w);
    else if (as_header)
        good = registers_header(map, &w);
    else
        registers_list(map, &w);
    vfu_writer_flush(&w);
    vfu_devmap_free(map);
    if (!good)
        cli_error("out of memory");
    return good ? CLI_OK : CLI_FAILED;
}

const struct cli_command cli_registers = {
    .name = "registers",
    .usage = "FILE[,region=REGION][,offset=N]",
    .summary = "check and list a map of a device's registers",
    .purpose = CLI_UNDERSTAND,
    .paging = CLI_PAGED,
    .examples = {
        { "registers mydev.json", "is the map right, and what is in it?" },
        { "registers chip.svd,region=bar2 --header > chip.h", "the same registers for a driver" },
    },
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
