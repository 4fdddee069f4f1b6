/*
 * Requirements of connections, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_clients[] = {
    { "split",
      { .means = "A command arrives in five pieces, with a short time between them, and is answered as one. The "
                 "socket is a stream: how many bytes one read brings is not told by how they were written.",
        .who = "libvfio-user reads the header with one call and gives up if that is short, so clients send each "
               "message with one sendmsg. This is only suspicious.",
        .todo = "Read until all 16 bytes of the header are there, then until the message is." } },
    { "glued",
      { .means = "Two commands arrive in one piece, and both are answered. The socket is a stream, and clients don't "
                 "wait.",
        .todo = "Read 16 bytes, then what the size says, and no more; or keep what is left over for the next message." } },
    { "fds-unasked",
      { .means = "Sixteen descriptors come with a command that has none. The server may refuse it; it must not crash "
                 "or keep them, and serves the next client.",
        .todo = "Give recvmsg room for descriptors, and close those that are not used." } },
    { "second-client",
      { .means = "While a client is served another one connects and leaves again. The first one goes on as before. A "
                 "server that serves one client lets the other wait or refuses it.",
        .todo = "Don't give up the connection that is served when a new one comes. accept again only after the first "
                "has left, if one is all that you serve." } },
    { "disconnect-early",
      { .means = "Four clients connect and leave without a word. The next one is served.",
        .todo = "Take the end of the connection in the middle of negotiation for what it is, and go back to accept." } },
    { "disconnect-middle",
      { .means = "A client leaves when 20 bytes of its message were sent. The next one is served. A server that "
                 "waits for the rest, or takes it for an error of its own, does not.",
        .todo = "Treat the end of the stream inside a message like any other end." } },
    { "disconnect-busy",
      { .means = "A client sends sixteen commands and leaves without reading a reply. The next one is served. "
                 "Writing to a socket whose other end is closed raises SIGPIPE, which ends a process.",
        .todo = "Send with MSG_NOSIGNAL, or ignore SIGPIPE, and take EPIPE for the client's end." } },
    { "reconnect",
      { .means = "Ten clients come one after the other, and each is served. Descriptors or state that are kept of "
                 "those before show here at the latest.",
        .todo = "Go back to accept when a client has left, and release all that belonged to it. A server that is to "
                "end with its client is started anew with -- COMMAND." } },
    { NULL },
};
