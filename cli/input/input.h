/*
 * What is read: one capture; the files of a ring, which go on as one; or several of these, in the order of their records'
 * times.
 */
#ifndef VFU_CLI_INPUT_INPUT_H
#define VFU_CLI_INPUT_INPUT_H

#include "capture/file/capfile.h"
#include "cli/cli.h"

struct cli_inputs;

/*
 * Open what FILEs name: captures, files of rings in any order, a ring by its own name, "-" once. `paths` and wait's context
 * live longer. NULL: a message was printed, exit with *status. A file that is damaged is said; the others are read on.
 */
struct cli_inputs *cli_inputs_open(char *const *paths, size_t count, const struct vfu_capwait *wait,
                                   enum cli_status *status);
/* How many captures or rings there are, each with sessions and numbers of its own. */
size_t cli_inputs_count(const struct cli_inputs *in);
/* The one that paths[i] is, or belongs to; cli_inputs_count(): there is nothing to read in it. */
size_t cli_inputs_of(const struct cli_inputs *in, size_t i);
/* What it is called here, short and unlike the others; NULL if it is the only one. Lives as long as `in`. */
const char *cli_inputs_name(const struct cli_inputs *in, size_t which);
/*
 * The next record of all, with what it is from in *which: VFU_CAPTURED_MESSAGE or _EVENT, _END, _STOPPED. Of several, the
 * event has the file's name, and connections are numbered over all of them, in the order in which they come. As with
 * vfu_capreader_next.
 */
enum vfu_captured cli_inputs_next(struct cli_inputs *in, struct vfu_event *event, size_t *which);
/* The same of one only, as it is in there. */
enum vfu_captured cli_inputs_next_of(struct cli_inputs *in, size_t which, struct vfu_event *event);
/* What it is read by, if it is one file and no ring's; NULL otherwise. */
struct vfu_capreader *cli_inputs_only(const struct cli_inputs *in);
/* How many bytes of the files were read, of how many they have (0: not known). */
void cli_inputs_progress(const struct cli_inputs *in, uint64_t *read, uint64_t *size);
/* Why the last one that is damaged can't be read on, as it was said; empty: none is. */
const char *cli_inputs_damage(const struct cli_inputs *in);
/* The files, one by one; NULL: there are no more. */
const char *cli_inputs_path(const struct cli_inputs *in, size_t i);
/* Is that path, or "-", standard output, a regular file that is read here? */
bool cli_inputs_has(const struct cli_inputs *in, const char *path);
/* Nothing more is to be read: close the files, and say what could not be read of them. CLI_FAILED if any was damaged. */
enum cli_status cli_inputs_end(struct cli_inputs *in);
/* Free, with the names. NULL is fine. */
void cli_inputs_free(struct cli_inputs *in);

#endif
