/*
 * dma map, unmap, list, trace: the memory that the device may reach, and what it does with it.
 */
#include "cli/shell/commands/inside.h"

#include <string.h>

enum { MAP_RANGE, MAP_MESSAGE, MAP_FILE, MAP_RO, MAP_WO };
static const struct shell_arg map_args[] = {
    [MAP_RANGE] = { "IOVA SIZE", .kind = SHELL_RANGE },
    [MAP_MESSAGE] = { .word = "--message", .flags = SHELL_OPTIONAL | SHELL_OR },
    [MAP_FILE] = { "PATH", "--file", SHELL_TEXT, SHELL_OPTIONAL },
    [MAP_RO] = { .word = "--ro", .flags = SHELL_OPTIONAL | SHELL_OR },
    [MAP_WO] = { .word = "--wo", .flags = SHELL_OPTIONAL },
    { 0 },
};

static enum shell_result map(struct shell *sh, const struct shell_value *args)
{
    struct shell_map map = {
        .address = args[MAP_RANGE].range.address,
        .size = args[MAP_RANGE].range.size,
        .flags = args[MAP_RO].given   ? VFU_DMA_READABLE
                 : args[MAP_WO].given ? VFU_DMA_WRITEABLE : VFU_DMA_READABLE | VFU_DMA_WRITEABLE,
        .backing = args[MAP_MESSAGE].given ? SHELL_MESSAGE : args[MAP_FILE].given ? SHELL_FILE : SHELL_MEMFD,
        .fd = -1,
    };
    enum shell_result result;

    if (!shell_map_make(&map, args[MAP_FILE].text, &sh->outcome.error))
        return SHELL_FAILED;
    result = shell_map_send(sh, &map);
    if (result != SHELL_OK || !shell_maps_add(&sh->device.maps, &map, &sh->outcome.error)) {
        shell_map_drop(&map);
        return result == SHELL_OK ? SHELL_FAILED : result;
    }
    shell_json_reply(sh);
    return SHELL_OK;
}

static void complete_name(struct shell *sh, int argc, char **argv, struct cli_matches *m)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < sh->device.maps.count; i++)
        if (sh->device.maps.map[i].name[0])
            shell_match(m, sh->device.maps.map[i].name);
}

enum { UNMAP_RANGE, UNMAP_ALL, UNMAP_NAME };
static const struct shell_arg unmap_args[] = {
    [UNMAP_RANGE] = { "IOVA SIZE", .kind = SHELL_RANGE },
    [UNMAP_ALL] = { .word = "all", .flags = SHELL_ELSE },
    [UNMAP_NAME] = { "NAME", .kind = SHELL_TEXT, .flags = SHELL_ELSE, .complete = complete_name },
    { 0 },
};

/* All of the memory that has this name. */
static bool named(struct shell *sh, const char *name, struct shell_range *r)
{
    const struct shell_map *m = shell_maps_named(&sh->device.maps, name, strlen(name));

    if (!m)
        return shell_fail(sh, "%.80s: no memory has this name (dma list); usage: dma unmap IOVA SIZE | all | NAME", name);
    *r = (struct shell_range){ m->address, m->size };
    return true;
}

static enum shell_result unmap(struct shell *sh, const struct shell_value *args)
{
    struct shell_range r = { 0 };
    bool all = args[UNMAP_ALL].given;
    enum shell_result result;

    if (args[UNMAP_RANGE].given)
        r = args[UNMAP_RANGE].range;
    if (args[UNMAP_NAME].given && !named(sh, args[UNMAP_NAME].text, &r))
        return SHELL_FAILED;
    result = shell_request(sh, VFU_DMA_UNMAP,
                           (const struct shell_field[]){ { "flags", all ? VFIO_DMA_UNMAP_FLAG_ALL : 0 },
                                                         { "address", r.address }, { "size", r.size }, { 0 } },
                           NULL, 0);
    if (result == SHELL_OK) {
        shell_maps_remove(&sh->device.maps, r.address, all ? UINT64_MAX : r.size);
        shell_json_reply(sh);
    }
    return result;
}

static const char *const backings[] = { [SHELL_MEMFD] = "memfd", [SHELL_FILE] = "file", [SHELL_MESSAGE] = "message" };

static void list_outside(struct shell *sh)
{
    struct vfu_writer *w = &sh->outcome.members.w;
    const struct shell_outside *o = &sh->device.outside;

    if (o->count)
        shell_say(sh, "outside of all mappings the device tried to\n");
    shell_json_key(sh, "outside");
    vfu_write_char(w, '[');
    for (size_t i = 0; i < o->count; i++) {
        const char *what = o->touched[i].write ? "write" : "read";

        shell_say(sh, "  %-5s 0x%llx+0x%llx, %llu time%s\n", what, (unsigned long long)o->touched[i].address,
                  (unsigned long long)o->touched[i].size, (unsigned long long)o->touched[i].times,
                  vfu_plural(o->touched[i].times));
        vfu_write_text(w, i ? ",{\"address\":\"" : "{\"address\":\"");
        vfu_write_0x(w, o->touched[i].address);
        vfu_write_text(w, "\",\"size\":\"");
        vfu_write_0x(w, o->touched[i].size);
        vfu_write_text(w, "\",\"access\":\"");
        vfu_write_text(w, what);
        vfu_write_text(w, "\",\"times\":");
        vfu_write_decimal(w, o->touched[i].times);
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}

static bool has_names(const struct shell_maps *maps)
{
    size_t i = 0;

    while (i < maps->count && !maps->map[i].name[0])
        i++;
    return i < maps->count;
}

static enum shell_result list(struct shell *sh, const struct shell_value *args)
{
    struct vfu_writer *out = shell_text(sh), *w = &sh->outcome.members.w;

    (void)args;
    if (sh->device.maps.count)
        shell_say(sh, "IOVA                SIZE      FLAGS  BY%s\n", has_names(&sh->device.maps) ? "       NAME" : "");
    shell_json_key(sh, "maps");
    vfu_write_char(w, '[');
    for (size_t i = 0; i < sh->device.maps.count; i++) {
        const struct shell_map *m = &sh->device.maps.map[i];
        uint64_t start = vfu_writer_position(out);
        bool r = m->flags & VFU_DMA_READABLE, wr = m->flags & VFU_DMA_WRITEABLE;

        vfu_write_0x(out, m->address);
        vfu_write_pad(out, start, 20);
        vfu_write_size(out, m->size);
        vfu_write_pad(out, start, 30);
        shell_say(sh, "%s%s     %-*s%s\n", r ? "r" : "-", wr ? "w" : "-", m->name[0] ? 9 : 0, backings[m->backing], m->name);
        if (i)
            vfu_write_char(w, ',');
        vfu_write_text(w, "{\"address\":\"");
        vfu_write_0x(w, m->address);
        vfu_write_text(w, "\",\"size\":\"");
        vfu_write_0x(w, m->size);
        vfu_write_text(w, "\",\"flags\":{\"raw\":\"");
        vfu_write_0x(w, m->flags);
        vfu_write_text(w, "\",\"names\":[");
        vfu_write_text(w, r && wr ? "\"readable\",\"writeable\"" : r ? "\"readable\"" : "\"writeable\"");
        vfu_write_text(w, "]},\"type\":\"");
        vfu_write_text(w, backings[m->backing]);
        vfu_write_text(w, m->name[0] ? "\",\"name\":\"" : "");
        vfu_write_text(w, m->name);
        vfu_write_text(w, "\"}");
    }
    vfu_write_char(w, ']');
    list_outside(sh);
    return SHELL_OK;
}

static const struct shell_arg trace_args[] = { SHELL_ARG_ON_OFF, { 0 } };

static enum shell_result trace(struct shell *sh, const struct shell_value *args)
{
    sh->device.trace = args[0].number;
    for (size_t i = 0; sh->device.trace && i < sh->device.maps.count; i++) {
        if (sh->device.maps.map[i].backing == SHELL_MESSAGE)
            continue;
        shell_say(sh, "what the device does with memory that it maps itself is not seen (dma map --message)\n");
        break;
    }
    return SHELL_OK;
}

const struct shell_command cmd_dma_map = {
    .name = "dma map",
    .help = "give the device memory at IOVA",
    .more = "A memfd, passed with the message so that the server can map it, unless --file names a file of at least\n"
            "SIZE bytes, or --message keeps the memory here: the device then asks with DMA_READ and DMA_WRITE.\n"
            "--ro: the device may only read it; --wo: only write.\n"
            "Example: dma map 0x100000 64K --message",
    .args = map_args,
    .run = map,
};

const struct shell_command cmd_dma_unmap = {
    .name = "dma unmap",
    .help = "take memory back",
    .more = "NAME is that of memory that `mem alloc` gave; all of it goes.\n"
            "Example: dma unmap 0x100000 64K",
    .args = unmap_args,
    .run = unmap,
};

const struct shell_command cmd_dma_list = {
    .name = "dma list",
    .help = "the memory that the device has, and where it tried to go without",
    .more = "Example: dma list",
    .flags = SHELL_PAGED,
    .run = list,
};

const struct shell_command cmd_dma_trace = {
    .name = "dma trace",
    .help = "show what the device reads and writes by message, as it happens",
    .more = "Memory that the device got a descriptor of it maps, and reaches without a message: nothing here can see "
            "when.\ndma map --message keeps it from doing so.\n"
            "Example: dma trace on",
    .flags = SHELL_NO_RESULT,
    .args = trace_args,
    .run = trace,
};
