/*
 * vfuscope check --client: nothing is done to the client; how it behaves then is what the cases are compared with.
 */
#include "cli/check/clients/inside.h"

const struct client_case client_plain[] = {
    { "plain", "Overview", "nothing: a right server, without surprises", .index = CLIENT_ANY, .due = DUE_SURVIVE },
    { 0 },
};
