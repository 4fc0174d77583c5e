/* What one thread wakes another by: a descriptor to poll, readable from event_set to event_clear. */
#ifndef JUPYTER_EVENT_H
#define JUPYTER_EVENT_H

/* -1 where the system gives no descriptor. */
int event_new(void);

/* From any thread, and from a signal handler. */
void event_set(int event);
void event_clear(int event);

#endif
