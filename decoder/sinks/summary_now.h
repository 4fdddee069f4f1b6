/*
 * What is the case now, at the end of the summary. now_ns: CLOCK_MONOTONIC of the last event, or of now.
 */
#ifndef VFU_DECODER_SINKS_SUMMARY_NOW_H
#define VFU_DECODER_SINKS_SUMMARY_NOW_H

#include "decoder/session/session.h"
#include "decoder/wire/writer.h"

/* The oldest commands that wait for their reply, and the DMA map in force; nothing where there is nothing. */
void vfu_summary_now_text(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w);
/* The members "waiting" and "dma_map". */
void vfu_summary_now_json(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w);

#endif
