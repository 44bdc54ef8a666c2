/* SPDX-License-Identifier: MIT */
#ifndef SIGNAL_H
#define SIGNAL_H

enum { SIGILL = 4, SIGTRAP, SIGABRT, SIGBUS = 10, SIGFPE, SIGSEGV, SIGSYS };
enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };
typedef unsigned sigset_t;

int sigfillset(sigset_t *set);
int sigdelset(sigset_t *set, int number);
int pthread_sigmask(int how, const sigset_t *set, sigset_t *before);

#endif
