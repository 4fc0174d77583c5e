/* lua-kernel install: the kernelspec, by which front-ends find this program. */
#ifndef JUPYTER_KERNELSPEC_H
#define JUPYTER_KERNELSPEC_H

/* The arguments are those after the word install. Says what was done, or on stderr why not;
   returns the process's exit code. */
int kernelspec_install(int count, char **arguments);

#endif
