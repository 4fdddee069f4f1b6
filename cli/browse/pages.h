/*
 * Inside cli/browse: what the screens of their own are filled with.
 */
#ifndef VFU_CLI_BROWSE_PAGES_H
#define VFU_CLI_BROWSE_PAGES_H

#include "cli/browse/inside.h"

/* known.c: what the session knew when the chosen item had come */
void browse_page_dma(struct browse *b, struct browse_lines *l);
void browse_page_waiting(struct browse *b, struct browse_lines *l);

/* irqs.c: what is known of interrupts then, vector by vector, and where each fired last */
void browse_page_irqs(struct browse *b, struct browse_lines *l);

/* told.c: what messages say, read again */
void browse_page_regions(struct browse *b, struct browse_lines *l);
/* Connections that begin and end, and who their sides look like. */
void browse_page_peers(struct browse *b, struct browse_lines *l);
/* What plugins say of an item. */
void browse_page_notes(struct browse *b, struct browse_lines *l, uint32_t item);

#endif
