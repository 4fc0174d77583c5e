/* Standard output and standard error become stream messages, in the order of writing.

   What this process writes through stdio (print, io.write, C's printf) comes straight from the
   stdout and stderr streams; what child processes and bare write() calls put on descriptors 1
   and 2 comes through two pipes. Text is collected for some milliseconds and sent as one
   message, cut only between characters. */
#ifndef JUPYTER_CAPTURE_H
#define JUPYTER_CAPTURE_H

#include "iopub.h"

struct capture;

/* Replaces stdout, stderr and descriptors 1 and 2: before Lua opens its io library. */
struct capture *capture_start(struct iopub *iopub, struct session *session);

/* The request (its header's text) that output belongs to from now on. */
void capture_set_parent(struct capture *capture, const char *parent);

/* Publishes all that was written so far. At a request's end half a character goes too. */
void capture_drain(struct capture *capture, bool at_end);

/* From now on the pipes are looked at before each write, since child processes write too. */
void capture_watch_children(struct capture *capture);

void capture_stop(struct capture *capture);

#endif
