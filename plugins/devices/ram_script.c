/*
 * The ram model's script: what its registers hold at first, which can't be written, and what a write brings about. One
 * thing a line, `#` begins a comment:
 *     init REGION+OFFSET [b|w|l|q] VALUE            init REGION+OFFSET hex BYTES
 *     readonly REGION+OFFSET SIZE
 *     on REGION+OFFSET [b|w|l|q] [& MASK] == VALUE [set REGION+OFFSET [b|w|l|q] VALUE] [irq intx|msix VECTOR]
 * `on` is done when a write to the register makes the comparison true. Integers are little-endian.
 */
#include "decoder/wire/grow.h"
#include "decoder/wire/parse.h"
#include "plugins/devices/ram.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 16 };

bool ram_fail(char *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, DEV_WHY, format, args);
    va_end(args);
    return false;
}

/* --- reading the script --- */

struct parser {
    struct ram *ram;
    char *words[WORDS + 1];
    unsigned at;
    struct ram_line line;
    char *why;
};

static const char *word(const struct parser *p)
{
    return p->words[p->at] ? p->words[p->at] : "";
}

static bool take(struct parser *p, const char *text)
{
    bool is_it = strcmp(word(p), text) == 0;

    p->at += is_it;
    return is_it;
}

static uint64_t region_size(const struct ram *r, unsigned region)
{
    return region == VFIO_PCI_CONFIG_REGION_INDEX ? PCI_CONFIG_SIZE : r->regions[region].size;
}

static bool place(struct parser *p, struct ram_place *to)
{
    static const char *const regions[] = { "bar0", "bar1", "bar2", "bar3", "bar4", "bar5", NULL, "config" };
    static const char widths[] = "bwlq";
    char *plus = strchr(word(p), '+');
    const char *width;

    to->region = 8;
    for (unsigned i = 0; plus && i < 8; i++)
        if (regions[i] && strncmp(word(p), regions[i], strlen(regions[i])) == 0 && word(p) + strlen(regions[i]) == plus)
            to->region = i;
    if (to->region == 8 || !vfu_parse_number(plus + 1, &to->offset))
        return ram_fail(p->why, "%s: REGION+OFFSET, such as bar0+0x14, is wanted", word(p));
    p->at++;
    width = strlen(word(p)) == 1 ? strchr(widths, word(p)[0]) : NULL;
    p->at += width != NULL;
    to->width = width ? 1u << (width - widths) : 4;
    if (to->offset >= region_size(p->ram, to->region) || to->width > region_size(p->ram, to->region) - to->offset)
        return ram_fail(p->why, "%s: outside of the region", p->words[p->at - 1 - (width != NULL)]);
    return true;
}

static bool number(struct parser *p, uint64_t *to)
{
    if (!vfu_parse_number(word(p), to))
        return ram_fail(p->why, "%s: a number is wanted", *word(p) ? word(p) : "the end of the line");
    p->at++;
    return true;
}

/* A line of the script becomes one of the list. */
static bool add(struct parser *p)
{
    struct ram *r = p->ram;

    if (r->line_count == RAM_LINES)
        return ram_fail(p->why, "more than %d lines", RAM_LINES);
    if (!VFU_GROW(r->lines, r->line_room, r->line_count + 1))
        return ram_fail(p->why, "out of memory");
    r->lines[r->line_count++] = p->line;
    return true;
}

static bool add_hex(struct parser *p)
{
    const char *hex = word(p);
    unsigned byte;

    p->line.place.width = 1;
    for (; *hex; hex += 2, p->line.place.offset++) {
        if (strspn(hex, "0123456789abcdefABCDEF") < 2 || sscanf(hex, "%2x", &byte) != 1)
            return ram_fail(p->why, "%s: hex is wanted", hex);
        if (p->line.place.offset >= region_size(p->ram, p->line.place.region))
            return ram_fail(p->why, "%s: outside of the region", hex);
        p->line.value = byte;
        if (!add(p))
            return false;
    }
    p->at++;
    return true;
}

static bool parse_on(struct parser *p)
{
    uint64_t n;

    p->line.mask = UINT64_MAX;
    if (!place(p, &p->line.place) || (take(p, "&") && !number(p, &p->line.mask)))
        return false;
    if (!take(p, "=="))
        return ram_fail(p->why, "%s: == is wanted", word(p));
    if (!number(p, &p->line.value))
        return false;
    if (take(p, "set")) {
        p->line.sets = true;
        if (!place(p, &p->line.set) || !number(p, &p->line.to))
            return false;
    }
    if (take(p, "irq")) {
        p->line.fires = true;
        p->line.irq_index = strcmp(word(p), "msix") == 0 ? VFIO_PCI_MSIX_IRQ_INDEX : VFIO_PCI_INTX_IRQ_INDEX;
        if (!take(p, "msix") && !take(p, "intx"))
            return ram_fail(p->why, "%s: intx or msix is wanted", word(p));
        if (!number(p, &n))
            return false;
        p->line.irq_vector = (unsigned)n;
        if (n >= (p->line.irq_index ? p->ram->irqs[VFIO_PCI_MSIX_IRQ_INDEX].count : 1))
            return ram_fail(p->why, "irq: there is no such vector");
    }
    return add(p);
}

static bool parse_line(struct parser *p)
{
    if (take(p, "init")) {
        p->line.kind = RAM_INIT;
        if (!place(p, &p->line.place))
            return false;
        return take(p, "hex") ? add_hex(p) : number(p, &p->line.value) && add(p);
    }
    if (take(p, "readonly")) {
        p->line.kind = RAM_READONLY;
        return place(p, &p->line.place) && number(p, &p->line.size) && add(p);
    }
    if (take(p, "on")) {
        p->line.kind = RAM_ON;
        return parse_on(p);
    }
    return ram_fail(p->why, "%s: init, readonly or on is wanted", word(p));
}

static bool parse(struct ram *r, char *text, char *why)
{
    struct parser p = { .ram = r, .why = why };
    char *rest = text;
    unsigned count = 0;

    text[strcspn(text, "#")] = '\0';
    while (count < WORDS && (p.words[count] = strtok_r(count ? NULL : text, " \t\r\n", &rest)) != NULL)
        count++;
    if (count == WORDS && strtok_r(NULL, " \t\r\n", &rest))
        return ram_fail(why, "more than %d words", WORDS);
    p.words[count] = NULL;
    if (!count)
        return true;
    if (!parse_line(&p))
        return false;
    return !*word(&p) || ram_fail(why, "%s: more than is understood", word(&p));
}

bool ram_script_load(struct ram *r, const char *path, char *why)
{
    char *text = NULL, reason[DEV_WHY];
    size_t room = 0;
    FILE *file = fopen(path, "re");
    unsigned number_of = 0;
    bool ok = true;

    if (!file)
        return ram_fail(why, "%s: %s", path, strerror(errno));
    while (ok && getline(&text, &room, file) >= 0) {
        number_of++;
        ok = parse(r, text, reason) || ram_fail(why, "%.200s: line %u: %.200s", path, number_of, reason);
    }
    if (ok && ferror(file)) /* a folder can be opened */
        ok = ram_fail(why, "%s: %s", path, strerror(errno));
    fclose(file);
    free(text);
    return ok;
}

void ram_script_free(struct ram *r)
{
    free(r->lines);
}

/* --- at work --- */

static uint8_t *bytes_at(struct ram *r, const struct ram_place *p)
{
    return p->region == VFIO_PCI_CONFIG_REGION_INDEX ? r->config.bytes + p->offset : r->memory[p->region] + p->offset;
}

static uint64_t get(struct ram *r, const struct ram_place *p)
{
    const uint8_t *bytes = bytes_at(r, p);
    uint64_t n = 0;

    for (unsigned i = p->width; i-- > 0;)
        n = n << 8 | bytes[i];
    return n;
}

static void put(struct ram *r, const struct ram_place *p, uint64_t value)
{
    for (unsigned i = 0; i < p->width; i++)
        bytes_at(r, p)[i] = (uint8_t)(value >> (8 * i));
}

static bool is_so(struct ram *r, const struct ram_line *l)
{
    return (get(r, &l->place) & l->mask) == l->value;
}

void ram_script_start(struct ram *r)
{
    for (unsigned i = 0; i < r->line_count; i++)
        if (r->lines[i].kind == RAM_INIT)
            put(r, &r->lines[i].place, r->lines[i].value);
    for (unsigned i = 0; i < r->line_count; i++)
        if (r->lines[i].kind == RAM_ON)
            r->lines[i].held = is_so(r, &r->lines[i]);
}

static bool is_readonly(const struct ram *r, unsigned region, uint64_t offset)
{
    for (unsigned i = 0; i < r->line_count; i++) {
        const struct ram_line *l = &r->lines[i];

        if (l->kind == RAM_READONLY && l->place.region == region && offset >= l->place.offset &&
            offset - l->place.offset < l->size)
            return true;
    }
    return false;
}

void ram_script_write(struct ram *r, unsigned region, uint64_t offset, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!is_readonly(r, region, offset + i))
            r->memory[region][offset + i] = bytes[i];
}

static void react(struct ram *r, const struct ram_line *l)
{
    const struct dev_host *host = r->dev.host;

    if (l->sets)
        put(r, &l->set, l->to);
    if (!l->fires)
        return;
    if (l->irq_index == VFIO_PCI_MSIX_IRQ_INDEX) {
        host->irq_fire(host->context, l->irq_index, l->irq_vector);
    } else { /* an edge: nothing acknowledges it */
        host->irq_level(host->context, l->irq_index, true);
        host->irq_level(host->context, l->irq_index, false);
    }
}

void ram_script_react(struct ram *r, unsigned region, uint64_t offset, size_t size)
{
    for (unsigned i = 0; i < r->line_count; i++) {
        struct ram_line *l = &r->lines[i];
        bool written = l->place.region == region && offset < l->place.offset + l->place.width && l->place.offset < offset + size;
        bool so;

        if (l->kind != RAM_ON || !written)
            continue;
        so = is_so(r, l);
        if (so && !l->held)
            react(r, l);
        l->held = is_so(r, l); /* what it set may be what it looks at */
    }
}
