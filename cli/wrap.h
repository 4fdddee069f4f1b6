/*
 * Text for people, wrapped at words: to 80 columns, or to a narrower terminal's.
 */
#ifndef VFU_CLI_WRAP_H
#define VFU_CLI_WRAP_H

#include <stddef.h>

/* How many columns a line of standard output may have. */
int cli_width(void);
/*
 * Print words to standard output, and end the line. So many columns of it are used already; further lines are indented. What is used
 * up to the indentation needs no blank before the first word.
 */
void cli_wrap(const char *text, int used, int indent);
/* How many bytes of the text, whole words, go into so many columns; one word at least. */
size_t cli_wrap_fits(const char *text, int columns);
/* A row of a list: a name, and what is said of it in the column `at`; below the name, if that is too long. */
void cli_put_row(const char *name, int at, const char *text);

#endif
