/*
 * Writing to the file that is being read would empty it first, or never end.
 */
#include "cli/output/output.h"
#include "cli/output/ring.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool overwrites(const char *path, const struct stat *in)
{
    bool standard = strcmp(path, "-") == 0;
    struct stat st;

    if ((standard ? fstat(STDOUT_FILENO, &st) : stat(path, &st)) != 0 || st.st_dev != in->st_dev || st.st_ino != in->st_ino)
        return false;
    cli_error("%s: can't write to the file that is being read", standard ? "standard output" : path);
    return true;
}

bool cli_output_overwrites(const struct cli_args *args, const char *input)
{
    const char *file = cli_value(args, "write");
    bool ring = cli_has(args, "ring-size");
    const char *outputs[] = { "-" /* as by >> */, ring ? NULL : file, cli_value(args, "output"), cli_value(args, "trace") };
    struct stat in;

    if ((strcmp(input, "-") == 0 ? fstat(STDIN_FILENO, &in) : stat(input, &in)) != 0 || !S_ISREG(in.st_mode))
        return false;
    if (ring && file && cli_ring_has(file, &in)) {
        cli_error("%s: can't write to the file that is being read, as one of the ring %s", input, file);
        return true;
    }
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
        if (outputs[i] && overwrites(outputs[i], &in))
            return true;
    return false;
}
