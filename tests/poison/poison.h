/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * poison.h: the channel about which poisoned.so loses count. */
#ifndef TESTS_POISON_POISON_H
#define TESTS_POISON_POISON_H

#define POISONED_CHANNEL 666u

#endif
