/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check: what must hold whatever a host or an operator does: sums that are kept in two ways, an
 * order of things, an index inside its array. What the outside can get wrong is refused with a
 * status instead; here only the plugin itself can be wrong.
 *
 * In tests a promise that is broken aborts. In the shared object that people run it raises the
 * instance's alarm: the hook under way and all later ones answer HMX_E_FATAL (adapter.h), and the
 * host goes on without the plugin instead of with one that has lost count. Each promise is checked
 * where it is made and where it is relied on.
 */
#ifndef PLUGIN_BASE_CHECK_H
#define PLUGIN_BASE_CHECK_H

/* Of one instance. All zero: everything holds. */
typedef struct hm_alarm {
    const char *where; /* the first promise that was broken; NULL = none. Static texts. */
    const char *what;
} hm_alarm;

/* alarm: NULL in tests of single modules. Returns 0. */
int hm_alarm_raise(hm_alarm *alarm, const char *where, const char *what);

/* 1 when `condition` holds; else the alarm is raised, and the caller gets out by a safe way. */
#define HM_HOLDS(alarm, condition)                                                                 \
    (__builtin_expect(!!(condition), 1) || hm_alarm_raise((alarm), __func__, #condition))

/* The same where going on does no harm until the hook ends. */
#define HM_MUST(alarm, condition) ((void)HM_HOLDS(alarm, condition))

#endif
