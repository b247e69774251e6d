#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# witness.py ROOT: prints a C file in which every struct of ROOT's headers is passed by value, every
# enum by value, and every table of an extension too: what abidiff does not reach from an exported
# function it does not see. tests/cli/abi_gate.sh compiles it.
import re
import sys

HEADERS = ("hmx_events.h", "hmx_abi.h", "hmx_tuning.h", "hmx_metrics.h")
structs, enums = [], []
for header in HEADERS:
    text = re.sub(r"/\*.*?\*/", "", open(sys.argv[1] + "/abi/" + header, encoding="utf-8").read(),
                  flags=re.S)
    structs += re.findall(r"^(?:typedef )?struct (hmx_\w+) \{", text, flags=re.M)
    enums += re.findall(r"^enum (hmx_\w+) \{", text, flags=re.M)
assert len(structs) > 25 and len(enums) > 15, "the headers are not what they were"
for header in HEADERS:
    print('#include "abi/%s"' % header)
for name in structs:
    print("void witness_%s(struct %s value);\nvoid witness_%s(struct %s value)\n{\n    (void)value;\n}"
          % (name, name, name, name))
for name in enums:
    print("void witness_%s(enum %s value);\nvoid witness_%s(enum %s value)\n{\n    (void)value;\n}"
          % (name, name, name, name))
