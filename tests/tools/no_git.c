/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * no_git: stands before the system's libgit2 for every Criterion binary. Criterion links it to show
 * differences; with it come thirteen libraries, and all certificates of the system are read, once
 * for the binary and once for each of its tests, each being a process: half of a short test's time.
 * Nobody here asks for a difference (cr_assert(eq(...))); who does is told that there is none. */

#define EXPORT __attribute__((visibility("default")))

EXPORT int git_libgit2_init(void);
EXPORT int git_libgit2_shutdown(void);
EXPORT int git_diff_buffers(void);

int git_libgit2_init(void)
{
    return 1; /* initialised once */
}

int git_libgit2_shutdown(void)
{
    return 0;
}

int git_diff_buffers(void)
{
    return -1;
}
