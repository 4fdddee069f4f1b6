/*
 * PCI: names of vendors, devices and classes from pci.ids. The file is mapped when the plugin is loaded, since its
 * process opens no files afterwards, and looked through where a name is wanted: libpci reads all of it first, which
 * takes longer than all else that is done at the start.
 */
#include "plugins/pci/pci.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    const char *text;
    size_t size;
} ids;

static bool map_ids(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *text = MAP_FAILED;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (text == MAP_FAILED)
        return false;
    ids.text = text;
    ids.size = (size_t)st.st_size;
    return true;
}

__attribute__((constructor)) static void load(void)
{
    if (!map_ids("/usr/share/misc/pci.ids"))
        map_ids("/usr/share/hwdata/pci.ids");
}

/* A line, and those below it that begin with a tab more: its entries, `depth` tabs. */
struct entry {
    const char *name; /* NULL: there is none */
    size_t size;
    unsigned depth;
};

/* Of the entries the one with this key: "8086", "C 01". */
static struct entry find(struct entry of, const char *format, ...)
{
    const char *end = ids.text + ids.size, *at = of.name ? of.name + of.size : end, *line_end;
    char key[16];
    size_t key_size;
    va_list args;

    va_start(args, format);
    vsnprintf(key, sizeof key, format, args);
    va_end(args);
    key_size = strlen(key);
    for (; at < end; at = line_end + 1) {
        size_t size, tabs = 0;

        line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        size = (size_t)(line_end - at);
        while (tabs < size && at[tabs] == '\t')
            tabs++;
        if (tabs == of.depth && size > tabs + key_size && memcmp(at + tabs, key, key_size) == 0)
            return (struct entry){ at + tabs + key_size, size - tabs - key_size, tabs + 1 };
        if (size && *at != '#' && tabs < of.depth)
            break;
    }
    return (struct entry){ 0 };
}

static struct entry find_vendor(unsigned vendor)
{
    return find((struct entry){ .name = ids.text }, "%04x  ", vendor);
}

static struct entry find_device(unsigned vendor, unsigned device)
{
    return find(find_vendor(vendor), "%04x  ", device);
}

/* Both, or nothing. */
static void put_pair(struct entry first, struct entry second, char *text, size_t size)
{
    text[0] = '\0';
    if (first.name && second.name)
        snprintf(text, size, "%.*s %.*s", (int)first.size, first.name, (int)second.size, second.name);
}

void pci_device_names(const struct vfp_ids *of, char *text, size_t size)
{
    put_pair(find_vendor(of->vendor), find_device(of->vendor, of->device), text, size);
}

void pci_subsystem_names(const struct vfp_ids *of, char *text, size_t size)
{
    struct entry device = find_device(of->vendor, of->device);
    struct entry found = find(device, "%04x %04x  ", of->subsystem_vendor, of->subsystem);

    if (!found.name && of->subsystem_vendor == of->vendor && of->subsystem == of->device)
        found = device;
    put_pair(find_vendor(of->subsystem_vendor), found, text, size);
}

void pci_class_name(const struct vfp_ids *of, char *text, size_t size)
{
    struct entry base = find((struct entry){ .name = ids.text }, "C %02x  ", of->class_code >> 16);
    struct entry found = find(base, "%02x  ", of->class_code >> 8 & 0xff);

    found = found.name ? found : base;
    snprintf(text, size, "%.*s", (int)found.size, found.name ? found.name : "");
}
