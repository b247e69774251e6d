#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# grow.py ROOT: makes the headers of ROOT/abi those of a later minor version, in place: a field at
# the end of every struct that has a size, a hook at the end of every table of functions, a value in
# every enum, a flag, MINOR + 1; and hmx_layout.def as it follows from them. What is compiled there
# must work with what is compiled here, both ways (tests/cli/abi_crossed.sh).
import re
import sys

ROOT = sys.argv[1] + "/abi/"
HEADERS = ("hmx_events.h", "hmx_abi.h", "hmx_tuning.h", "hmx_metrics.h")
FROZEN = {"hmx_view", "hmx_event", "hmx_tally"}
TABLES = {"hmx_ops", "hmx_host", "hmx_tuning_v1", "hmx_metrics_v1"}


def grow(text):
    def end_of(match):
        name, body = match.group(2), match.group(3)
        if name in FROZEN:
            return match.group(0)
        tail = "    hmx_status (*grown_hook)(void *);\n" if name in TABLES else ""
        return match.group(1) + body + tail + "    uint64_t grown_field;\n" + match.group(4)

    text = re.sub(r"(^(?:typedef )?struct (hmx_\w+) \{\n)(.*?)(^\})", end_of, text,
                  flags=re.S | re.M)

    def more_values(match):
        values = [int(v, 0) for v in re.findall(r"= (-?\w+)", match.group(2)) if v[-1].isdigit()]
        flags = re.search(r"= 0x", match.group(2)) is not None
        new = max(values) * 2 if flags else max(values) + 1
        if "status" in match.group(1):
            new = 1
        name = match.group(1).upper()
        return "enum %s {%s,\n    GROWN_%s = %d\n};" % (match.group(1), match.group(2).rstrip(),
                                                       name, new)

    text = re.sub(r"enum (hmx_\w+) \{(.*?)\};", more_values, text, flags=re.S)
    return re.sub(r"(#define HMX_ABI_MINOR\s+)0u", r"\g<1>1u", text)


SIZES = {"uint32_t": 4, "uint64_t": 8, "uint8_t": 1, "char": 1, "double": 8, "hmx_status": 4}
NUMBERS = {"HMX_ID_SIZE": 40, "HMX_ADDRESS_SIZE": 256, "HMX_IDENTITY_SIZE": 256}
ARRAYS = {("uint8_t", 32): "hmx_layout_bytes32", ("char", 40): "hmx_layout_chars40",
          ("char", 256): "hmx_layout_chars256"}


def layout_of(text, sizes):
    """The entries of hmx_layout.def for the structs of one header."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    lines = []
    for name, body in re.findall(r"^(?:typedef )?struct (hmx_\w+) \{(.*?)^\}", text,
                                 flags=re.S | re.M):
        offset, rows = 0, []
        for field in (" ".join(f.split()) for f in body.split(";")):
            hook = re.match(r".*?\(\*(\w+)\)\(.*\)$", field)
            plain = re.match(r"(.*?)(\**)(\w+)(?:\[(\w+)\])?$", field)
            if hook:
                rows.append("HMX_HOOK(%s, %s, %d)" % (name, hook.group(1), offset))
                offset += 8
            elif field:
                kind, stars, label, array = plain.groups()
                kind = kind.strip()
                size, shown = (8, kind + " " + stars) if stars else (sizes[kind], kind)
                if array:
                    count = NUMBERS.get(array) or int(array)
                    size, shown = size * count, ARRAYS[kind, count]
                rows.append("HMX_FIELD(%s, %s, %s, %d)" % (name, label, shown, offset))
                offset += size
        sizes[name] = offset
        lines += ["HMX_STRUCT(%s, %d, 8)" % (name, offset)] + rows
    return lines


layout = open(ROOT + "hmx_layout.def", encoding="utf-8").read()
begin, end = layout.index("/* ---- hmx_events.h"), layout.index("#undef HMX_STRUCT")
constants = re.findall(r"HMX_(?:CONSTANT|TEXT)\([^)]*\)", layout[begin:end])
entries = [c.replace("HMX_ABI_MINOR, 0", "HMX_ABI_MINOR, 1") for c in constants]
sizes = dict(SIZES)
for header in HEADERS:
    path = ROOT + header
    text = open(path, encoding="utf-8").read()
    grown = grow(text)
    assert grown != text, header
    open(path, "w", encoding="utf-8").write(grown)
    entries += layout_of(grown, sizes)
open(ROOT + "hmx_layout.def", "w", encoding="utf-8").write(
    layout[:begin] + "/* grown */\n" + "\n".join(entries) + "\n\n" + layout[end:])
