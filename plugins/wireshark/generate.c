/*
 * generate: writes the decoder's table as Lua, for the dissector beside this file. Run by the build, so that the
 * dissector knows what the decoder knows. What can't be carried over fails the build: a flag of several bits, a mask in
 * the middle, a test that is not known here.
 */
#include "decoder/session/session.h"
#include "decoder/wire/capabilities.h"
#include "decoder/wire/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LAYOUTS = 128, MAX_NAMES = 128 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What was written so far: others refer to it by its number. */
static struct {
    const struct vfu_layout *layouts[MAX_LAYOUTS];
    const struct vfu_name *names[MAX_NAMES];
    size_t layout_count, name_count;
} done;

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...)
{
    va_list args;

    fputs("generate: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void put_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        if (*text == '\n')
            fputs("\\n", stdout);
        else
            putchar(*text);
    }
    putchar('"');
}

/* Write a list of names once; its number. `flags`: each must be one bit of the low 32. */
static size_t names_number(const struct vfu_name *names, bool flags)
{
    for (const struct vfu_name *n = names; flags && n->name; n++)
        if (n->value == 0 || (n->value & (n->value - 1)) || n->value > UINT32_MAX)
            refuse("%s: the dissector takes flags of one bit, below 1 << 32", n->name);
    for (size_t i = 0; i < done.name_count; i++)
        if (done.names[i] == names)
            return i + 1;
    if (done.name_count == MAX_NAMES)
        refuse("too many lists of names");
    done.names[done.name_count++] = names;
    printf("vfu.names[%zu] = {", done.name_count);
    for (const struct vfu_name *n = names; n->name; n++) {
        printf(" { %llu, ", (unsigned long long)n->value);
        put_string(n->name);
        printf(" },");
    }
    printf(" }\n");
    return done.name_count;
}

static size_t layout_number(const struct vfu_layout *layout)
{
    for (size_t i = 0; i < done.layout_count; i++)
        if (done.layouts[i] == layout)
            return i + 1;
    refuse("a layout was not written before it was used");
}

/*
 * The number that a test is about: a field's that was decoded before, or, of a form, what stands at its place. What a
 * mask cuts out must be the low bits.
 */
static void put_number(const struct vfu_term *t, const struct vfu_layout *form)
{
    const struct vfu_field *f = form ? vfu_field_by_name(form, t->field) : NULL;

    if (!form) {
        printf("view:number(\"%s\")", t->field);
        return;
    }
    if (!f || f->kind >= VFU_BYTES || f->when)
        refuse("%s: a form must be known by fields that are always there", t->field);
    printf("(view:peek(%u, %u) or 0)", f->offset, f->width);
    if (f->mask && !(f->mask & (f->mask + 1)))
        printf(" %% %llu", (unsigned long long)f->mask + 1);
    else if (f->mask && t->test != VFU_HAS && t->test != VFU_LACKS)
        refuse("%s: a test that the dissector can't make of a mask of high bits", f->name);
}

/* One of the bits that a test is about is set. */
static void put_bits(const struct vfu_term *t, const struct vfu_layout *form)
{
    const char *before = "(";

    for (uint64_t bits = t->value; bits; bits &= bits - 1) {
        printf("%shas(", before);
        put_number(t, form);
        printf(", %llu)", (unsigned long long)(bits & -bits));
        before = " or ";
    }
    printf(")");
}

/* One test of a condition, as an expression; `size` is that of the fixed part. */
static void put_test(const struct vfu_term *t, const struct vfu_layout *form, unsigned size)
{
    static const char *const operators[] = {
        [VFU_IS] = "==", [VFU_IS_NOT] = "~=", [VFU_UP_TO] = "<=", [VFU_SIZE_FROM] = ">=", [VFU_SIZE_BELOW] = "<",
    };
    unsigned long long value = t->value;

    switch (t->test) {
    case VFU_IS:
    case VFU_IS_NOT:
    case VFU_UP_TO:
        put_number(t, form);
        printf(" %s %llu", operators[t->test], value);
        break;
    case VFU_HAS:
    case VFU_LACKS:
        printf(t->test == VFU_LACKS ? "not " : "");
        put_bits(t, form);
        break;
    case VFU_SIZE_FROM:
    case VFU_SIZE_BELOW:
        printf("view.size %s %llu", operators[t->test], value);
        break;
    case VFU_SIZE_WITHIN:
        printf("view.size <= ");
        put_number(t, form);
        break;
    case VFU_FITS:
    case VFU_LEAVES:
        put_number(t, form);
        printf(" %s view.size - %llu", t->test == VFU_FITS ? "<=" : "==", size + value);
        break;
    case VFU_IN_REPLY:
        printf("view.is_reply");
        break;
    default:
        refuse("a test that the dissector does not know: %d", (int)t->test);
    }
}

/* `form`: the condition of a form, which is asked before there are values. */
static void put_condition(const struct vfu_term *t, const struct vfu_layout *form, unsigned size)
{
    if (!t)
        return;
    printf(", when = function(view) return ");
    for (; t->test != VFU_END; t++) {
        if (t->test == VFU_OR) {
            if (form)
                refuse("a form has an OR in its condition: the decoder takes none");
            printf(" or ");
            continue;
        }
        put_test(t, form, size);
        if (t[1].test > VFU_OR)
            printf(" and ");
    }
    printf(" end");
}

static void put_name(const char *key, const char *name)
{
    if (!name)
        return;
    printf(", %s = ", key);
    put_string(name);
}

static void put_field(const struct vfu_field *f, unsigned size)
{
    static const char *const kinds[] = {
        [VFU_NUMBER] = "NUMBER", [VFU_SIZE] = "SIZE", [VFU_ADDRESS] = "ADDRESS", [VFU_FLAGS] = "FLAGS",
        [VFU_ENUM] = "ENUM", [VFU_BYTES] = "BYTES", [VFU_JSON] = "JSON", [VFU_LIST] = "LIST", [VFU_OBJECT] = "OBJECT",
    };

    if ((unsigned)f->kind >= COUNT(kinds) || !kinds[f->kind])
        refuse("%s: a kind of field that the dissector does not know", f->name);
    if (f->kind == VFU_ENUM && f->mask && !(f->mask & 1))
        refuse("%s: an ENUM's mask must begin at bit 0", f->name); /* Wireshark shifts, the decoder does not */
    printf("    { name = ");
    put_string(f->name);
    printf(", kind = \"%s\", offset = %u", kinds[f->kind], f->offset);
    if (f->width)
        printf(", width = %u", f->width);
    if (f->mask)
        printf(", mask = %llu", (unsigned long long)(f->mask & UINT32_MAX)); /* of 32-bit fields so far */
    if (f->mask && f->width > 4)
        refuse("%s: the dissector takes masks of up to 32 bits", f->name);
    if (f->names)
        printf(", names = vfu.names[%zu]", names_number(f->names, f->kind == VFU_FLAGS));
    put_name("count", f->count);
    put_name("after", f->after);
    put_name("chain", f->chain);
    if (f->most)
        printf(", most = %u", f->most);
    if (f->least)
        printf(", least = %u", f->least);
    if (f->item)
        printf(", item = %zu", layout_number(f->item));
    put_condition(f->when, NULL, size);
    printf("%s%s%s },\n", f->optional ? ", optional = true" : "", f->is_register ? ", is_register = true" : "",
           f->hex ? ", hex = true" : "");
}

/* Write a layout once, its items and names first. */
static void put_layout(const struct vfu_layout *layout)
{
    for (size_t i = 0; i < done.layout_count; i++)
        if (done.layouts[i] == layout)
            return;
    for (const struct vfu_field *f = layout->fields; f->name; f++) {
        if (f->item)
            put_layout(f->item);
        if (f->names)
            names_number(f->names, f->kind == VFU_FLAGS);
    }
    if (done.layout_count == MAX_LAYOUTS)
        refuse("too many layouts");
    done.layouts[done.layout_count++] = layout;
    printf("vfu.layouts[%zu] = { size = %u, brief = ", done.layout_count, layout->size);
    put_string(layout->brief ? layout->brief : "");
    printf(", fields = {\n");
    for (const struct vfu_field *f = layout->fields; f->name; f++)
        put_field(f, layout->size);
    printf("} }\n");
}

static void put_shape_layouts(const struct vfu_shape *shape)
{
    const struct vfu_layout *layout;

    for (unsigned i = 0; (layout = vfu_shape_layout(shape, i)) != NULL; i++)
        put_layout(layout);
}

static void put_shape(const char *key, const struct vfu_shape *shape)
{
    printf(", %s = { layout = %zu, forms = {", key, layout_number(shape->layout));
    for (const struct vfu_form *f = shape->forms; f && f->layout; f++) {
        printf("\n    { layout = %zu", layout_number(f->layout));
        put_condition(f->when, f->layout, f->layout->size);
        printf(" },");
    }
    printf(" }");
    if (shape->without_fds) {
        printf(", without_fds = ");
        put_string(shape->without_fds);
    }
    printf(" }");
}

static void put_commands(void)
{
    size_t count;
    const struct vfu_command *commands = vfu_commands(&count);

    for (const struct vfu_command *c = commands; c < commands + count; c++) {
        put_shape_layouts(&c->request);
        put_shape_layouts(&c->reply);
    }
    put_layout(&vfu_unknown_layout);
    for (const struct vfu_command *c = commands; c < commands + count; c++) {
        printf("vfu.commands[%u] = { name = \"%s\", from = %d", c->number, c->name, c->from);
        put_shape("request", &c->request);
        put_shape("reply", &c->reply);
        printf(", help = ");
        put_string(c->help);
        printf(" }\n");
    }
    printf("vfu.unknown_layout = %zu\n", layout_number(&vfu_unknown_layout));
}

/* VERSION's capabilities: by name, what they are, and the members of objects. */
static void put_capabilities(void)
{
    static const char *const kinds[] = { "number", "bool", "object" };

    printf("vfu.capabilities = {\n");
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++) {
        const struct vfu_capability *c = &vfu_capability_list[i];

        printf("    %s = { kind = \"%s\", members = {", c->name, kinds[c->kind]);
        for (const struct vfu_capability *m = c->members; m && m->name; m++)
            printf(" %s = \"%s\",", m->name, kinds[m->kind]);
        printf(" } },\n");
    }
    printf("}\n");
}

static void put_names(void)
{
    static const struct {
        const char *key;
        const struct vfu_name *names;
        bool flags;
    } lists[] = {
        { "region_names", vfu_region_names, false },   { "irq_names", vfu_irq_names, false },
        { "errno_names", vfu_errno_names, false },     { "header_flag_names", vfu_header_flag_names, true },
    };

    for (size_t i = 0; i < COUNT(lists); i++)
        printf("vfu.%s = vfu.names[%zu]\n", lists[i].key, names_number(lists[i].names, lists[i].flags));
    printf("vfu.fd_types = {");
    for (int i = 0; i < VFU_FD_TYPES; i++)
        printf(" [%d] = \"%s\",", i, vfu_fd_type_name((enum vfu_fd_type)i));
    printf(" }\n");
    put_capabilities();
}

#define PUT(name) printf("vfu.const." #name " = %llu\n", (unsigned long long)(name))
static void put_constants(void)
{
    PUT(VFU_HEADER_SIZE);
    PUT(VFU_MAX_MESSAGE);
    PUT(VFU_MAX_FDS);
    PUT(VFU_MAX_OUTSTANDING);
    PUT(VFU_MAX_CONNECTIONS);
    PUT(VFU_TYPE_COMMAND);
    PUT(VFU_TYPE_REPLY);
    PUT(VFU_NO_REPLY);
    PUT(VFU_ERROR);
}

int main(void)
{
    printf("-- Written by plugins/wireshark/generate.c from decoder/wire/table.c: change those, not this.\n");
    printf("vfu.names, vfu.layouts, vfu.commands = {}, {}, {}\n");
    printf("local function has(number, bit) return number %% (2 * bit) >= bit end\n");
    put_constants();
    put_commands();
    put_names();
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
