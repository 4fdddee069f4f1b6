/* stub */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_dma[] = { { NULL } };
