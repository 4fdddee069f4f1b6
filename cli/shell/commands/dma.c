/*
 * dma map, unmap, list, trace: the memory that the device may reach, and what it does with it.
 */
#include "cli/shell/commands/all.h"

#include <string.h>

static bool parse_map(struct shell *sh, int argc, char **argv, struct shell_map *map, const char **path)
{
    *map = (struct shell_map){ .flags = VFU_DMA_READABLE | VFU_DMA_WRITEABLE, .fd = -1 };
    *path = NULL;
    if (!shell_number(sh, "IOVA", argv[0], &map->address) || !shell_number(sh, "SIZE", argv[1], &map->size))
        return false;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--message") == 0 && map->backing == SHELL_MEMFD)
            map->backing = SHELL_MESSAGE;
        else if (strcmp(argv[i], "--file") == 0 && i + 1 < argc && map->backing == SHELL_MEMFD)
            map->backing = SHELL_FILE, *path = argv[++i];
        else if (strcmp(argv[i], "--ro") == 0 && map->flags & VFU_DMA_READABLE)
            map->flags = VFU_DMA_READABLE;
        else if (strcmp(argv[i], "--wo") == 0 && map->flags & VFU_DMA_WRITEABLE)
            map->flags = VFU_DMA_WRITEABLE;
        else
            return shell_fail(sh, "%.80s: usage: dma map %s", argv[i], cmd_dma_map.usage);
    }
    return true;
}

static enum shell_result exec_map(struct shell *sh, int argc, char **argv)
{
    enum shell_result result;
    struct shell_map map;
    const char *path;

    if (!parse_map(sh, argc, argv, &map, &path) || !shell_map_make(&map, path, &sh->outcome.error))
        return SHELL_FAILED;
    result = shell_map_send(sh, &map);
    if (result != SHELL_OK || !shell_maps_add(&sh->device.maps, &map, &sh->outcome.error)) {
        shell_map_drop(&map);
        return result == SHELL_OK ? SHELL_FAILED : result;
    }
    shell_json_reply(sh);
    return SHELL_OK;
}

static enum shell_result exec_unmap(struct shell *sh, int argc, char **argv)
{
    bool all = argc == 1 && strcmp(argv[0], "all") == 0;
    uint64_t address = 0, size = 0;
    enum shell_result result;

    if (!all && argc != 2) {
        shell_fail(sh, "usage: dma unmap %s", cmd_dma_unmap.usage);
        return SHELL_FAILED;
    }
    if (!all && (!shell_number(sh, "IOVA", argv[0], &address) || !shell_number(sh, "SIZE", argv[1], &size)))
        return SHELL_FAILED;

    const struct shell_field fields[] = {
        { "flags", all ? VFIO_DMA_UNMAP_FLAG_ALL : 0 }, { "address", address }, { "size", size }, { 0 },
    };

    result = shell_request(sh, VFU_DMA_UNMAP, fields, NULL, 0);
    if (result == SHELL_OK) {
        shell_maps_remove(&sh->device.maps, address, all ? UINT64_MAX : size);
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

static enum shell_result list(struct shell *sh, const struct shell_value *args)
{
    struct vfu_writer *out = shell_text(sh), *w = &sh->outcome.members.w;

    (void)args;
    if (sh->device.maps.count)
        shell_say(sh, "IOVA                SIZE      FLAGS  BY\n");
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
        shell_say(sh, "%s%s     %s\n", r ? "r" : "-", wr ? "w" : "-", backings[m->backing]);
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
        vfu_write_text(w, "\"}");
    }
    vfu_write_char(w, ']');
    list_outside(sh);
    return SHELL_OK;
}

static enum shell_result exec_trace(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    if (strcmp(argv[0], "on") != 0 && strcmp(argv[0], "off") != 0) {
        shell_fail(sh, "%.80s: on or off", argv[0]);
        return SHELL_FAILED;
    }
    sh->device.trace = argv[0][1] == 'n';
    for (size_t i = 0; sh->device.trace && i < sh->device.maps.count; i++) {
        if (sh->device.maps.map[i].backing == SHELL_MESSAGE)
            continue;
        shell_say(sh, "what the device does with memory that it maps itself is not seen (dma map --message)\n");
        break;
    }
    return SHELL_OK;
}

static void complete_map(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    static const char *const options[] = { "--message", "--file", "--ro", "--wo" };

    (void)sh;
    (void)argv;
    for (size_t i = 0; argc >= 2 && i < 4; i++)
        shell_match(m, options[i]);
}

const struct shell_command cmd_dma_map = {
    .name = "dma map",
    .usage = "IOVA SIZE [--message | --file PATH] [--ro | --wo]",
    .help = "give the device memory at IOVA",
    .more = "A memfd, passed with the message so that the server can map it, unless --file names a file of at least\n"
            "SIZE bytes, or --message keeps the memory here: the device then asks with DMA_READ and DMA_WRITE.\n"
            "--ro: the device may only read it; --wo: only write.\n"
            "Example: dma map 0x100000 64K --message",
    .min = 2,
    .max = 6,
    .exec = exec_map,
    .complete = complete_map,
};

const struct shell_command cmd_dma_unmap = {
    .name = "dma unmap",
    .usage = "IOVA SIZE | all",
    .help = "take memory back",
    .more = "Example: dma unmap 0x100000 64K",
    .min = 1,
    .max = 2,
    .exec = exec_unmap,
    .complete = shell_complete_address,
};

const struct shell_command cmd_dma_list = {
    .name = "dma list",
    .help = "the memory that the device has, and where it tried to go without",
    .more = "Example: dma list",
    .flags = SHELL_PAGED,
    .run = list,
};

static void complete_trace(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    (void)sh;
    (void)argc;
    (void)argv;
    shell_match(m, "on");
    shell_match(m, "off");
}

const struct shell_command cmd_dma_trace = {
    .name = "dma trace",
    .usage = "on|off",
    .help = "show what the device reads and writes by message, as it happens",
    .more = "Memory that the device got a descriptor of it maps, and reaches without a message: nothing here can see when.\n"
            "dma map --message keeps it from doing so.\n"
            "Example: dma trace on",
    .min = 1,
    .max = 1,
    .flags = SHELL_NO_RESULT,
    .exec = exec_trace,
    .complete = complete_trace,
};
