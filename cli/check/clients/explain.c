/*
 * vfuscope check --client: what `explain` says of the cases: what is due, and what a client is to do about it. What is done is the
 * row's own text.
 */
#include "cli/check/clients/inside.h"

static const struct vfu_explanation dues[] = {
    [DUE_GO_ON] = {
        .means = "The server is right: the specification lets it do so, and others do. The client is to go on as it does where nothing "
                 "of that happens. It fails if it gives up, hangs, crashes, or sends what is no message.",
        .todo = "Take what the server says as the specification has it: look up what a reply may hold, how it may come and what may "
                "be missing in it, and go on.",
    },
    [DUE_SURVIVE] = {
        .means = "The server is wrong, or does what nobody has to live with. The client may go on, or give up in good order: say "
                 "why, and close the connection. It fails if it hangs, crashes, or sends what is no message.",
        .todo = "Check what came before it is used: its size, its counts and offsets, its id, how many descriptors there are. What "
                "can't be used is an error of this device, and no reason to fall over.",
    },
    [DUE_AGAIN] = {
        .means = "The full answer did not fit into the argsz that the client had sent: the reply is cut, and its argsz says how "
                 "much room it needs. The client is to ask the same again with that. It fails if it goes on with what it has.",
        .todo = "Compare the argsz of the reply with that of the request, and if it is larger, send the same command again with it.",
    },
    [DUE_ANSWER] = {
        .means = "The server asks for the client's memory by a message, which it may do at any time, also while the client waits for "
                 "a reply of its own. The client is to answer with all that was asked for. An error is only fine as long as the "
                 "device may not do DMA, since bus mastering is off.",
        .todo = "Wherever replies are read, look for commands of the server's, and answer them from what is mapped at these "
                "addresses, over the ends of mappings too.",
    },
    [DUE_REFUSAL] = {
        .means = "The server asks for memory that it was not given, or not for that. The client is to answer by an error reply. It "
                 "fails if it answers with data, or writes what it was sent, or does not answer at all.",
        .todo = "Look up the address and the size in what is mapped now, with its readable and writeable flags, before anything is "
                "copied.",
    },
};

const struct vfu_explanation *client_explanation(const struct client_case *c)
{
    return &dues[c->due];
}
