/*
 * dirty start, report, stop: which memory the device has written (the features DMA_LOGGING_*).
 */
#include "cli/shell/commands/inside.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PAGE = 4096, MAX_PAGE = 1 << 30, MAX_RANGES = 256, BITMAP_CHUNK = SHELL_CHUNK };

enum { RANGES, PAGE };
static const struct shell_arg range_args[] = {
    [RANGES] = { "IOVA SIZE", .kind = SHELL_RANGE, .flags = SHELL_OPTIONAL | SHELL_MANY },
    [PAGE] = { "SIZE", "--page", SHELL_NUMBER, SHELL_OPTIONAL, .missing = "a SIZE must follow" },
    { 0 },
};

/* --page, which is a power of two, and whole ranges. */
static bool check(struct shell *sh, const struct shell_value *args)
{
    const struct shell_value *page = &args[PAGE], *words = &args[RANGES];

    if (page->given && (page->number == 0 || page->number > MAX_PAGE || (page->number & (page->number - 1))))
        return shell_fail(sh, "--page: %.80s: not a power of two up to 1G", page->text);
    return words->list.count % 2 == 0 ||
           shell_fail(sh, "a SIZE is missing behind %.80s", words->list.word[words->list.count - 1]);
}

static enum shell_result start(struct shell *sh, const struct shell_value *args)
{
    char names[MAX_RANGES * 2][32], **words = args[RANGES].list.word;
    struct shell_field fields[MAX_RANGES * 2 + 4] = {
        { "flags", VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START },
    };
    uint64_t page = args[PAGE].given ? args[PAGE].number : DEFAULT_PAGE;
    int argc = args[RANGES].list.count, count = 2;
    enum shell_result result;

    if (!check(sh, args))
        return SHELL_FAILED;
    fields[1] = (struct shell_field){ "page_size", page };
    if (argc / 2 > MAX_RANGES) {
        shell_fail(sh, "%.80s: at most 256 ranges", words[argc - 1]);
        return SHELL_FAILED;
    }
    for (int i = 0; i < argc; i++) {
        uint64_t number;

        if (!shell_number(sh, i % 2 ? "SIZE" : "IOVA", words[i], &number))
            return SHELL_FAILED;
        snprintf(names[i], sizeof names[i], "ranges[%d].%s", i / 2, i % 2 ? "length" : "iova");
        fields[count++] = (struct shell_field){ names[i], number };
    }
    result = shell_request(sh, VFU_DEVICE_FEATURE, fields, NULL, 0);
    if (result != SHELL_OK)
        return result;
    sh->device.logging_page = shell_reply_number(&sh->link, "page_size", page);
    if (sh->device.logging_page == 0 || sh->device.logging_page > MAX_PAGE)
        sh->device.logging_page = page; /* no size of a page: a report by what was asked for */
    if (sh->device.logging_page != page)
        shell_say(sh, "the server logs pages of 0x%llx bytes\n", (unsigned long long)sh->device.logging_page);
    shell_json_reply(sh);
    return SHELL_OK;
}

struct report {
    uint64_t page, pages; /* how many are dirty */
    uint64_t run, run_size; /* the range being gathered; size 0: none */
    bool first;
};

static void say_run(struct shell *sh, struct report *r)
{
    struct vfu_writer *w = &sh->outcome.members.w;

    if (!r->run_size)
        return;
    shell_say(sh, "0x%llx+0x%llx\n", (unsigned long long)r->run, (unsigned long long)r->run_size);
    vfu_write_text(w, r->first ? "{\"address\":\"" : ",{\"address\":\"");
    vfu_write_0x(w, r->run);
    vfu_write_text(w, "\",\"size\":\"");
    vfu_write_0x(w, r->run_size);
    vfu_write_text(w, "\"}");
    r->first = false;
    r->run_size = 0;
}

static void add_page(struct shell *sh, struct report *r, uint64_t address)
{
    if (r->run_size && r->run + r->run_size != address)
        say_run(sh, r);
    if (!r->run_size)
        r->run = address;
    r->run_size += r->page;
    r->pages++;
}

/* One message: at most as many pages as fit a bitmap of BITMAP_CHUNK bytes. */
static enum shell_result ask(struct shell *sh, struct report *r, uint64_t address, uint64_t size)
{
    uint64_t pages = (size + r->page - 1) / r->page, bytes = (pages + 63) / 64 * 8;
    const struct shell_field fields[] = {
        { "flags", VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT },
        { "iova", address }, { "length", size }, { "page_size", r->page }, { "argsz", 32 + bytes }, { 0 },
    };
    enum shell_result result = shell_request(sh, VFU_DEVICE_FEATURE, fields, NULL, 0);
    const uint8_t *bitmap;
    size_t got;

    if (result != SHELL_OK)
        return result;
    bitmap = shell_reply_bytes(&sh->link, "bitmap", &got);
    if (got < (pages + 7) / 8) {
        shell_fail(sh, "the server answered with a bitmap of %zu byte%s for %llu page%s", got, vfu_plural(got),
                   (unsigned long long)pages, vfu_plural(pages));
        return SHELL_FAILED;
    }
    for (uint64_t i = 0; i < pages; i++)
        if (bitmap[i / 8] & 1 << i % 8)
            add_page(sh, r, address + i * r->page);
    return SHELL_OK;
}

static enum shell_result ask_range(struct shell *sh, struct report *r, uint64_t address, uint64_t size)
{
    uint64_t chunk = BITMAP_CHUNK * 8ull * r->page;
    enum shell_result result = SHELL_OK;

    while (size > 0 && result == SHELL_OK) {
        uint64_t part = size < chunk ? size : chunk;

        result = ask(sh, r, address, part);
        address += part;
        size -= part;
    }
    return result;
}

static enum shell_result report(struct shell *sh, const struct shell_value *args)
{
    struct report r = { .page = sh->device.logging_page ? sh->device.logging_page : DEFAULT_PAGE, .first = true };
    int argc = args[RANGES].list.count;
    char **words = args[RANGES].list.word;
    enum shell_result result = SHELL_OK;
    struct shell_range range;

    if (!check(sh, args))
        return SHELL_FAILED;
    if (args[PAGE].given)
        r.page = args[PAGE].number;
    if (argc == 0 && sh->device.maps.count == 0) {
        shell_fail(sh, "nothing is mapped: IOVA and SIZE are needed");
        return SHELL_FAILED;
    }
    shell_json_key(sh, "dirty");
    vfu_write_char(&sh->outcome.members.w, '[');
    for (size_t i = 0; argc == 0 && i < sh->device.maps.count && result == SHELL_OK; i++)
        result = ask_range(sh, &r, sh->device.maps.map[i].address, sh->device.maps.map[i].size);
    for (int i = 0; i < argc && result == SHELL_OK; i += 2) {
        if (shell_range(sh, words[i], words[i + 1], &range))
            result = ask_range(sh, &r, range.address, range.size);
        else
            result = SHELL_FAILED;
    }
    say_run(sh, &r);
    vfu_write_char(&sh->outcome.members.w, ']');
    shell_json_number(sh, "pages", r.pages);
    shell_json_number(sh, "page_size", r.page);
    if (result == SHELL_OK)
        shell_say(sh, "%llu page%s of 0x%llx bytes\n", (unsigned long long)r.pages, vfu_plural(r.pages),
                  (unsigned long long)r.page);
    return result;
}

static enum shell_result stop(struct shell *sh, const struct shell_value *args)
{
    const struct shell_field fields[] = {
        { "flags", VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP }, { 0 },
    };
    enum shell_result result = shell_request(sh, VFU_DEVICE_FEATURE, fields, NULL, 0);

    (void)args;
    if (result == SHELL_OK)
        sh->device.logging_page = 0;
    return result;
}

const struct shell_command cmd_dirty_start = {
    .name = "dirty start",
    .help = "log which memory the device writes",
    .more = "All of it, if no ranges are named. Pages of 4K, unless --page says otherwise or the server has its own.\n"
            "Example: dirty start 0x100000 64K",
    .args = range_args,
    .run = start,
};

const struct shell_command cmd_dirty_report = {
    .name = "dirty report",
    .help = "what it has written since the last report, as ranges",
    .more = "Of all mappings, if no ranges are named.\n"
            "Example: dirty report 0x100000 64K\n         expect pages == 1",
    .flags = SHELL_PAGED,
    .args = range_args,
    .run = report,
};

const struct shell_command cmd_dirty_stop = {
    .name = "dirty stop",
    .help = "stop logging",
    .more = "Example: dirty stop",
    .run = stop,
};
