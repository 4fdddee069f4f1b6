/*
 * The shell's declared arguments, by made-up commands: the usage that is made of a declaration, the values that a
 * command gets, what is said of words that don't fit it, what completes and what is hinted at.
 */
#include "cli/shell/shell.h"
#include "test.h"

#include <stdlib.h>

static enum shell_result nothing(struct shell *sh, const struct shell_value *args)
{
    (void)sh;
    (void)args;
    return SHELL_OK;
}

enum { PLACE, WIDTH, COUNT, EACH, TO };
static const struct shell_arg get_args[] = {
    [PLACE] = { "REGION[+OFFSET]", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [COUNT] = { "COUNT", .kind = SHELL_NUMBER, .flags = SHELL_OPTIONAL, .otherwise = 1 },
    [EACH] = { .word = "--each", .flags = SHELL_OPTIONAL },
    [TO] = { "FILE", "--to", SHELL_TEXT, SHELL_OPTIONAL, .missing = "a FILE must follow" },
    { 0 },
};
static const struct shell_command cmd_get = { .name = "get", .args = get_args, .run = nothing };

enum { VALUES = 2, FROM };
static const struct shell_arg put_args[] = {
    [PLACE] = { "REGION", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [VALUES] = { "VALUE", .kind = SHELL_NUMBER, .flags = SHELL_MANY, .unless = FROM, .missing = "a VALUE is missing" },
    [FROM] = { "FILE", "--from", SHELL_TEXT, SHELL_OPTIONAL },
    { 0 },
};
static const struct shell_command cmd_put = { .name = "put", .args = put_args, .run = nothing };

enum { RANGE, MESSAGE, PATH, RO, WO, HIDDEN };
static const struct shell_arg map_args[] = {
    [RANGE] = { "IOVA SIZE", .kind = SHELL_RANGE },
    [MESSAGE] = { .word = "--message", .flags = SHELL_OPTIONAL | SHELL_OR },
    [PATH] = { "PATH", "--file", SHELL_TEXT, SHELL_OPTIONAL },
    [RO] = { .word = "--ro", .flags = SHELL_OPTIONAL | SHELL_OR },
    [WO] = { .word = "--wo", .flags = SHELL_OPTIONAL },
    [HIDDEN] = { .word = "--hidden", .flags = SHELL_OPTIONAL | SHELL_HIDDEN },
    { 0 },
};
static const struct shell_command cmd_map = { .name = "dma map", .args = map_args, .run = nothing };

enum { ALL = 1, FILE_NAME };
static const struct shell_arg drop_args[] = {
    [RANGE] = { "IOVA SIZE", .kind = SHELL_RANGE },
    [ALL] = { .word = "all", .flags = SHELL_ELSE },
    [FILE_NAME] = { "FILE", .kind = SHELL_TEXT, .flags = SHELL_ELSE },
    { 0 },
};
static const struct shell_command cmd_drop = { .name = "dma drop", .args = drop_args, .run = nothing };

enum { MASK = 2, EQUAL, DIFFERS, TIMEOUT };
static const struct shell_arg until_args[] = {
    [PLACE] = { "REGION", .kind = SHELL_PLACE },
    [WIDTH] = { .kind = SHELL_WIDTH, .flags = SHELL_OPTIONAL, .names = shell_widths, .otherwise = 2 },
    [MASK] = { "MASK", "&", SHELL_NUMBER, SHELL_OPTIONAL | SHELL_HERE, .otherwise = UINT64_MAX },
    [EQUAL] = { "VALUE", "==", SHELL_NUMBER, SHELL_OR, .unless = DIFFERS },
    [DIFFERS] = { "VALUE", "!=", SHELL_NUMBER, SHELL_HIDDEN, .unless = EQUAL },
    [TIMEOUT] = { "TIME", "timeout", SHELL_TIME, SHELL_OPTIONAL, .otherwise = 5000 },
    { 0 },
};
static const struct shell_command cmd_until = { .name = "until", .args = until_args,
                                                .stray = "only timeout TIME may follow", .run = nothing };

enum { STATE, WALK, FORCE };
static const struct vfu_name states[] = { { 1, "RUNNING" }, { 2, "STOP" }, { 0, NULL } };
static const struct shell_arg go_args[] = {
    [STATE] = { "STATE", .kind = SHELL_NAMED, .names = states, .most = 9, .wrong = "no such state" },
    [WALK] = { .word = "--walk", .flags = SHELL_OPTIONAL | SHELL_OR },
    [FORCE] = { .word = "--force", .flags = SHELL_OPTIONAL },
    { 0 },
};
static const struct shell_command cmd_go = { .name = "go", .flags = SHELL_OR_NONE, .args = go_args, .run = nothing };

enum { INDEX, VECTORS, DIGITS, TIMES };
static const struct shell_arg fire_args[] = {
    [INDEX] = SHELL_ARG_INDEX,
    [VECTORS] = { "FIRST[-LAST]", .kind = SHELL_VECTORS },
    [DIGITS] = { "DIGITS", "bool", SHELL_TEXT, SHELL_OPTIONAL },
    [TIMES] = { "N", "count", SHELL_NUMBER, SHELL_OPTIONAL, .least = 1, .most = 8, .otherwise = 1 },
    { 0 },
};
static const struct shell_command cmd_fire = { .name = "fire", .args = fire_args, .run = nothing };

enum { N, COMMAND };
static const struct shell_arg again_args[] = {
    [N] = { "N", .kind = SHELL_NUMBER },
    [COMMAND] = { "COMMAND", .kind = SHELL_COMMAND, .flags = SHELL_REST },
    { 0 },
};
static const struct shell_command cmd_again = { .name = "again", .args = again_args, .run = nothing };

enum { ON, EXTRA };
static const struct shell_arg turn_args[] = {
    [ON] = SHELL_ARG_ON_OFF,
    [EXTRA] = { "[name=value]...", .kind = SHELL_TEXT, .flags = SHELL_OPTIONAL | SHELL_MANY | SHELL_BARE },
    { 0 },
};
static const struct shell_command cmd_turn = { .name = "turn", .args = turn_args, .run = nothing };
static const struct shell_command cmd_none = { .name = "none", .run = nothing };

static const struct shell_command *const commands[] = { &cmd_get, &cmd_put, &cmd_map, &cmd_drop, &cmd_until, &cmd_go,
                                                        &cmd_fire, &cmd_again, &cmd_turn, &cmd_none, NULL };
static struct shell sh = { .table = { .own = commands, .asked = true } }; /* and no plugin's */

static void usage(void)
{
    static const char *const expected[] = {
        "REGION[+OFFSET] [b|w|l|q] [COUNT] [--each] [--to FILE]",
        "REGION [b|w|l|q] VALUE... [--from FILE]",
        "IOVA SIZE [--message | --file PATH] [--ro | --wo]",
        "IOVA SIZE | all | FILE",
        "REGION [b|w|l|q] [& MASK] == VALUE [timeout TIME]",
        "[STATE [--walk | --force]]",
        "INDEX FIRST[-LAST] [bool DIGITS] [count N]",
        "N COMMAND",
        "on|off [name=value]...",
        "",
    };
    char text[SHELL_USAGE];

    test_case("the usage is made of the declaration");
    for (size_t i = 0; commands[i]; i++)
        CHECK_TEXT(shell_usage(commands[i], text), expected[i]);
}

/* The words of a line behind the command's name, until the next. */
static struct shell_words words;
static struct shell_value values[SHELL_ARGS];

static bool parse(const struct shell_command *c, const char *line)
{
    shell_words_free(&words);
    sh.outcome.error.text[0] = '\0';
    return CHECK(shell_split(line, &words) == SHELL_SPLIT_OK) &&
           shell_args_parse(&sh, c, words.count, words.word, values);
}

static void by_place(void)
{
    test_case("what stands by its place: left out where it may be, known by its names");
    CHECK(parse(&cmd_get, "bar2+0x10"));
    CHECK_EQ(values[PLACE].place.region, 2);
    CHECK_EQ(values[PLACE].place.offset, 0x10);
    CHECK_EQ(values[WIDTH].number, 4);
    CHECK_EQ(values[COUNT].number, 1);
    CHECK(!values[COUNT].given && !values[EACH].given);
    CHECK(parse(&cmd_get, "config q 3"));
    CHECK_EQ(values[WIDTH].number, 8);
    CHECK_EQ(values[COUNT].number, 3);
    CHECK(parse(&cmd_get, "config 3"));
    CHECK_EQ(values[WIDTH].number, 4);
    CHECK_EQ(values[COUNT].number, 3);
    CHECK(parse(&cmd_until, "bar0 == 1"));
    CHECK_EQ(values[WIDTH].number, 2);
}

static void options(void)
{
    test_case("options stand anywhere behind the place, one of two only, the last of one counts");
    CHECK(parse(&cmd_get, "bar0 --to a b --each 7"));
    CHECK_EQ(values[WIDTH].number, 1);
    CHECK_EQ(values[COUNT].number, 7);
    CHECK(values[EACH].given);
    CHECK_TEXT(values[TO].text, "a");
    CHECK(parse(&cmd_get, "bar0 --to a 7 --to c"));
    CHECK_TEXT(values[TO].text, "c");
    CHECK(parse(&cmd_map, "0x1000 4K --file --ro --wo"));
    CHECK_EQ(values[RANGE].range.address, 0x1000);
    CHECK_EQ(values[RANGE].range.size, 4096);
    CHECK_TEXT(values[PATH].text, "--ro");
    CHECK(values[WO].given && !values[RO].given && !values[MESSAGE].given);
    CHECK(parse(&cmd_fire, "msi 2-5 count 3 bool 1111"));
    CHECK_EQ(values[INDEX].number, 1);
    CHECK_EQ(values[VECTORS].vectors.first, 2);
    CHECK_EQ(values[VECTORS].vectors.count, 4);
    CHECK_TEXT(values[DIGITS].text, "1111");
    CHECK_EQ(values[TIMES].number, 3);
}

static void lists(void)
{
    test_case("lists: their words side by side, whatever options stand between; all that is left");
    CHECK(parse(&cmd_put, "bar0 1 --from f 2 3"));
    CHECK_EQ(values[VALUES].list.count, 3);
    CHECK_TEXT(values[VALUES].list.word[0], "1");
    CHECK_TEXT(values[VALUES].list.word[1], "2");
    CHECK_TEXT(values[VALUES].list.word[2], "3");
    CHECK_TEXT(values[FROM].text, "f");
    CHECK(parse(&cmd_put, "bar0 --from f"));
    CHECK_EQ(values[VALUES].list.count, 0);
    CHECK(parse(&cmd_again, "3 get bar0 --each"));
    CHECK_EQ(values[N].number, 3);
    CHECK_EQ(values[COMMAND].list.count, 3);
    CHECK_TEXT(values[COMMAND].list.word[2], "--each");
    CHECK(parse(&cmd_turn, "off"));
    CHECK_EQ(values[ON].number, 0);
    CHECK(parse(&cmd_turn, "on a=1 b=2"));
    CHECK_EQ(values[ON].number, 1);
    CHECK_EQ(values[EXTRA].list.count, 2);
}

static void operators(void)
{
    test_case("operators, with what is glued to them; one of two that are needed");
    CHECK(parse(&cmd_until, "bar0 l &0xf ==0x10 timeout 20ms"));
    CHECK_EQ(values[MASK].number, 0xf);
    CHECK_EQ(values[EQUAL].number, 0x10);
    CHECK_EQ(values[TIMEOUT].number, 20);
    CHECK(parse(&cmd_until, "bar0 & 1 != 2"));
    CHECK(values[DIFFERS].given && !values[EQUAL].given);
    CHECK_EQ(values[DIFFERS].number, 2);
    CHECK_EQ(values[TIMEOUT].number, 5000);
    CHECK(parse(&cmd_until, "bar0 == 2"));
    CHECK_EQ(values[MASK].number, UINT64_MAX);
}

static void forms(void)
{
    test_case("forms: by their first word, by their number of words, or none of it");
    CHECK(parse(&cmd_drop, "all"));
    CHECK(values[ALL].given && !values[RANGE].given && !values[FILE_NAME].given);
    CHECK(parse(&cmd_drop, "every"));
    CHECK_TEXT(values[FILE_NAME].text, "every");
    CHECK(parse(&cmd_drop, "1 2"));
    CHECK_EQ(values[RANGE].range.size, 2);
    CHECK(parse(&cmd_go, ""));
    CHECK(!values[STATE].given);
    CHECK(parse(&cmd_go, "stop --walk"));
    CHECK_EQ(values[STATE].number, 2);
    CHECK(parse(&cmd_go, "7"));
    CHECK_EQ(values[STATE].number, 7);
    CHECK(parse(&cmd_none, ""));
}

static void errors(void)
{
    static const struct {
        const struct shell_command *command;
        const char *line, *error;
    } wrong[] = {
        { &cmd_get, "", "usage: get REGION[+OFFSET] [b|w|l|q] [COUNT] [--each] [--to FILE]" },
        { &cmd_get, "bar9", "bar9: no region (bar0 to bar5, rom, config, vga or a number)" },
        { &cmd_get, "--each", "--each: no region (bar0 to bar5, rom, config, vga or a number)" },
        { &cmd_get, "bar0 x", "COUNT: x: not a number" },
        { &cmd_get, "bar0 x 4", "x: a width is b, w, l or q" },
        { &cmd_get, "bar0 l 4 5", "5: usage: get REGION[+OFFSET] [b|w|l|q] [COUNT] [--each] [--to FILE]" },
        { &cmd_get, "bar0 --eac", "--eac: no such option here" },
        { &cmd_get, "bar0 --to", "--to: a FILE must follow" },
        { &cmd_put, "bar0 l", "a VALUE is missing" },
        { &cmd_map, "0x1000 4K --message --file f",
          "--file: usage: dma map IOVA SIZE [--message | --file PATH] [--ro | --wo]" },
        { &cmd_map, "0x1000 4K --ro --wo", "--wo: usage: dma map IOVA SIZE [--message | --file PATH] [--ro | --wo]" },
        { &cmd_map, "0x1000 4K --file", "--file: usage: dma map IOVA SIZE [--message | --file PATH] [--ro | --wo]" },
        { &cmd_map, "0x1000 --ro", "SIZE: --ro: not a number" },
        { &cmd_map, "x 4K --bogus", "IOVA: x: not a number" },
        { &cmd_until, "bar0 == 1 x", "x: only timeout TIME may follow" },
        { &cmd_until, "bar0 & 1",
          "== VALUE is missing (usage: until REGION [b|w|l|q] [& MASK] == VALUE [timeout TIME])" },
        { &cmd_until, "bar0 x",
          "== VALUE is missing (usage: until REGION [b|w|l|q] [& MASK] == VALUE [timeout TIME])" },
        { &cmd_until, "bar0 ==", "a number must follow ==" },
        { &cmd_until, "bar0 == 1 timeout", "timeout: only timeout TIME may follow" },
        { &cmd_until, "bar0 == 1 timeout 5", "5: not a time (such as 200ms or 2s)" },
        { &cmd_go, "gone", "gone: no such state" },
        { &cmd_go, "10", "10: no such state" },
        { &cmd_go, "STOP --walk --force", "usage: go [STATE [--walk | --force]]" },
        { &cmd_fire, "foo 0", "foo: no IRQ index (intx, msi, msix, err, req or a number)" },
        { &cmd_fire, "msi 3-1", "LAST is below FIRST" },
        { &cmd_fire, "msi 0 count 9", "count: 9: from 1 to 8" },
        { &cmd_fire, "msi 0 count x", "N: x: not a number" },
        { &cmd_turn, "maybe", "maybe: on or off" },
        { &cmd_none, "x", "usage: none" },
    };

    test_case("what is said of words that don't fit");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!parse(wrong[i].command, wrong[i].line));
        CHECK_TEXT(sh.outcome.error.text, wrong[i].error);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *completed(const char *line)
{
    static char text[400];
    struct cli_matches m;
    size_t at;

    shell_complete(&sh, line, &m, &at);
    if (m.count)
        qsort(m.words, m.count, sizeof m.words[0], by_name);
    text[0] = '\0';
    for (size_t i = 0; i < m.count && strlen(text) + strlen(m.words[i]) + 2 < sizeof text; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", m.words[i]);
    cli_matches_free(&m);
    return text;
}

static const char *hinted(const char *line)
{
    static char text[SHELL_USAGE];

    return shell_hint(&sh, line, text, sizeof text) ? text : "";
}

static void completion(void)
{
    struct vfu_error error;
    struct shell_map map = { .address = 0x1000, .size = 4096, .fd = -1 };

    CHECK(shell_maps_add(&sh.device.maps, &map, &error));
    test_case("completion offers what may stand there by the declaration");
    CHECK_TEXT(completed("t"), "turn");
    CHECK_TEXT(completed("dma "), "drop map");
    CHECK_TEXT(completed("get bar0 "), "--each --to b l q w");
    CHECK_TEXT(completed("get bar0 l --each "), "--to");
    CHECK_TEXT(completed("get bar0 --to "), "");
    CHECK_TEXT(completed("dma map "), "0x1000");
    CHECK_TEXT(completed("dma map 0x1000 "), "");
    CHECK_TEXT(completed("dma map 0x1000 4K "), "--file --message --ro --wo");
    CHECK_TEXT(completed("dma map 0x1000 4K --ro "), "--file --message");
    CHECK_TEXT(completed("dma drop "), "0x1000 all");
    CHECK_TEXT(completed("until bar0 l "), "!= & == timeout");
    CHECK_TEXT(completed("until bar0 & 1 == 2 "), "timeout");
    CHECK_TEXT(completed("go "), "RUNNING STOP");
    CHECK_TEXT(completed("go STOP "), "--force --walk");
    CHECK_TEXT(completed("fire m"), "msi msix");
    CHECK_TEXT(completed("again 3 t"), "turn");
    CHECK_TEXT(completed("again 3 again 2 turn o"), "off on");
    CHECK_TEXT(completed("none "), "");
    CHECK_TEXT(completed("get bar0 bogus bogus "), "");
    shell_maps_clear(&sh.device.maps);
}

static void hints(void)
{
    test_case("hints are what of the usage may still come");
    CHECK_TEXT(hinted("get "), "REGION[+OFFSET] [b|w|l|q] [COUNT] [--each] [--to FILE]");
    CHECK_TEXT(hinted("get bar0 --each "), "[b|w|l|q] [COUNT] [--to FILE]");
    CHECK_TEXT(hinted("get bar0 4 "), "[--each] [--to FILE]");
    CHECK_TEXT(hinted("get bar0 --to "), "FILE [b|w|l|q] [COUNT] [--each]");
    CHECK_TEXT(hinted("put bar0 l 1 "), "VALUE... [--from FILE]");
    CHECK_TEXT(hinted("dma "), "map|drop");
    CHECK_TEXT(hinted("dma map 0x1000 "), "SIZE [--message | --file PATH] [--ro | --wo]");
    CHECK_TEXT(hinted("dma map 0x1000 4K --file f "), "[--ro | --wo]");
    CHECK_TEXT(hinted("dma drop "), "IOVA SIZE | all | FILE");
    CHECK_TEXT(hinted("dma drop all "), "");
    CHECK_TEXT(hinted("until bar0 l &"), "");
    CHECK_TEXT(hinted("until bar0 l & "), "MASK == VALUE [timeout TIME]");
    CHECK_TEXT(hinted("until bar0 != 3 "), "[timeout TIME]");
    CHECK_TEXT(hinted("go "), "[STATE [--walk | --force]]");
    CHECK_TEXT(hinted("go STOP "), "[--walk | --force]");
    CHECK_TEXT(hinted("again "), "N COMMAND");
    CHECK_TEXT(hinted("again 3 "), "COMMAND");
    CHECK_TEXT(hinted("again 3 again 4 turn "), "on|off [name=value]...");
    CHECK_TEXT(hinted("none "), "");
}

int main(void)
{
    setenv("VFUSCOPE_PLUGIN_PATH", "/nonexistent", 1); /* where names of registers would come from */
    usage();
    by_place();
    options();
    lists();
    operators();
    forms();
    errors();
    completion();
    hints();
    shell_words_free(&words);
    return test_end();
}
