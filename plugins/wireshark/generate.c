/*
 * generate DIALECTS.LUA: writes the decoder's table as Lua, for the dissector beside this file. Run by the build, so
 * that the dissector knows what the decoder knows. What can't be carried over fails the build: a function on a row
 * that DIALECTS.LUA does not have, a flag of several bits, a field name that means two things.
 */
#include "decoder/session/session.h"
#include "decoder/wire/capabilities.h"
#include "decoder/wire/dialects.h"
#include "decoder/wire/table.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LAYOUTS = 128, MAX_NAMES = 128 };

/* A function on a row, whatever its type: only compared. */
typedef void (*any_function)(void);

#define FUNCTION(f) { (any_function)(f), #f }
static const struct {
    any_function function;
    const char *name;
} functions[] = {
    FUNCTION(vfu_choose_or_empty),
    FUNCTION(vfu_choose_dma_count),
    FUNCTION(vfu_choose_dma_data),
    FUNCTION(vfu_choose_feature),
};

/* The layouts that a `choose` may pick, by the names that its Lua twin calls them. */
#define LAYOUT(choose, l) { (any_function)(choose), &l, #l }
static const struct {
    any_function choose;
    const struct vfu_layout *layout;
    const char *name;
} choices[] = {
    LAYOUT(vfu_choose_or_empty, vfu_empty_layout),
    LAYOUT(vfu_choose_dma_count, vfu_empty_layout),
    LAYOUT(vfu_choose_dma_count, vfu_dma64),
    LAYOUT(vfu_choose_dma_count, vfu_dma32),
    LAYOUT(vfu_choose_dma_count, vfu_dma32_padded),
    LAYOUT(vfu_choose_dma_data, vfu_empty_layout),
    LAYOUT(vfu_choose_dma_data, vfu_dma64_data),
    LAYOUT(vfu_choose_dma_data, vfu_dma32_data),
    LAYOUT(vfu_choose_feature, vfu_feature_plain),
    LAYOUT(vfu_choose_feature, vfu_feature_other),
    LAYOUT(vfu_choose_feature, vfu_feature_migration),
    LAYOUT(vfu_choose_feature, vfu_feature_state),
    LAYOUT(vfu_choose_feature, vfu_feature_log_start),
    LAYOUT(vfu_choose_feature, vfu_feature_log_report),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What was written so far: others refer to it by its number. */
static struct {
    const struct vfu_layout *layouts[MAX_LAYOUTS];
    const struct vfu_name *names[MAX_NAMES];
    size_t layout_count, name_count;
    char *dialects; /* the text of DIALECTS.LUA */
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

/* The name of a function that stands on a row; the Lua side must have it too. */
static const char *function_name(any_function function, const char *owner)
{
    char wanted[96];

    for (size_t i = 0; i < COUNT(functions); i++) {
        if (functions[i].function != function)
            continue;
        snprintf(wanted, sizeof wanted, "function dialects.%s(", functions[i].name);
        if (!strstr(done.dialects, wanted))
            refuse("%s: dialects.lua has no %s", owner, functions[i].name);
        return functions[i].name;
    }
    refuse("%s: a function that the dissector does not know: name it here and write it in dialects.lua", owner);
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

static void put_function(const char *key, any_function function, const char *owner)
{
    if (function)
        printf(", %s = dialects.%s", key, function_name(function, owner));
}

/* One test of a condition, as an expression. */
static void put_test(const struct vfu_term *t)
{
    unsigned long long value = t->value;

    switch (t->test) {
    case VFU_IS:
        printf("view:number(\"%s\") == %llu", t->field, value);
        break;
    case VFU_IS_NOT:
        printf("view:number(\"%s\") ~= %llu", t->field, value);
        break;
    case VFU_HAS:
        printf("has(view:number(\"%s\"), %llu)", t->field, value);
        break;
    case VFU_SIZE_FROM:
        printf("view.size >= %llu", value);
        break;
    case VFU_SIZE_BELOW:
        printf("view.size < %llu", value);
        break;
    case VFU_SIZE_WITHIN:
        printf("view.size <= view:number(\"%s\")", t->field);
        break;
    case VFU_LEAVES:
        printf("view.size == view.layout.size + view:number(\"%s\") + %llu", t->field, value);
        break;
    case VFU_IN_REPLY:
        printf("view.is_reply");
        break;
    default:
        refuse("a test that the dissector does not know: %d", (int)t->test);
    }
}

static void put_condition(const struct vfu_term *t)
{
    if (!t)
        return;
    printf(", when = function(view) return ");
    for (; t->test != VFU_END; t++) {
        if (t->test == VFU_OR) {
            printf(" or ");
            continue;
        }
        put_test(t);
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

static void put_field(const struct vfu_field *f)
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
    put_condition(f->when);
    printf("%s%s },\n", f->optional ? ", optional = true" : "", f->is_register ? ", is_register = true" : "");
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
        put_field(f);
    printf("} }\n");
}

static void put_shape(const char *key, const struct vfu_command *c, const struct vfu_shape *shape)
{
    printf(", %s = { layout = %zu", key, layout_number(shape->layout));
    put_function("choose", (any_function)shape->choose, c->name);
    printf(", others = {");
    for (size_t i = 0; shape->choose && i < COUNT(choices); i++)
        if (choices[i].choose == (any_function)shape->choose)
            printf(" %s = %zu,", choices[i].name, layout_number(choices[i].layout));
    printf(" } }");
}

static void put_commands(void)
{
    size_t count;
    const struct vfu_command *commands = vfu_commands(&count);

    for (const struct vfu_command *c = commands; c < commands + count; c++) {
        put_layout(c->request.layout);
        put_layout(c->reply.layout);
    }
    for (const struct vfu_layout *const *other = vfu_other_layouts(); *other; other++) {
        bool chosen = false;

        for (size_t i = 0; i < COUNT(choices); i++)
            chosen |= choices[i].layout == *other;
        if (!chosen)
            refuse("a layout (\"%s\") that no choice names: add it to choices[]", (*other)->brief);
        put_layout(*other);
    }
    put_layout(&vfu_unknown_layout);
    put_layout(&vfu_empty_layout);
    for (const struct vfu_command *c = commands; c < commands + count; c++) {
        printf("vfu.commands[%u] = { name = \"%s\", from = %d", c->number, c->name, c->from);
        put_shape("request", c, &c->request);
        put_shape("reply", c, &c->reply);
        printf(", help = ");
        put_string(c->help);
        printf(" }\n");
    }
    printf("vfu.unknown_layout = %zu\n", layout_number(&vfu_unknown_layout));
}

/* VERSION's capabilities: name and what they are. */
static void put_capabilities(void)
{
    printf("vfu.capabilities = {");
    for (const struct vfu_name *n = vfu_capability_names; n->name; n++)
        printf(" %s = \"%s\",", n->name,
               n->value == cJSON_Number ? "number" : n->value == cJSON_Object ? "object" : "bool");
    printf(" }\n");
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
    PUT(VFIO_DEVICE_FEATURE_MASK);
    PUT(VFIO_DEVICE_FEATURE_GET);
    PUT(VFIO_DEVICE_FEATURE_SET);
    PUT(VFIO_DEVICE_FEATURE_PROBE);
    PUT(VFIO_DEVICE_FEATURE_MIGRATION);
    PUT(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);
    PUT(VFIO_DEVICE_FEATURE_DMA_LOGGING_START);
    PUT(VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT);
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 20);

    if (!f || !text || fread(text, 1, (1 << 20) - 1, f) == 0)
        refuse("%s: can't be read", path);
    fclose(f);
    return text;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        refuse("usage: generate dialects.lua");
    done.dialects = read_file(argv[1]);
    printf("-- Written by plugins/wireshark/generate.c from decoder/table.c: change those, not this.\n");
    printf("vfu.names, vfu.layouts, vfu.commands = {}, {}, {}\n");
    printf("local function has(number, bit) return number %% (2 * bit) >= bit end\n");
    put_constants();
    put_commands();
    put_names();
    free(done.dialects);
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
