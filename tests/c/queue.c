/*
 * A sink's queue that is full: what is left out is counted, messages and what is none apart, in the sink and at the end.
 */
#include "capture/queue.h"
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

enum { LARGE = 256 << 10 };

/* A sink that takes nothing until it may. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    uint64_t messages, interrupts;
    struct vfu_left_out told;
} sink = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static bool take(void *context, const struct vfu_event *e)
{
    (void)context;
    pthread_mutex_lock(&sink.lock);
    while (!sink.open)
        pthread_cond_wait(&sink.changed, &sink.lock);
    pthread_mutex_unlock(&sink.lock);
    sink.messages += e->kind == VFU_EVENT_MESSAGE;
    sink.interrupts += e->kind == VFU_EVENT_INTERRUPT;
    if (e->kind == VFU_EVENT_DROPPED) {
        sink.told.messages += e->dropped.messages;
        sink.told.events += e->dropped.events;
    }
    return true;
}

static bool flush(void *context)
{
    (void)context;
    return true;
}

static void let_go(void)
{
    pthread_mutex_lock(&sink.lock);
    sink.open = true;
    pthread_cond_signal(&sink.changed);
    pthread_mutex_unlock(&sink.lock);
}

int main(void)
{
    const struct vfu_sink as = { .event = take, .flush = flush };
    struct vfu_queue *q = vfu_queue_new(&as, 0, false, NULL);
    uint8_t *bytes = calloc(1, LARGE);
    const struct vfu_event message = { .message = { .conn = 1, .bytes = bytes, .captured = LARGE, .size = LARGE } };
    const struct vfu_event interrupt = { .kind = VFU_EVENT_INTERRUPT, .conn = 1 };
    const struct vfu_event lost_before = { .kind = VFU_EVENT_DROPPED, .dropped = { 10, 20 } };
    uint64_t messages = 0, interrupts = 0;
    struct vfu_left_out lost;

    test_case("a full queue counts messages, and what is none, apart");
    if (!CHECK(q && bytes))
        return test_end();
    while (vfu_queue_push(q, &message))
        messages++;
    while (vfu_queue_push(q, &interrupt)) /* what room is left takes some of them */
        interrupts++;
    CHECK(messages > 100);
    CHECK(!vfu_queue_push(q, &message));
    CHECK(!vfu_queue_push(q, &interrupt));
    CHECK(!vfu_queue_push(q, &interrupt));
    CHECK(!vfu_queue_push(q, &lost_before)); /* what it says is lost stays so */
    let_go();
    lost = vfu_queue_close(q);
    CHECK_EQ(sink.messages, messages);
    CHECK_EQ(sink.interrupts, interrupts);
    CHECK_EQ(lost.messages, 2 + 10);
    CHECK_EQ(lost.events, 3 + 20);

    test_case("the sink is told the same");
    CHECK_EQ(sink.told.messages, lost.messages);
    CHECK_EQ(sink.told.events, lost.events);
    free(bytes);
    return test_end();
}
