/*
 * generate FILE: FILE with the decoder's tables in the places of @header@, @commands@, @peers@, @rules@, @misfits@,
 * @reasons@ and of the defaults of the capabilities, for vfio-user(7); and with what `explain` says of a kind in the place of
 * @explain KIND@, for vfuscope-explain(7).
 */
#include "cli/named.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/capabilities.h"
#include "decoder/wire/table.h"
#include "plugins/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a value of a field is called; of flags each bit, with an "or" between them. */
static void put_value(const struct vfu_field *f, uint64_t value)
{
    bool bits = f && f->kind == VFU_FLAGS, named = false;

    for (const struct vfu_name *n = f ? f->names : NULL; n && n->name; n++) {
        if (bits ? !(n->value & value) : n->value != value)
            continue;
        printf("%s%s", named ? " or " : "", n->name);
        named = true;
    }
    if (!named)
        printf("%llu", (unsigned long long)value);
}

/* What the size is of that conditions speak of: see table.h. */
static const char *sized(bool item)
{
    return item ? "an item" : "the payload";
}

static void put_term(const struct vfu_term *t, const struct vfu_layout *l, bool item)
{
    const struct vfu_field *f = t->field ? vfu_field_by_name(l, t->field) : NULL;
    unsigned long long value = t->value;

    switch (t->test) {
    case VFU_IS:
    case VFU_IS_NOT:
        printf("%s is %s", t->field, t->test == VFU_IS ? "" : "not ");
        put_value(f, t->value);
        break;
    case VFU_HAS:
    case VFU_LACKS:
        printf("%s has %s", t->field, t->test == VFU_HAS ? "" : "no ");
        put_value(f, t->value);
        break;
    case VFU_UP_TO:
        printf("%s is %llu or less", t->field, value);
        break;
    case VFU_SIZE_FROM:
        printf("%s has %llu bytes or more", sized(item), value);
        break;
    case VFU_SIZE_BELOW:
        printf("%s has fewer than %llu bytes", sized(item), value);
        break;
    case VFU_SIZE_WITHIN:
        printf("%s is not longer than %s", sized(item), t->field);
        break;
    case VFU_FITS:
        printf("%s bytes fit behind the fixed part", t->field);
        break;
    case VFU_LEAVES:
        printf("%llu bytes follow behind %s bytes", value, t->field);
        break;
    case VFU_IN_REPLY:
        printf("this is a reply");
        break;
    default:
        break;
    }
}

/* "if flags has caps": when a field is there. */
static void put_condition(const char *before, const struct vfu_term *t, const struct vfu_layout *l, bool item)
{
    for (; t->test != VFU_END; t++) {
        if (t->test == VFU_OR) {
            before = ", or if";
            continue;
        }
        printf("%s ", before);
        put_term(t, l, item);
        before = " and";
    }
}

/* "0x1 readable, 0x2 writeable" */
static void put_names(const struct vfu_field *f)
{
    bool bits = f->kind == VFU_FLAGS;
    unsigned count = 0;

    for (const struct vfu_name *n = f->names; n && n->name; n++, count++) {
        if (f->names == vfu_errno_names) {
            printf("an errno");
            return;
        }
        printf(bits ? "%s0x%llx %s" : "%s%llu %s", count ? ", " : "", (unsigned long long)n->value, n->name);
    }
}

/* What a field holds. False: nothing is to be said of it. */
static bool put_kind(const struct vfu_field *f)
{
    switch (f->kind) {
    case VFU_SIZE:
        printf("bytes");
        return true;
    case VFU_BYTES:
        printf("%s bytes", f->count ? f->count : "all further");
        return true;
    case VFU_LIST:
        if (f->chain)
            printf("a chain, from cap_offset on");
        else
            printf("%s of them", f->count);
        return true;
    case VFU_JSON:
        printf("text and a NUL");
        return true;
    case VFU_OBJECT:
        printf("see below");
        return true;
    default:
        put_names(f);
        return f->names && f->names->name;
    }
}

/* What a field holds, and when it is there. */
static void put_what(const struct vfu_field *f, const struct vfu_layout *l, bool item)
{
    if (!f->when && !f->optional && f->kind < VFU_BYTES && f->kind != VFU_SIZE && !f->names)
        return;
    printf(" Ta ");
    if (put_kind(f) && (f->when || f->optional))
        printf("; ");
    if (f->when)
        put_condition("if", f->when, l, item);
    if (f->optional)
        printf(f->when ? ", and then it may be missing" : "may be missing");
}

/* Of an item of a list, `item`; from the offset `first` on. */
static void put_some_fields(const struct vfu_layout *l, bool item, unsigned first)
{
    if (!l->fields->name)
        return;
    printf(".Bl -column \"offset\" \"size\" \"shadow_mem_fd_index\"\n.It Em offset Ta Em size Ta Em field\n");
    for (const struct vfu_field *f = l->fields; f->name; f++) {
        if (f->offset < first && !f->chain)
            continue;
        if (f->offset || f == l->fields || !f->chain)
            printf(".It %u Ta ", f->offset);
        else
            printf(".It Ta ");
        if (f->kind < VFU_BYTES)
            printf("%u ", f->width);
        printf("Ta %s", f->name);
        put_what(f, l, item);
        printf("\n");
    }
    printf(".El\n");
    for (const struct vfu_field *f = l->fields; f->name; f++) {
        if (!f->item)
            continue;
        printf(".Pp\n%s\n.Va %s :\n", f->kind == VFU_LIST ? "Each of" : "In", f->name);
        put_some_fields(f->item, true, 0);
    }
}

static void put_fields(const struct vfu_layout *l)
{
    put_some_fields(l, false, 0);
}

/* Is there more than so many bytes? */
static bool has_more(const struct vfu_layout *l, unsigned size)
{
    for (const struct vfu_field *f = l->fields; f->name; f++)
        if (f->kind >= VFU_BYTES || f->offset >= size)
            return true;
    return false;
}

static void put_shape(const char *what, const struct vfu_shape *s, const struct vfu_shape *request)
{
    static const char *const fds[] = { "", ", with or without a file descriptor", ", with or without file descriptors" };

    printf(".Pp\n%s: ", what);
    if (s->layout == &vfu_empty_layout)
        printf("the header alone");
    else if (request && s->layout == request->layout)
        printf("the same fields");
    else
        printf("%u bytes%s", s->layout->size, has_more(s->layout, s->layout->size) ? " and what follows them" : "");
    printf("%s.\n", fds[s->fds_max > 1 ? 2 : s->fds_max]);
    if (s->fds_due) {
        printf("There is one ");
        put_condition("if", s->fds_due, s->layout, false);
        printf(".\n");
    }
    if (!request || s->layout != request->layout)
        put_fields(s->layout);
}

/* What the data of features is: the forms of DEVICE_FEATURE's reply, behind what all of them begin with. */
static void put_features(const struct vfu_shape *reply)
{
    const struct vfu_layout *l;

    printf(".Pp\nThe data, at the same offsets in requests and replies:\n");
    for (unsigned i = 1; (l = vfu_shape_layout(reply, i)) != NULL; i++) {
        if (l == reply->layout || !has_more(l, reply->layout->size))
            continue;
        printf(".Pp\n");
        put_condition("If", reply->forms[i - 1].when, l, false);
        printf(":\n");
        put_some_fields(l, false, reply->layout->size);
    }
}

static void put_commands(void)
{
    size_t count;
    const struct vfu_command *c = vfu_commands(&count);

    for (; count > 0; count--, c++) {
        printf(".Ss %u %s\nFrom the %s: %s.\n", c->number, c->name, c->from == VFU_CLIENT ? "client" : "server", c->help);
        put_shape("Request", &c->request, NULL);
        put_shape("Reply", &c->reply, &c->request);
        if (c->number == VFU_DEVICE_FEATURE)
            put_features(&c->reply);
    }
}

static void put_rules(const struct vfu_rule *(*rules)(size_t *count))
{
    size_t count;
    const struct vfu_rule *r = rules(&count);

    printf(".Bl -tag -width Ds\n");
    for (; count > 0; count--, r++) {
        printf(".It Cm %s\n(%s)\n%s\n(%s).\n", r->id, vfu_severity_name(r->severity), r->help, r->section);
        if (r->dialect)
            printf("But %s.\n", r->dialect);
    }
    printf(".El\n");
}

static void put_reasons(void)
{
    size_t count;
    const struct vfu_reason *r = vfu_reasons(&count);

    printf(".Bl -tag -width Ds\n");
    for (; count > 0; count--, r++)
        printf(".It Cm %s\n%s (%s).\n", r->id, r->help, r->section);
    printf(".El\n");
}

enum { WIDTH = 78 };

/* Sentences, each at the beginning of a line; nothing in them is a macro. */
static void put_sentences(const char *text)
{
    size_t at = 0;

    while (*text) {
        size_t length = strcspn(text, " ");
        bool ends = length && strchr(".?!", text[length - 1]);

        if (at == 0 && strchr(".'", *text))
            printf("\\&");
        for (size_t i = 0; i < length; i++)
            printf(text[i] == '\\' ? "\\e" : "%c", text[i]);
        at += length + 1;
        text += length + strspn(text + length, " ");
        if (!*text || ends || at + strcspn(text, " ") > WIDTH) {
            printf("\n");
            at = 0;
        } else {
            printf(" ");
        }
    }
}

static void put_paragraph(const char *heading, const char *text)
{
    if (!text)
        return;
    printf(".Pp\n%s", heading);
    put_sentences(text);
}

static void put_example(const char *text)
{
    if (!text)
        return;
    printf(".Bd -literal\n");
    for (; *text; text++)
        printf(*text == '\\' ? "\\e" : "%c", *text);
    printf("\n.Ed\n");
}

static void put_explained(const char *kind)
{
    struct cli_named n;

    printf(".Bl -tag -width Ds\n");
    for (size_t i = 0; cli_named(i, &n); i++) {
        if (strcmp(n.kind, kind) != 0 || !n.explanation)
            continue;
        printf(".It Cm %s\n", n.name);
        if (n.severity && strcmp(n.severity, n.kind) != 0)
            printf("(%s)\n", n.severity);
        printf("%s\n(%s).\n", n.help, n.section);
        put_paragraph("", n.explanation->means);
        put_paragraph("In practice:\n", n.explanation->who);
        put_example(n.explanation->example);
        put_paragraph("What to do:\n", n.explanation->todo);
    }
    printf(".El\n");
}

static void put_peers(void)
{
    size_t count;
    const struct vfu_peer_kind *k = vfu_peers_known(&count);

    printf(".Bl -tag -width Ds\n");
    for (; count > 0; count--, k++) {
        printf(".It %s\n(%s)\n", k->name, vfu_side_name(k->side));
        put_sentences(k->explains.means);
        if (k->explains.who)
            put_sentences(k->explains.who);
        put_sentences(k->explains.todo);
    }
    printf(".El\n");
}

static bool put_place(const char *line)
{
    static const char *const kinds[] = { "rule", "misfit", "reason", "requirement", "case" };
    char place[40];

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(place, sizeof place, "@explain %s@\n", kinds[i]);
        if (strcmp(line, place) != 0)
            continue;
        put_explained(kinds[i]);
        return true;
    }
    if (strcmp(line, "@header@\n") == 0)
        put_fields(&vfu_header_layout);
    else if (strcmp(line, "@commands@\n") == 0)
        put_commands();
    else if (strcmp(line, "@rules@\n") == 0)
        put_rules(vfu_rules);
    else if (strcmp(line, "@misfits@\n") == 0)
        put_rules(vfu_misfits);
    else if (strcmp(line, "@peers@\n") == 0)
        put_peers();
    else if (strcmp(line, "@reasons@\n") == 0)
        put_reasons();
    else
        return false;
    return true;
}

/* A line of words, with the default of a capability in the place of its @name@. */
static void put_line(const char *line)
{
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++) {
        const struct vfu_capability *c = &vfu_capability_list[i];
        const char *at;
        char place[40];

        snprintf(place, sizeof place, "@%s@", c->name);
        at = strstr(line, place);
        if (at) {
            printf("%.*s%llu%s", (int)(at - line), line, (unsigned long long)c->otherwise, at + strlen(place));
            return;
        }
    }
    fputs(line, stdout);
}

int main(int argc, char **argv)
{
    FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
    char *line = NULL;
    size_t room = 0;

    if (argc == 2 && strcmp(argv[1], VFU_PLUGINS_PROCESS) == 0)
        vfu_plugins_process(); /* what they say is asked for */
    if (!in) {
        fprintf(stderr, "generate: FILE can't be read\n");
        return 1;
    }
    while (getline(&line, &room, in) >= 0)
        if (!put_place(line))
            put_line(line);
    free(line);
    fclose(in);
    return fflush(stdout) != 0;
}
