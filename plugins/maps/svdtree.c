/*
 * The text of an SVD as a tree, by expat. Entities are refused (an SVD has none, and they grow without end), depth and sizes are
 * bounded; what does not matter is left out when it is read.
 */
#include "plugins/maps/svd.h"

#include <ctype.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH = 64, MEMORY = 256 << 20, PIECE = 256 << 10, LONGEST = 4096 /* of a text: the rest is left out */, CHAIN = 64, PATH = 120 };

static const char *const names[SVD_TAGS] = {
    [SVD_OTHER] = "", [SVD_DEVICE] = "device", [SVD_PERIPHERALS] = "peripherals", [SVD_PERIPHERAL] = "peripheral",
    [SVD_REGISTERS] = "registers", [SVD_REGISTER] = "register", [SVD_CLUSTER] = "cluster", [SVD_FIELDS] = "fields",
    [SVD_FIELD] = "field", [SVD_ENUMERATED_VALUES] = "enumeratedValues", [SVD_ENUMERATED_VALUE] = "enumeratedValue",
    [SVD_NAME] = "name", [SVD_DESCRIPTION] = "description", [SVD_BASE_ADDRESS] = "baseAddress",
    [SVD_ADDRESS_OFFSET] = "addressOffset", [SVD_SIZE] = "size", [SVD_ACCESS] = "access", [SVD_RESET_VALUE] = "resetValue",
    [SVD_READ_ACTION] = "readAction", [SVD_MODIFIED_WRITE_VALUES] = "modifiedWriteValues", [SVD_DIM] = "dim",
    [SVD_DIM_INCREMENT] = "dimIncrement", [SVD_DIM_INDEX] = "dimIndex", [SVD_BIT_OFFSET] = "bitOffset",
    [SVD_BIT_WIDTH] = "bitWidth", [SVD_BIT_RANGE] = "bitRange", [SVD_LSB] = "lsb", [SVD_MSB] = "msb", [SVD_VALUE] = "value",
    [SVD_USAGE] = "usage",
};

struct svd_piece {
    struct svd_piece *next;
    size_t used, size;
    _Alignas(max_align_t) uint8_t bytes[];
};

/* While the text is read. */
struct parsing {
    struct svd *s;
    XML_Parser parser;
    struct svd_node *at; /* the innermost element that matters; NULL: before the first */
    unsigned depth, skipped; /* skipped: elements around that do not matter */
    char text[LONGEST];
    size_t used;
    bool failed;
};

const char *svd_tag_name(enum svd_tag tag)
{
    return names[tag];
}

static void *room(struct svd *s, size_t size)
{
    struct svd_piece *p = s->pieces;
    size_t wanted = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t), piece;
    void *at;

    if (wanted > MEMORY - s->bytes)
        return NULL;
    if (!p || wanted > p->size - p->used) {
        piece = wanted > PIECE ? wanted : PIECE;
        p = calloc(1, sizeof *p + piece);
        if (!p)
            return NULL;
        p->size = piece;
        p->next = s->pieces;
        s->pieces = p;
    }
    at = p->bytes + p->used;
    s->bytes += wanted;
    p->used += wanted;
    return at;
}

void svd_free(struct svd *s)
{
    for (struct svd_piece *p = s->pieces, *next; p; p = next) {
        next = p->next;
        free(p);
    }
}

/* --- reading --- */

static void fail(struct parsing *p, const char *why)
{
    if (!p->failed)
        vfu_fail(p->s->m->error, 0, "line %lu, column %lu: %s", XML_GetCurrentLineNumber(p->parser),
                 XML_GetCurrentColumnNumber(p->parser) + 1, why);
    p->failed = true;
    XML_StopParser(p->parser, XML_FALSE);
}

static const char *copy(struct parsing *p, const char *text, size_t size)
{
    char *to = room(p->s, size + 1);

    if (!to) {
        fail(p, "the file has more than fits into memory that is for it");
        return "";
    }
    memcpy(to, text, size);
    return to;
}

static void XMLCALL begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct parsing *p = context;
    struct svd_node *node;
    unsigned tag = SVD_TAGS;

    if (p->failed)
        return;
    if (++p->depth > DEPTH) {
        fail(p, "elements lie too deep within each other");
        return;
    }
    while (--tag > SVD_OTHER && strcmp(names[tag], name) != 0)
        ;
    p->used = 0;
    if (p->skipped || tag == SVD_OTHER) {
        p->skipped += p->at || p->skipped;
        if (!p->at && !p->skipped)
            fail(p, "no SVD: its outermost element is not <device>");
        return;
    }
    node = room(p->s, sizeof *node);
    if (!node) {
        fail(p, "the file has more than fits into memory that is for it");
        return;
    }
    *node = (struct svd_node){ .parent = p->at, .tag = (uint8_t)tag, .text = "", .line = (uint32_t)XML_GetCurrentLineNumber(p->parser) };
    for (; attributes[0]; attributes += 2)
        if (strcmp(attributes[0], "derivedFrom") == 0 && attributes[1][0])
            node->derived = copy(p, attributes[1], strlen(attributes[1]));
    if (!p->at)
        p->s->root = node;
    else if (p->at->last)
        p->at->last->next = node;
    else
        p->at->children = node;
    if (p->at)
        p->at->last = node;
    p->at = node;
}

/* Without blanks around it. */
static void XMLCALL end(void *context, const XML_Char *name)
{
    struct parsing *p = context;
    size_t first = 0;

    (void)name;
    if (p->failed)
        return;
    p->depth--;
    if (p->skipped) {
        p->skipped--;
        return;
    }
    if (!p->at)
        return;
    if (!p->at->children) {
        while (first < p->used && isspace((unsigned char)p->text[first]))
            first++;
        while (p->used > first && isspace((unsigned char)p->text[p->used - 1]))
            p->used--;
        if (p->used > first)
            p->at->text = copy(p, p->text + first, p->used - first);
    }
    p->used = 0;
    p->at = p->at->parent;
}

static void XMLCALL text(void *context, const XML_Char *bytes, int size)
{
    struct parsing *p = context;
    size_t more = size > 0 ? (size_t)size : 0;

    if (p->skipped || p->failed)
        return;
    more = more < LONGEST - p->used ? more : LONGEST - p->used;
    memcpy(p->text + p->used, bytes, more);
    p->used += more;
}

/* Entities, whatever they are for. */
static void XMLCALL entity(void *context, const XML_Char *name, int is_parameter, const XML_Char *value, int size,
                           const XML_Char *base, const XML_Char *system, const XML_Char *public, const XML_Char *notation)
{
    (void)name;
    (void)is_parameter;
    (void)value;
    (void)size;
    (void)base;
    (void)system;
    (void)public;
    (void)notation;
    fail(context, "entities are not taken: an SVD needs none");
}

bool svd_parse(struct svd *s, const char *bytes, size_t size)
{
    enum { STEP = 1 << 20 };
    struct parsing *p = calloc(1, sizeof *p);
    enum XML_Status status = XML_STATUS_OK;

    if (p)
        *p = (struct parsing){ .s = s, .parser = XML_ParserCreate(NULL) };
    if (!p || !p->parser) {
        free(p);
        return vfu_fail(s->m->error, 0, "out of memory");
    }
    XML_SetUserData(p->parser, p);
    XML_SetElementHandler(p->parser, begin, end);
    XML_SetCharacterDataHandler(p->parser, text);
    XML_SetEntityDeclHandler(p->parser, entity);
    for (size_t at = 0; status == XML_STATUS_OK && (at < size || at == 0); at += STEP)
        status = XML_Parse(p->parser, bytes + at, (int)(size - at < STEP ? size - at : STEP), size - at <= STEP);
    if (status != XML_STATUS_OK && !p->failed)
        fail(p, XML_ErrorString(XML_GetErrorCode(p->parser)));
    else if (!p->failed && !s->root)
        fail(p, "no SVD: there is no <device>");
    status = p->failed ? XML_STATUS_ERROR : XML_STATUS_OK;
    XML_ParserFree(p->parser);
    free(p);
    return status == XML_STATUS_OK;
}

/* --- looking around in it --- */

const struct svd_node *svd_get(struct svd *s, const struct svd_node *node, enum svd_tag tag)
{
    for (const struct svd_node *base = node; base; base = base->base)
        for (const struct svd_node *n = base->children; n && s->looks <= SVD_LOOKS; n = n->next, s->looks++)
            if (n->tag == tag)
                return n;
    return NULL;
}

const struct svd_node *svd_children(const struct svd_node *node)
{
    while (!node->children && node->base)
        node = node->base;
    return node->children;
}

const char *svd_name(const struct svd_node *node)
{
    for (const struct svd_node *n = node->children; n; n = n->next)
        if (n->tag == SVD_NAME)
            return n->text;
    return node->base ? svd_name(node->base) : "";
}

bool svd_has_child(struct svd *s, const struct svd_node *of, const struct svd_node *base, const struct svd_node *child)
{
    const char *name = svd_name(child);

    for (; of && of != base; of = of->base)
        for (const struct svd_node *n = of->children; n && s->steps <= SVD_STEPS; n = n->next, s->steps++)
            if (n->tag == child->tag && strcmp(svd_name(n), name) == 0)
                return true;
    return false;
}

/* "UART0.CR", by the elements around. */
static void put_path(const struct svd_node *node, char path[PATH])
{
    const char *name = node && node->tag != SVD_DEVICE ? svd_name(node) : "";
    size_t used;

    if (!node || node->tag == SVD_DEVICE) {
        path[0] = '\0';
        return;
    }
    put_path(node->parent, path);
    used = strlen(path);
    if (name[0])
        snprintf(path + used, PATH - used, "%s%.40s", used ? "." : "", name);
}

bool svd_wrong(struct svd *s, const struct svd_node *node, const char *what, const char *why)
{
    char path[PATH];
    struct vfu_writer w;
    char shown[PATH + 1];

    put_path(node, path);
    w = vfu_writer(shown, PATH, NULL, NULL);
    vfu_write_printable(&w, path);
    shown[w.used] = '\0';
    return vfu_fail(s->m->error, 0, "line %u: %s%s%s: %.100s", node->line, shown, shown[0] && what[0] ? "." : "", what, why);
}

/* --- derivedFrom --- */

/* Is it the element of this name, the first `size` characters of it? */
static bool is_called(const struct svd_node *n, enum svd_tag tag, const char *name, size_t size)
{
    const char *own = n->tag == tag ? svd_name(n) : "";

    return strlen(own) == size && size && strncmp(own, name, size) == 0;
}

/* Below `in`, by a name with dots in it: PERIPHERAL.CLUSTER.REGISTER.FIELD. */
static const struct svd_node *find_path(struct svd *s, const struct svd_node *in, const struct svd_node *wanted, const char *name, unsigned depth)
{
    const struct svd_node *found = NULL;
    size_t size = strcspn(name, ".");

    if (depth > DEPTH)
        return NULL;
    for (const struct svd_node *n = in->children; n && !found && s->steps++ <= SVD_STEPS; n = n->next) {
        if (n->tag == SVD_REGISTERS || n->tag == SVD_FIELDS || n->tag == SVD_PERIPHERALS)
            found = find_path(s, n, wanted, name, depth + 1);
        else if (n == wanted || (n->tag != SVD_PERIPHERAL && n->tag != SVD_CLUSTER && n->tag != SVD_REGISTER && n->tag != SVD_FIELD &&
                                 n->tag != SVD_ENUMERATED_VALUES))
            continue;
        else if (is_called(n, n->tag, name, size))
            found = name[size] ? find_path(s, n, wanted, name + size + 1, depth + 1) : n->tag == wanted->tag ? n : NULL;
    }
    return found;
}

/* enumeratedValues are also named without saying in which field. */
static const struct svd_node *find_values(struct svd *s, const struct svd_node *in, const struct svd_node *wanted, const char *name)
{
    const struct svd_node *found = NULL;

    for (const struct svd_node *n = in->children; n && !found && s->steps++ <= SVD_STEPS; n = n->next) {
        if (n != wanted && is_called(n, SVD_ENUMERATED_VALUES, name, strlen(name)))
            found = n;
        else if (n->children && n->tag != SVD_ENUMERATED_VALUES)
            found = find_values(s, n, wanted, name);
    }
    return found;
}

/* What it names: beside it, or else from one of the elements around on. */
static const struct svd_node *find_base(struct svd *s, const struct svd_node *node)
{
    const struct svd_node *found = NULL;

    for (const struct svd_node *in = node->parent; in && !found; in = in->parent)
        found = find_path(s, in, node, node->derived, 0);
    if (!found && node->tag == SVD_ENUMERATED_VALUES)
        for (const struct svd_node *in = node->parent; in && !found && in->tag != SVD_PERIPHERALS; in = in->parent)
            found = find_values(s, in, node, node->derived);
    return found || !s->root->children ? found : find_path(s, s->root, node, node->derived, 0);
}

static bool derive_all(struct svd *s, struct svd_node *in)
{
    for (struct svd_node *n = in->children; n; n = n->next) {
        if (n->derived) {
            n->base = find_base(s, n);
            if (!n->base)
                return svd_wrong(s, n, "derivedFrom", s->steps > SVD_STEPS ? "too much is derived from other elements"
                                                                            : "there is nothing of that name");
        }
        if (n->children && !derive_all(s, n))
            return false;
    }
    return true;
}

/* Does a chain come back to itself, or is an element derived from what is around it or in it? */
static bool check_chains(struct svd *s, const struct svd_node *in)
{
    for (const struct svd_node *n = in->children; n; n = n->next, s->looks++) {
        unsigned length = 0;

        for (const struct svd_node *base = n->base; base; base = base->base)
            for (const struct svd_node *around = n; around; around = around->parent)
                if (base == around || ++length > CHAIN * DEPTH)
                    return svd_wrong(s, n, "derivedFrom", "it is derived from itself, or from what it lies in");
        if (n->children && !check_chains(s, n))
            return false;
    }
    return true;
}

bool svd_derive(struct svd *s)
{
    return derive_all(s, s->root) && check_chains(s, s->root);
}

/* --- arrays --- */

/* What is derived from an array is none by that. */
static const struct svd_node *own(const struct svd_node *node, enum svd_tag tag)
{
    const struct svd_node *n = node->children;

    while (n && n->tag != tag)
        n = n->next;
    return n;
}

/* One of "A,B,C" or of "3-7"; what they are, malloced as one piece of the tree's. */
static bool read_words(struct svd *s, const struct svd_node *node, const char *list, struct svd_dim *dim)
{
    char *rest, *words = room(s, strlen(list) + 1), *end;
    uint32_t count = 0;
    unsigned long from = strtoul(list, &end, 10);

    if (!words)
        return svd_wrong(s, node, "dimIndex", "out of memory");
    memcpy(words, list, strlen(list) + 1);
    dim->words = dim->count > VFU_DEVMAP_REGISTERS ? NULL : room(s, (dim->count + 1) * sizeof *dim->words);
    if (!dim->words)
        return svd_wrong(s, node, "dim", "too many of them have names of their own");
    if (end != list && *end == '-' && isdigit((unsigned char)end[1])) {
        for (; count < dim->count; count++) {
            dim->words[count] = room(s, 24);
            if (!dim->words[count])
                return svd_wrong(s, node, "dimIndex", "out of memory");
            snprintf(dim->words[count], 24, "%lu", from + count);
        }
        return true;
    }
    if (isalpha((unsigned char)list[0]) && list[1] == '-' && isalpha((unsigned char)list[2]) && !list[3]) {
        for (; count < dim->count; count++) {
            dim->words[count] = room(s, 2);
            if (!dim->words[count])
                return svd_wrong(s, node, "dimIndex", "out of memory");
            dim->words[count][0] = (char)(list[0] + (char)(count < 26 ? count : 25));
        }
        return true;
    }
    for (char *word = strtok_r(words, ", \t\n", &rest); word && count < dim->count; word = strtok_r(NULL, ", \t\n", &rest))
        dim->words[count++] = word;
    return count == dim->count || svd_wrong(s, node, "dimIndex", "it has fewer names than dim says");
}

static bool number(struct svd *s, const struct svd_node *node, enum svd_tag tag, uint64_t *n)
{
    const struct svd_node *found = own(node, tag);
    char *end;

    *n = 0;
    if (!found)
        return true;
    if (!isdigit((unsigned char)found->text[0]))
        return svd_wrong(s, node, svd_tag_name(tag), "a number is expected");
    *n = strtoull(found->text, &end, strncasecmp(found->text, "0x", 2) == 0 ? 16 : 10);
    return !*end || svd_wrong(s, node, svd_tag_name(tag), "a number is expected");
}

bool svd_read_dim(struct svd *s, const struct svd_node *node, struct svd_dim *dim)
{
    const struct svd_node *index = own(node, SVD_DIM_INDEX);
    const char *name = svd_name(node);
    uint64_t count;

    *dim = (struct svd_dim){ 0 };
    if (!number(s, node, SVD_DIM, &count) || !number(s, node, SVD_DIM_INCREMENT, &dim->stride))
        return false;
    if (count > UINT32_MAX)
        return svd_wrong(s, node, "dim", "more than 0xffffffff");
    dim->count = (uint32_t)count;
    if (!dim->count || strstr(name, "[%s]"))
        return true;
    if (dim->count > VFU_DEVMAP_REGISTERS)
        return svd_wrong(s, node, "dim", "too many of them have names of their own");
    return !index || !index->text[0] || read_words(s, node, index->text, dim);
}

void svd_name_of(const struct svd_dim *dim, const char *name, uint32_t number_of, char *to)
{
    const char *at = dim->count ? strstr(name, "%s") : NULL;
    char digits[16];

    snprintf(digits, sizeof digits, "%u", number_of);
    if (at)
        snprintf(to, VFU_DEVMAP_NAME, "%.*s%s%s", (int)(at - name < 64 ? at - name : 64), name,
                 dim->words ? dim->words[number_of] : digits, at + 2);
    else
        snprintf(to, VFU_DEVMAP_NAME, "%s", name);
}
