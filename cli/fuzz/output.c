/*
 * vfuscope fuzz: what the command writes. It goes into memory, so that it never waits for somebody to read it, and what was
 * looked at is given back.
 */
#include "cli/fuzz/inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 64 << 10, OVERLAP = 256 /* a line may lie across two blocks */ };

/* What a sanitizer's report begins with, whichever it is. */
static const char *const marks[] = { "ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "ERROR: HWAddressSanitizer",
                                     "WARNING: ThreadSanitizer", "WARNING: MemorySanitizer", "ERROR: MemorySanitizer",
                                     ": runtime error: ", "ERROR: UndefinedBehaviorSanitizer" };

bool fuzz_output_open(struct fuzz_output *o)
{
    *o = (struct fuzz_output){ .fd = memfd_create("vfuscope-output", MFD_CLOEXEC) };
    if (o->fd >= 0)
        fcntl(o->fd, F_SETFL, O_APPEND); /* also for who opens /dev/stderr anew */
    return o->fd >= 0;
}

void fuzz_output_close(struct fuzz_output *o)
{
    if (o->fd >= 0)
        close(o->fd);
    o->fd = -1;
}

/* The last FUZZ_OUTPUT bytes stay. */
static void keep(struct fuzz_output *o, const char *bytes, size_t size)
{
    size_t drop;

    if (size > FUZZ_OUTPUT) {
        bytes += size - FUZZ_OUTPUT;
        size = FUZZ_OUTPUT;
    }
    drop = o->used + size > FUZZ_OUTPUT ? o->used + size - FUZZ_OUTPUT : 0;
    memmove(o->last, o->last + drop, o->used - drop);
    o->used -= drop;
    memcpy(o->last + o->used, bytes, size);
    o->used += size;
    o->last[o->used] = '\0';
}

/* The line that says what it found. */
static void look(struct fuzz_output *o, char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text[i] = text[i] ? text[i] : '?';
    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && !o->report; i++) {
        char *at = strstr(text, marks[i]);

        if (!at)
            continue;
        while (at > text && at[-1] != '\n')
            at--;
        snprintf(o->line, sizeof o->line, "%.*s", (int)strcspn(at, "\n"), at);
        o->report = true;
    }
}

void fuzz_output_read(struct fuzz_output *o)
{
    static char block[OVERLAP + BLOCK + 1];
    size_t before = 0;
    ssize_t got;

    if (o->fd < 0)
        return;
    while ((got = pread(o->fd, block + before, BLOCK, (off_t)o->read)) > 0) {
        size_t size = before + (size_t)got;

        block[size] = '\0';
        look(o, block, size);
        keep(o, block + before, (size_t)got);
        o->read += (uint64_t)got;
        before = size < OVERLAP ? size : OVERLAP;
        memmove(block, block + size - before, before);
    }
    fallocate(o->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)o->read);
}
