/*
 * What filters know by name before there is traffic: the registers in plugins' tables, and those of maps.
 */
#include "cli/output/known.h"
#include "cli/output/maps.h"

#include <stdlib.h>
#include <string.h>

struct cli_known {
    const struct cli_args *args;
    bool asked;
    struct vfu_plugin_tables *tables; /* whose names these are: */
    struct vfu_register_map map;
    struct vfu_register_place *places;
    struct vfu_register *registers;
    struct vfu_register_field *fields;
    struct vfu_register_value *values;
};

/* Of each as many as there may be in what `t` holds. */
static bool make_room(struct cli_known *k, const struct vfu_plugin_tables *t, const struct cli_maps *maps)
{
    size_t fields = 0, values = 0, places = 0;

    for (size_t i = 0; maps && i < maps->count; i++)
        places += maps->list[i]->map.count;
    for (unsigned i = 0; i < t->count; i++) {
        fields += t->list[i].field_count;
        for (unsigned f = 0; f < t->list[i].field_count; f++)
            values += t->list[i].fields[f].value_count;
    }
    k->places = calloc(t->count + places + 1, sizeof *k->places);
    k->registers = calloc(t->count + 1, sizeof *k->registers);
    k->fields = calloc(fields + 1, sizeof *k->fields);
    k->values = calloc(values + 1, sizeof *k->values);
    return k->places && k->registers && k->fields && k->values;
}

static void take_fields(const struct vfu_plugin_register *from, struct vfu_register *reg, struct vfu_register_field **field,
                        struct vfu_register_value **value)
{
    reg->fields = *field;
    reg->field_count = (uint16_t)from->field_count;
    for (unsigned f = 0; f < from->field_count; f++, ++*field) {
        **field = (struct vfu_register_field){ .name = from->fields[f].name, .low = from->fields[f].low,
                                               .bits = from->fields[f].bits, .values = *value };
        for (unsigned v = 0; v < from->fields[f].value_count && v < REGISTER_VALUES; v++)
            if (from->fields[f].values[v][0]) {
                *(*value)++ = (struct vfu_register_value){ v, from->fields[f].values[v] };
                (*field)->value_count++;
            }
    }
}

static void take(struct cli_known *k, const struct vfu_plugin_tables *t)
{
    struct vfu_register_field *field = k->fields;
    struct vfu_register_value *value = k->values;

    for (unsigned i = 0; i < t->count; i++) {
        const struct vfu_plugin_register *from = &t->list[i];

        k->registers[i] = (struct vfu_register){ .name = from->name, .help = from->help, .width = from->width };
        take_fields(from, &k->registers[i], &field, &value);
        k->places[i] = (struct vfu_register_place){
            .reg = &k->registers[i], .offset = from->offset,
            .region = vfu_plugin_register_has_place(from) ? from->region : VFU_FILTER_NOWHERE
        };
    }
    k->map = (struct vfu_register_map){ k->places, t->count };
}

static void take_maps(struct cli_known *k, const struct cli_maps *maps)
{
    for (size_t i = 0; maps && i < maps->count; i++) {
        const struct vfu_register_map *m = &maps->list[i]->map;

        memcpy(k->places + k->map.count, m->places, m->count * sizeof *m->places);
        k->map.count += m->count;
    }
}

static const struct vfu_register_map *ask(void *context)
{
    struct cli_known *k = context;
    const struct cli_maps *maps;
    struct vfu_error error;

    if (!k->asked) {
        k->asked = true;
        k->tables = vfu_plugin_tables_load(NULL, 0, &error); /* why plugins can't be asked, is said when they are to be used */
        maps = cli_maps(k->args);
        if (k->tables && make_room(k, k->tables, maps)) {
            take(k, k->tables);
            take_maps(k, maps);
        }
    }
    return &k->map;
}

/* Those of a file may have other registers under the same name: then nothing is known for sure. */
static bool are_usual(const struct cli_args *args)
{
    for (size_t i = 0; args && i < args->set_count; i++)
        if (strcmp(args->set[i].option->name, "no-plugins") == 0 ||
            (strcmp(args->set[i].option->name, "plugin") == 0 && strchr(args->set[i].value, '/')))
            return false;
    return true;
}

struct cli_known *cli_known_new(void)
{
    return calloc(1, sizeof(struct cli_known));
}

struct vfu_filter_known cli_known_of(struct cli_known *k, const struct cli_args *args)
{
    if (k)
        k->args = args;
    return (struct vfu_filter_known){ .registers = k && are_usual(args) ? ask : NULL, .context = k };
}

void cli_known_free(struct cli_known *k)
{
    if (!k)
        return;
    vfu_plugin_tables_free(k->tables);
    free(k->places);
    free(k->registers);
    free(k->fields);
    free(k->values);
    free(k);
}
