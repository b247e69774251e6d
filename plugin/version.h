/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * version.h: hashmux's own version, as its descriptor and its log say it. CMake reads it
 * here too.
 */
#ifndef PLUGIN_VERSION_H
#define PLUGIN_VERSION_H

#define HM_VERSION "0.2.0"

#endif
