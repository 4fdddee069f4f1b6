/*
 * For plugins: registers by their table, and lines put together piece by piece. Header only, so that a plugin needs
 * nothing but what it includes.
 */
#ifndef VFUSCOPE_PLUGIN_FIELDS_H
#define VFUSCOPE_PLUGIN_FIELDS_H

#include "plugins/plugin.h"

#include <inttypes.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line of text that grows and is cut where it is full. Zero is a good start. */
struct vfp_line {
    char text[224];
    size_t size;
};

__attribute__((format(printf, 2, 3), unused)) static void vfp_add(struct vfp_line *l, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(l->text + l->size, sizeof l->text - l->size, format, args);
    va_end(args);
    if (n > 0)
        l->size = l->size + (size_t)n < sizeof l->text ? l->size + (size_t)n : sizeof l->text - 1;
}

/* 4096 -> 4K, as people write sizes. */
__attribute__((unused)) static void vfp_add_size(struct vfp_line *l, uint64_t n)
{
    static const char *const units[] = { "", "K", "M", "G", "T" };
    size_t unit = 0;

    while (n && n % 1024 == 0 && unit < sizeof units / sizeof units[0] - 1) {
        n /= 1024;
        unit++;
    }
    vfp_add(l, "%" PRIu64 "%s", n, units[unit]);
}

/* A duration, as people say it: 61.1 s. */
__attribute__((unused)) static void vfp_add_time(struct vfp_line *l, uint64_t ns)
{
    if (ns < 1000000)
        vfp_add(l, "%.1f us", (double)ns / 1e3);
    else
        vfp_add(l, ns < 1000000000 ? "%.1f ms" : "%.1f s", (double)ns / (ns < 1000000000 ? 1e6 : 1e9));
}

/* What comes between the parts of a list: nothing before the first. */
__attribute__((unused)) static void vfp_comma(struct vfp_line *l, size_t start)
{
    if (l->size > start)
        vfp_add(l, ", ");
}

__attribute__((unused)) static uint64_t vfp_bits(uint64_t value, unsigned low, unsigned bits)
{
    return value >> low & (bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1);
}

/* A little-endian number of `size` bytes. */
__attribute__((unused)) static uint64_t vfp_le(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    while (size--)
        value = value << 8 | bytes[size];
    return value;
}

static void vfp_add_value(struct vfp_line *l, const struct vfp_field *f, uint64_t value)
{
    if (value < f->value_count && f->values[value])
        vfp_add(l, "%s", f->values[value]);
    else
        vfp_add(l, value < 10 ? "%" PRIu64 : "0x%" PRIx64, value);
}

/* The fields that are not zero: "EN, IOSQES 6"; a single bit is its name. */
__attribute__((unused)) static void vfp_add_fields(struct vfp_line *l, const struct vfp_field *fields, uint64_t value)
{
    size_t start = l->size;

    for (const struct vfp_field *f = fields; f && f->name; f++) {
        uint64_t v = vfp_bits(value, f->low, f->bits);

        if (!v)
            continue;
        vfp_comma(l, start);
        vfp_add(l, "%s", f->name);
        if (f->bits > 1 || f->values) {
            vfp_add(l, " ");
            vfp_add_value(l, f, v);
        }
    }
}

/* The fields that differ: "EN 0 -> 1". False: none does. */
__attribute__((unused)) static bool vfp_add_changes(struct vfp_line *l, const struct vfp_field *fields, uint64_t before,
                                                    uint64_t after)
{
    size_t start = l->size;

    for (const struct vfp_field *f = fields; f && f->name; f++) {
        uint64_t old = vfp_bits(before, f->low, f->bits), new = vfp_bits(after, f->low, f->bits);

        if (old == new)
            continue;
        vfp_comma(l, start);
        vfp_add(l, "%s ", f->name);
        vfp_add_value(l, f, old);
        vfp_add(l, " -> ");
        vfp_add_value(l, f, new);
    }
    return l->size > start;
}

/* The register that an access begins in, or NULL. */
__attribute__((unused)) static const struct vfp_register *vfp_register_at(const struct vfp_register *registers,
                                                                          unsigned region, uint64_t offset)
{
    for (const struct vfp_register *r = registers; r->name; r++)
        if (r->region == region && offset >= r->offset && offset - r->offset < r->width)
            return r;
    return NULL;
}

/* Is it a read of all ones, as a device that is gone or in reset gives? A byte of them says nothing. */
__attribute__((unused)) static bool vfp_is_nobody(const struct vfp_access *a)
{
    for (size_t i = 0; i < a->data_size; i++)
        if (a->data[i] != 0xff)
            return false;
    return !a->is_write && !a->error && a->data_size > 1;
}

/* Does the access write this byte so that any bit of the mask is set? */
__attribute__((unused)) static bool vfp_sets(const struct vfp_access *a, uint64_t at, uint8_t mask)
{
    return a->is_write && !a->error && at >= a->offset && at - a->offset < a->data_size && a->data[at - a->offset] & mask;
}

/*
 * Does a write to config space reset the function: by PCI Express, or by Advanced Features? The bits do nothing where the
 * capability says that there is no such reset.
 */
__attribute__((unused)) static bool vfp_is_function_reset(struct vfp_device *device, const struct vfp_host *host,
                                                          const struct vfp_access *a)
{
    static const struct {
        uint8_t id, control, reset, capabilities, capable;
    } rows[] = {
        { PCI_CAP_ID_EXP, PCI_EXP_DEVCTL + 1, PCI_EXP_DEVCTL_BCR_FLR >> 8, PCI_EXP_DEVCAP + 3, PCI_EXP_DEVCAP_FLR >> 24 },
        { PCI_CAP_ID_AF, PCI_AF_CTRL, PCI_AF_CTRL_FLR, PCI_AF_CAP, PCI_AF_CAP_FLR },
    };
    uint8_t at, head[2], capabilities;

    if (a->region != VFP_CONFIG || !a->is_write || !host->config(device, PCI_CAPABILITY_LIST, &at, 1))
        return false;
    for (unsigned steps = 0; (at &= 0xfc) >= PCI_STD_HEADER_SIZEOF && steps < 48; steps++, at = head[1]) {
        if (!host->config(device, at, head, sizeof head))
            return false;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (rows[i].id == head[0] && vfp_sets(a, (uint64_t)at + rows[i].control, rows[i].reset))
                return !host->config(device, at + rows[i].capabilities, &capabilities, 1) ||
                       capabilities & rows[i].capable;
    }
    return false;
}

/*
 * For a command `regs`: the registers of the list by name, with their fields, as far as the device has them and they have
 * a fixed place. 0: all went well.
 */
__attribute__((unused)) static int vfp_print_registers(struct vfp_shell *shell, const struct vfp_shell_host *host,
                                                       const struct vfp_register *registers)
{
    for (const struct vfp_register *r = registers; r->name; r++) {
        struct vfp_line line = { 0 };
        uint64_t value;
        enum vfp_result result;

        if (r->region >= VFP_LOCATED || r->flags & (VFP_READ_CHANGES | VFP_WRITE_ONLY))
            continue;
        result = host->get(shell, r->region, r->offset, r->width, &value);
        if (result == VFP_NOT_DONE)
            return -1;
        if (result == VFP_DONE) {
            vfp_add_fields(&line, r->fields, value);
            host->print(shell, line.size ? "%-16s 0x%-18" PRIx64 " %s" : "%-16s 0x%" PRIx64 "%.0s", r->name, value,
                        line.text);
            host->value(shell, r->name, value);
        }
    }
    return 0;
}

/* A name in capitals, as registers are written. */
__attribute__((unused)) static void vfp_add_upper(struct vfp_line *l, const char *name)
{
    for (; *name; name++)
        vfp_add(l, "%c", *name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
}

#endif
