/*
 * The plugins that come with vfuscope against everything that a guest or a device may write: random accesses to the
 * places that matter, random config space, guest memory of random bytes or of none. Nothing may crash, read what is not
 * there, run on, or say more than fits. SEED and ROUNDS from the environment.
 */
#include "plugins/plugin.h"
#include "test.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>

enum { CONFIG = 4096, DEVICES = 30, ACCESSES = 400, ROOM = 256, READS = 4000 /* in one call: more would be a loop */ };

static uint64_t state;

static uint64_t number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static bool often(unsigned in)
{
    return number() % in != 0;
}

/* The other side of struct vfp_host */
struct vfp_device {
    struct vfp_ids ids;
    uint8_t config[CONFIG];
    unsigned reads, most_reads, longest, notes;
    unsigned said; /* notes about the message at hand */
    unsigned wrong_requests;
    unsigned misfits, reasons, wrong_rows; /* how many rows it has; and asked for beyond */
    bool places_changed;
    bool sparse; /* most of guest memory can't be read */
};

static void say(struct vfp_device *d, const char *format, va_list args)
{
    char text[1024];
    int size = vsnprintf(text, sizeof text, format, args);

    d->notes++;
    d->said++;
    if (size > (int)d->longest)
        d->longest = (unsigned)size;
}

static void note(struct vfp_device *d, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(d, format, args);
    va_end(args);
}

static enum vfp_memory read_memory(struct vfp_device *d, uint64_t address, void *buffer, size_t size)
{
    uint8_t *to = buffer;

    (void)address;
    d->reads++;
    if (size > 65536 || (d->sparse && often(3))) {
        memset(buffer, 0, size < 65536 ? size : 65536);
        return (enum vfp_memory)(1 + number() % 5);
    }
    for (size_t i = 0; i < size; i++) /* small numbers are indexes, flags and lengths */
        to[i] = often(2) ? 0 : (uint8_t)(often(3) ? number() % 16 : number());
    return VFP_OK;
}

static const char *why(enum vfp_memory result)
{
    (void)result;
    return "for a reason";
}

static bool is_mapped(struct vfp_device *d, uint64_t address, uint64_t size, bool to_write)
{
    (void)d;
    return (address + size + to_write) % 3 != 0;
}

static const struct vfp_ids *ids(struct vfp_device *d)
{
    return &d->ids;
}

static bool config(struct vfp_device *d, unsigned offset, void *buffer, size_t size)
{
    memset(buffer, 0, size);
    if (offset > CONFIG || size > CONFIG - offset)
        return false;
    memcpy(buffer, d->config + offset, size);
    return true;
}

static uint64_t region_size(struct vfp_device *d, unsigned region)
{
    (void)d;
    return region % 2 ? 0 : 0x4000;
}

static bool is_mappable(struct vfp_device *d, unsigned region, uint64_t offset, uint64_t size)
{
    (void)region, (void)offset, (void)size;
    return d->sparse;
}

static void misfit(struct vfp_device *d, unsigned number, const char *format, ...)
{
    va_list args;

    d->wrong_rows += number >= d->misfits;
    va_start(args, format);
    say(d, format, args);
    va_end(args);
}

static void because(struct vfp_device *d, unsigned number, const uint64_t *messages, unsigned count, const char *format, ...)
{
    va_list args;

    (void)messages;
    d->wrong_rows += number >= d->reasons || count > 4;
    va_start(args, format);
    say(d, format, args);
    va_end(args);
}

static uint64_t message(struct vfp_device *d) { return d->notes; }

static bool region(struct vfp_device *d, unsigned number, struct vfp_region_info *info)
{
    *info = (struct vfp_region_info){ .size = d->config[number] << 8, .flags = 7, .whole = d->sparse };
    return number < 9 && d->config[number + 100] % 2;
}

static bool irq(struct vfp_device *d, unsigned index, struct vfp_irq_info *info)
{
    *info = (struct vfp_irq_info){ .count = d->config[index] };
    return index < 5 && d->config[index + 100] % 2;
}

static void places_changed(struct vfp_device *d) { d->places_changed = true; }

static unsigned room(struct vfp_device *d) { return d->said < ROOM ? ROOM - d->said : 0; }

static void request(struct vfp_device *d, const struct vfp_request *r)
{
    d->wrong_requests += (r->name && strlen(r->name) > 39) || r->known > 31;
}

static void went_by(struct vfp_device *d, uint32_t queue, uint64_t count)
{
    (void)queue;
    d->wrong_requests += count > UINT32_MAX;
}

static const struct vfp_host host = {
    .abi = VFP_ABI,
    .size = sizeof host,
    .note = note,
    .warn = note,
    .read = read_memory,
    .why = why,
    .is_mapped = is_mapped,
    .ids = ids,
    .config = config,
    .region_size = region_size,
    .is_mappable = is_mappable,
    .misfit = misfit,
    .because = because,
    .perhaps = because,
    .message = message,
    .region = region,
    .irq = irq,
    .places_changed = places_changed,
    .read_now = read_memory,
    .room = room,
    .request = request,
    .went_by = went_by,
};

/* Random, but with lists of capabilities that lead somewhere, virtio's among them. */
static void make_device(struct vfp_device *d, const struct vfp_plugin *p)
{
    *d = (struct vfp_device){ .sparse = number() % 2 };
    while (p->misfits && p->misfits[d->misfits].name)
        d->misfits++;
    while (p->reasons && p->reasons[d->reasons].name)
        d->reasons++;
    for (size_t i = 0; i < CONFIG; i++)
        d->config[i] = often(3) ? 0 : (uint8_t)number();
    d->config[0x06] |= 0x10;
    d->config[0x34] = (uint8_t)(0x40 + number() % 4 * 16);
    for (unsigned at = 0x40; at < 0x100; at += 16) {
        static const uint8_t known[] = { 0x01, 0x05, 0x09, 0x09, 0x09, 0x10, 0x11, 0x13 };

        d->config[at] = often(4) ? known[number() % sizeof known] : (uint8_t)number();
        d->config[at + 1] = often(4) ? (uint8_t)(at + 16) : (uint8_t)number();
        d->config[at + 3] = (uint8_t)(number() % 6);
        d->config[at + 4] = often(4) ? 0 : (uint8_t)(number() % 8);
        d->config[at + 8] = d->config[at + 10] = d->config[at + 11] = 0;
        d->config[at + 9] = (uint8_t)((d->config[at + 3] - 1) * 16); /* 0x1000 apart */
        d->config[at + 13] = 0x10;
    }
    d->ids = (struct vfp_ids){ .known = true, .vendor = 0x1af4, .subsystem_known = true };
    d->ids.device = (uint16_t)(0x1040 + (number() % 2 ? number() % 9 : number()));
    if (p->claim_count)
        d->ids.class_code = p->claims[0].class_code;
}

static struct vfp_access make_access(const struct vfp_plugin *p, uint8_t *data)
{
    static const uint64_t pages[] = { 0, 0x1000, 0x2000, 0x3000 };
    struct vfp_access a = { .time_ns = number() % 1000000000000u, .region = number() % 4 ? 0 : 7, .is_write = often(3) };
    unsigned size = 1u << number() % 4, count = 0;

    while (p->registers && p->registers[count].name)
        count++;
    a.offset = pages[number() % 4] + number() % 64;
    if (often(3))
        a.offset &= ~(uint64_t)(size - 1);
    if (count && often(2)) {
        const struct vfp_register *r = &p->registers[number() % count];

        a.region = r->region;
        a.offset = r->offset;
        size = r->width;
    }
    a.size = often(20) ? size : number() % 5000;
    for (size_t i = 0; i < 5000; i++)
        data[i] = often(2) ? 0 : (uint8_t)number();
    a.data = data;
    a.data_size = a.size ? (often(20) ? a.size : number() % a.size) : 0;
    a.error = often(30) ? 0 : 22;
    if (a.error)
        a.data_size = 0;
    a.has_value = a.size == a.data_size && (a.size == 1 || a.size == 2 || a.size == 4 || a.size == 8);
    if (a.has_value) {
        a.value = often(2) ? number() % 16 : number();
        for (unsigned i = 0; i < a.size; i++)
            data[i] = (uint8_t)(a.value >> (8 * i));
        a.value = a.size == 8 ? a.value : a.value & (((uint64_t)1 << 8 * a.size) - 1);
    }
    return a;
}

/* Where registers are, if that is another place now: a few, in regions that there are. */
static void look_for_places(const struct vfp_plugin *p, void *plugin, struct vfp_device *d, unsigned *places)
{
    struct vfp_place place;
    unsigned count = 0;

    if (!d->places_changed || !p->place)
        return;
    d->places_changed = false;
    for (const struct vfp_register *r = p->registers; r->name; r++)
        for (unsigned n = 0; r->region >= VFP_LOCATED && p->place(plugin, r, n, &place) && count < 1024; n++, count++)
            CHECK(place.region <= VFP_CONFIG && place.count <= 65536);
    CHECK(count < 1024);
    *places += count;
}

static void one_call(const struct vfp_plugin *p, void *plugin, uint8_t *data)
{
    struct vfp_access a = make_access(p, data);
    struct vfp_dma d = { .address = number() % 65536 * 16, .size = 512, .is_write = number() % 2, .data = data,
                         .data_size = number() % 513 };
    struct vfp_interrupt i = { .index = 2, .vector = (unsigned)number() };

    if (p->access)
        p->access(plugin, &a);
    if (p->dma && !often(10))
        p->dma(plugin, &d);
    if (p->interrupt && !often(10))
        p->interrupt(plugin, &i);
    if (p->moved && !often(10) && p->moved(plugin) == VFP_MOVED)
        p->look(plugin, number());
    if (p->reset && !often(200))
        p->reset(plugin);
    if (p->info && !often(20))
        p->info(plugin);
}

static void play(const struct vfp_plugin *p, uint8_t *data, unsigned *longest, unsigned *most, unsigned *notes, unsigned *places)
{
    static struct vfp_device device;
    void *plugin;

    make_device(&device, p);
    plugin = p->open(&device, &host);
    if (plugin && p->access) /* they look into config space when that is read */
        p->access(plugin, &(struct vfp_access){ .region = VFP_CONFIG, .size = 256, .data = device.config, .data_size = 256 });
    for (int i = 0; plugin && i < ACCESSES; i++) {
        device.reads = device.said = 0;
        one_call(p, plugin, data);
        look_for_places(p, plugin, &device, places);
        *most = device.reads > *most ? device.reads : *most;
    }
    if (plugin && p->close)
        p->close(plugin);
    *longest = device.longest > *longest ? device.longest : *longest;
    *notes += device.notes;
    CHECK_EQ(device.wrong_rows, 0);
    CHECK_EQ(device.wrong_requests, 0);
}

int main(void)
{
    static const char *const names[] = { "edu", "nvme", "pci", "virtio" };
    const char *build = getenv("BUILD"), *rounds = getenv("ROUNDS"), *seed = getenv("SEED");
    uint8_t *data = malloc(5000); /* of its own: beyond it there is nothing */

    for (size_t i = 0; data && i < sizeof names / sizeof names[0]; i++) {
        unsigned longest = 0, most = 0, notes = 0, places = 0;
        char path[4096];
        void *object;
        const struct vfp_plugin *p;

        test_case("%s takes whatever comes", names[i]);
        state = seed ? strtoull(seed, NULL, 0) : 88172645463325252u;
        snprintf(path, sizeof path, "%s/plugins/%s.so", build ? build : "build", names[i]);
        object = dlopen(path, RTLD_NOW);
        p = object ? dlsym(object, "vfuscope_plugin") : NULL;
        if (!CHECK(p != NULL))
            continue;
        for (unsigned long n = rounds ? strtoul(rounds, NULL, 0) : 1; n > 0; n--)
            for (int k = 0; k < DEVICES; k++)
                play(p, data, &longest, &most, &notes, &places);
        CHECK(notes > 300);
        CHECK(places > 10 || !p->place);
        CHECK(longest <= 230);
        CHECK(most <= READS);
    }
    free(data);
    return test_end();
}
