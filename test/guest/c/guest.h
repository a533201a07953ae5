/*
 * What every test program includes: one line of output per thing seen, so that two runs can be compared.
 * Print nothing that differs from run to run: no process numbers, addresses, times, inode numbers.
 */
#ifndef GUEST_H
#define GUEST_H
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Name of an error number, "OK" for 0. */
#define ERROR_NAME(e) ((e) == 0 ? "OK" : strerrorname_np(e) ? strerrorname_np(e) : "?")

/* CALL(open("x", O_RDONLY)): prints `open("x", O_RDONLY): ok`, or the error's name. Value: the result. */
#define CALL(call)                                                                   \
  ({                                                                                 \
    errno = 0;                                                                       \
    long call_result = (long)(call);                                                 \
    int call_errno = errno;                                                          \
    printf("%s: %s\n", #call, call_result == -1 ? ERROR_NAME(call_errno) : "ok");    \
    fflush(stdout);                                                                  \
    errno = call_errno;                                                              \
    call_result;                                                                     \
  })

/* VALUE(read(fd, b, 9)): as CALL, with the number that came back. */
#define VALUE(call)                                                                  \
  ({                                                                                 \
    errno = 0;                                                                       \
    long call_result = (long)(call);                                                 \
    int call_errno = errno;                                                          \
    if (call_result == -1) printf("%s: %s\n", #call, ERROR_NAME(call_errno));        \
    else printf("%s: %ld\n", #call, call_result);                                    \
    fflush(stdout);                                                                  \
    errno = call_errno;                                                              \
    call_result;                                                                     \
  })

/* CHECK(a == b): prints `a == b: yes` or `no`. */
#define CHECK(condition)                                                             \
  do {                                                                               \
    printf("%s: %s\n", #condition, (condition) ? "yes" : "no");                      \
    fflush(stdout);                                                                  \
  } while (0)

/* A line of output, written at once: a fork must not find half a buffer. */
#define SAY(...)                                                                     \
  do {                                                                               \
    printf(__VA_ARGS__);                                                             \
    printf("\n");                                                                    \
    fflush(stdout);                                                                  \
  } while (0)

#endif
