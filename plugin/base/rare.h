/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * rare: for functions of a path that is taken millions of times, which are called once in a while:
 * kept out of it, so that the usual path stays short and straight.
 */
#ifndef PLUGIN_BASE_RARE_H
#define PLUGIN_BASE_RARE_H

#define HM_RARE __attribute__((noinline, cold))

#endif
