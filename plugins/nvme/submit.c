/*
 * nvme submit: any command, by the names of its fields (Base Specification, 5; NVM Command Set Specification, 3).
 */
#include "plugins/nvme/drive.h"

#include <ctype.h>

enum { NAME = 48 };

/* A field of commands with this opcode: bits of a dword on. */
static const struct layout {
    bool admin;
    uint8_t opcode;
    const char *name;
    uint8_t dword, low, bits;
    bool less_one; /* as specifications say, 0's based */
} layouts[] = {
    { true, 0x00, "qid", 10, 0, 16 },        { true, 0x04, "qid", 10, 0, 16 },
    { true, 0x01, "qid", 10, 0, 16 },        { true, 0x01, "size", 10, 16, 16, true },
    { true, 0x01, "pc", 11, 0, 1 },          { true, 0x01, "qprio", 11, 1, 2 },
    { true, 0x01, "cqid", 11, 16, 16 },      { true, 0x05, "qid", 10, 0, 16 },
    { true, 0x05, "size", 10, 16, 16, true }, { true, 0x05, "pc", 11, 0, 1 },
    { true, 0x05, "ien", 11, 1, 1 },         { true, 0x05, "iv", 11, 16, 16 },
    { true, 0x02, "lid", 10, 0, 8 },         { true, 0x02, "lsp", 10, 8, 7 },
    { true, 0x02, "dwords", 10, 16, 16, true }, { true, 0x06, "cns", 10, 0, 8 },
    { true, 0x06, "cntid", 10, 16, 16 },     { true, 0x06, "csi", 11, 24, 8 },
    { true, 0x08, "sqid", 10, 0, 16 },       { true, 0x08, "cid", 10, 16, 16 },
    { true, 0x09, "fid", 10, 0, 8 },         { true, 0x09, "sv", 10, 31, 1 },
    { true, 0x09, "value", 11, 0, 32 },      { true, 0x0a, "fid", 10, 0, 8 },
    { true, 0x0a, "sel", 10, 8, 3 },         { true, 0x80, "lbaf", 10, 0, 4 },
    { true, 0x80, "ses", 10, 9, 3 },
    { false, 0x01, "lba", 10, 0, 64 },       { false, 0x01, "blocks", 12, 0, 16, true },
    { false, 0x01, "fua", 12, 30, 1 },       { false, 0x02, "lba", 10, 0, 64 },
    { false, 0x02, "blocks", 12, 0, 16, true }, { false, 0x02, "fua", 12, 30, 1 },
    { false, 0x04, "lba", 10, 0, 64 },       { false, 0x04, "blocks", 12, 0, 16, true },
    { false, 0x05, "lba", 10, 0, 64 },       { false, 0x05, "blocks", 12, 0, 16, true },
    { false, 0x08, "lba", 10, 0, 64 },       { false, 0x08, "blocks", 12, 0, 16, true },
    { false, 0x08, "deac", 12, 25, 1 },      { false, 0x0c, "lba", 10, 0, 64 },
    { false, 0x0c, "blocks", 12, 0, 16, true }, { false, 0x09, "ranges", 10, 0, 8, true },
    { false, 0x09, "ad", 11, 2, 1 },
};
/* And those that all have. */
static const struct layout common[] = {
    { false, 0, "nsid", 1, 0, 32 }, { false, 0, "fuse", 0, 8, 2 }, { false, 0, "psdt", 0, 14, 2 },
    { false, 0, "mptr", 4, 0, 64 }, { false, 0, "prp1", 6, 0, 64 }, { false, 0, "prp2", 8, 0, 64 },
};

struct submission {
    bool admin, has_nsid, has_data;
    uint8_t entry[NVME_SQE];
};

/* "Create I/O SQ" is typed create-io-sq. */
static bool is_called(const char *name, const char *word)
{
    for (; *name; name++) {
        char c = *name == ' ' ? '-' : (char)tolower((unsigned char)*name);

        if (c == '/')
            continue;
        if (*word++ != c)
            return false;
    }
    return !*word;
}

static bool find_opcode(struct nvme_drive *d, struct submission *s, const char *word)
{
    uint64_t number;

    for (unsigned i = 0; i < 256; i++) {
        if (is_called(nvme_opcode(s->admin, (uint8_t)i), word)) {
            s->entry[0] = (uint8_t)i;
            return true;
        }
    }
    if (word[0] >= '0' && word[0] <= '9' && d->host->number(d->shell, word, &number) && number < 256) {
        s->entry[0] = (uint8_t)number;
        return true;
    }
    d->host->fail(d->shell, "%.40s: no %s command is called so; a number will do", word, s->admin ? "admin" : "NVM");
    return false;
}

static const struct layout *find_field(const struct submission *s, const char *name)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].admin == s->admin && layouts[i].opcode == s->entry[0] && strcmp(layouts[i].name, name) == 0)
            return &layouts[i];
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (strcmp(common[i].name, name) == 0)
            return &common[i];
    return NULL;
}

/* cdw2 to cdw15 */
static bool is_dword(const char *name, struct layout *f)
{
    unsigned number = 0;

    if (strncmp(name, "cdw", 3) != 0 || !name[3] || strlen(name) > 5)
        return false;
    for (const char *at = name + 3; *at; at++) {
        if (!isdigit((unsigned char)*at))
            return false;
        number = number * 10 + (unsigned)(*at - '0');
    }
    *f = (struct layout){ .dword = (uint8_t)number, .bits = 32 };
    return number >= 2 && number <= 15;
}

static void set(struct submission *s, const struct layout *f, uint64_t value)
{
    uint8_t *at = s->entry + 4 * (size_t)f->dword;
    unsigned width = f->bits > 32 ? 8 : 4;
    uint64_t mask = f->bits >= 64 ? UINT64_MAX : (((uint64_t)1 << f->bits) - 1) << f->low;

    nvme_put(at, width, (vfp_le(at, width) & ~mask) | (value << f->low & mask));
}

static bool say_fields(struct nvme_drive *d, const struct submission *s, const char *name)
{
    struct vfp_line l = { 0 };

    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].admin == s->admin && layouts[i].opcode == s->entry[0])
            vfp_add(&l, "%s, ", layouts[i].name);
    d->host->fail(d->shell, "%.40s: the fields of %s are %snsid, prp1, prp2, mptr, fuse, psdt, cdw2 to cdw15", name,
                  nvme_opcode(s->admin, s->entry[0]), l.text);
    return false;
}

static bool set_word(struct nvme_drive *d, struct submission *s, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t size = equals ? (size_t)(equals - word) : strlen(word);
    const struct layout *f = NULL;
    struct layout dword;
    char name[NAME];
    uint64_t value;

    snprintf(name, sizeof name, "%.*s", (int)(size < NAME ? size : NAME - 1), word);
    if (equals)
        f = is_dword(name, &dword) ? &dword : find_field(s, name);
    if (!f)
        return say_fields(d, s, name);
    if (!d->host->number(d->shell, equals + 1, &value)) {
        d->host->fail(d->shell, "%s: %.40s: not a number", name, equals + 1);
        return false;
    }
    if (f->less_one)
        value--;
    if (f->bits < 64 && value >> f->bits) {
        d->host->fail(d->shell, "%s: %.40s: does not fit %u bits", name, equals + 1, f->bits);
        return false;
    }
    s->has_nsid |= strcmp(name, "nsid") == 0;
    s->has_data |= strcmp(name, "prp1") == 0;
    set(s, f, value);
    return true;
}

/* Where its data go if that was not said: those of a transfer as many as it has blocks, else a page. */
static bool give_data(struct nvme_drive *d, struct submission *s)
{
    bool makes_queue = s->admin && nvme_creates_queue(s->entry[0]);
    uint64_t size = d->k.page, address;

    if (s->has_data || makes_queue || (s->entry[0] & 3) == 0)
        return true;
    if (!s->admin && (s->entry[0] == 1 || s->entry[0] == 2 || s->entry[0] == 5)) {
        if (!nvme_drive_blocks(d, (uint32_t)vfp_le(s->entry + 4, 4)))
            return false;
        size = (vfp_le(s->entry + 48, 2) + 1) << d->k.shift;
    }
    return d->host->alloc(d->shell, "nvme.data", size, &address) == VFP_DONE && nvme_drive_prps(d, s->entry, address, size);
}

static bool submit(struct nvme_drive *d, int argc, char **argv)
{
    struct submission s = { .admin = strcmp(argv[0], "admin") == 0 };
    struct vfp_line l = { 0 };
    struct nvme_done done;

    if (!s.admin && strcmp(argv[0], "io") != 0) {
        d->host->fail(d->shell, "%.40s: admin or io", argv[0]);
        return false;
    }
    if (!find_opcode(d, &s, argv[1]))
        return false;
    for (int i = 2; i < argc; i++)
        if (!set_word(d, &s, argv[i]))
            return false;
    if (!s.admin && !s.has_nsid)
        nvme_put(s.entry + 4, 4, 1);
    if (!nvme_drive_wants_enabled(d) || !give_data(d, &s) || (!s.admin && !nvme_drive_io(d)) ||
        !nvme_drive_submit(d, s.admin, s.entry, &done))
        return false;
    vfp_add(&l, "%s: ok, within ", nvme_opcode(s.admin, s.entry[0]));
    vfp_add_time(&l, done.ns);
    if (done.result)
        vfp_add(&l, ", result 0x%x", done.result);
    if (!s.has_data && (s.entry[0] == 2 || (s.admin && s.entry[0] == 6)))
        vfp_add(&l, "; data in nvme.data");
    d->host->print(d->shell, "%s", l.text);
    d->host->value(d->shell, "status", 0);
    d->host->value(d->shell, "result", done.result);
    return true;
}

int nvme_run_submit(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct nvme_drive d;

    nvme_drive_begin(&d, shell, host);
    return nvme_drive_end(&d, submit(&d, argc, argv));
}
