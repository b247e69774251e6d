# SPDX-License-Identifier: MIT OR Apache-2.0
"""The pages of the project (*.md), as tests/cli/pages.sh checks them.

pages.py refresh ROOT         writes the pages that a program makes
pages.py check ROOT INSTEAD   what pages.sh says in its head; INSTEAD: its table of commands

Environment: BUILD, HOST_STUB, CC, SCRATCH as in tests/tools/checks.sh; FILES: the project's files.
"""
import concurrent.futures
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys

README_MOST = 220
PORTS = "2430"  # the ports of the pages begin so; the test takes free ones
ROOT = sys.argv[2]
BUILD, HOST_STUB, SCRATCH = (os.environ[name] for name in ("BUILD", "HOST_STUB", "SCRATCH"))
mistakes = []


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def output_of(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          encoding="utf-8", check=False)
    return done.stdout if done.returncode == 0 else ""


# ---- pages that a program makes ----

def scenarios():
    """(name, title, hours) of each scenario."""
    rows = []
    for name in sorted(os.listdir(os.path.join(ROOT, "tests/sim"))):
        if name.endswith(".ini"):
            text = read("tests/sim/" + name)
            title = re.search(r"^title *= *(.*)$", text, re.M)
            hours = re.search(r"^hours *= *(.*)$", text, re.M)
            rows.append((name[:-4], title.group(1).strip() if title else "",
                         hours.group(1).strip() if hours else "26"))
    return rows


def scenarios_page():
    lines = ["<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->",
             "<!-- Made from the files of this folder: tests/cli/pages.sh --refresh -->",
             "# The scenarios of the simulator",
             "",
             "Each is a file of this folder; its format is told in [FORMAT.md](FORMAT.md). "
             "`host_stub simulate --list` prints",
             "their names and titles. One of them, with a page of charts:",
             "",
             "```sh",
             "build/bin/host_stub simulate --scenario outage --report outage.html",
             "```",
             "",
             "| scenario | what happens | hours |",
             "|---|---|---|"]
    lines += ["| `%s` | %s | %s |" % row for row in scenarios()]
    return "\n".join(lines) + "\n"


def made_pages():
    return {"plugin/KEYS.md": output_of(os.path.join(BUILD, "tests/keys_page")),
            "tests/sim/SCENARIOS.md": scenarios_page()}


def check_made():
    for path, text in made_pages().items():
        if not text or not os.path.exists(os.path.join(ROOT, path)) or read(path) != text:
            mistakes.append("%s is not what the program makes: tests/cli/pages.sh --refresh" % path)
    printed = [" ".join(line.split()) for line in
               output_of(HOST_STUB, "simulate", "--list").splitlines()]
    for name, title, _ in scenarios():
        if " ".join((name + " " + title).split()) not in printed:
            mistakes.append("host_stub simulate --list does not print: %s %s" % (name, title))


# ---- the parts of a page ----

class Page:
    """text: lines outside of blocks. blocks: (line number, language, lines, the line before)."""

    def __init__(self, path):
        self.path = path
        self.text = []
        self.blocks = []
        self.headings = set()
        before, block = "", None
        for number, line in enumerate(read(path).split("\n"), 1):
            if line.startswith("```"):
                if block is None:
                    block = (number, line[3:].strip(), [], before)
                else:
                    self.blocks.append(block)
                    block = None
            elif block is not None:
                block[2].append(line)
            else:
                self.text.append((number, line))
                heading = re.match(r"#+ +(.*)$", line)
                if heading:  # as GitHub names it
                    words = re.sub(r"[^\w\- ]", "", heading.group(1).lower())
                    self.headings.add(words.replace(" ", "-"))
            before = line
        if block is not None:
            self.wrong(block[0], "the block is not closed")

    def wrong(self, number, what):
        mistakes.append("%s:%d: %s" % (self.path, number, what))


# ---- links, paths, quotations ----

def check_links(pages):
    linked = {"README.md"}
    for page in pages.values():
        whole = "\n".join(line for _, line in page.text)
        for target in re.findall(r"\]\(([^)\s]+)\)", whole):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            number = next((n for n, line in page.text if target in line), 0)
            full = os.path.normpath(os.path.join(os.path.dirname(page.path), path)) if path \
                else page.path
            if not os.path.exists(os.path.join(ROOT, full)):
                page.wrong(number, "a link leads nowhere: " + target)
            elif anchor and (full not in pages or anchor not in pages[full].headings):
                page.wrong(number, "there is no such heading: " + target)
            linked.add(full)
        for number, line in page.text:
            for span in re.findall(r"`([^`]+)`", line):
                check_span(page, number, span)
    for path in sorted(set(pages) - linked):
        mistakes.append("%s: no page leads here" % path)


def check_span(page, number, span):
    """What stands in backquotes: a path that must be there, a command that must be known."""
    if re.fullmatch(r"(abi|plugin|host_stub|tests|\.ci|build)/[\w./-]*", span):
        full = BUILD + span[5:] if span.startswith("build/") else os.path.join(ROOT, span)
        if not os.path.exists(full):
            page.wrong(number, "there is no " + span)
    if re.match(r"(build/bin/)?host_stub [a-z]", span):
        check_options(page, number, span)


helps = {}


def check_options(page, number, command):
    """Each --option of a command of host_stub stands in its help."""
    words = re.split(r"[ =]+", command)
    name = words[1:3] if words[1] == "bench" else words[1:2]
    key = " ".join(name)
    if key not in helps:
        helps[key] = output_of(HOST_STUB, *name, "--help")
    if not helps[key]:
        page.wrong(number, "host_stub has no command %s" % key)
    for word in words:
        if word.startswith("--") and word not in ("--help", "--version") and \
                not re.search(re.escape(word) + r"(?![\w-])", helps[key]):
            page.wrong(number, "%s: the help of host_stub %s does not have it" % (word, key))


def check_quotations(pages):
    quoted = set()
    for page in pages.values():
        whole = read(page.path)
        for path in re.findall(r"^<!-- begin (.*) -->$", whole, re.M):
            body = re.search(r"^<!-- begin %s -->\n```\w*\n(.*?)^```\n<!-- end %s -->$" %
                             (re.escape(path), re.escape(path)), whole, re.M | re.S)
            if not body or not os.path.exists(os.path.join(ROOT, path)) or \
                    body.group(1) != read(path):
                mistakes.append("%s does not quote %s as it is" % (page.path, path))
            quoted.add(path)
    if "tests/embed/embed.c" not in quoted:
        mistakes.append("no page quotes tests/embed/embed.c")


def check_named(pages):
    """The page of host_stub names each of its commands; pages name each folder of code."""
    commands = re.findall(r"^ *host_stub ([a-z][a-z0-9]*)", output_of(HOST_STUB, "--help"), re.M)
    page = pages.get("host_stub/README.md")
    for name in commands if page else []:
        if not re.search(r"`host_stub %s\b" % name, read(page.path)):
            mistakes.append("%s does not name the command %s" % (page.path, name))
    whole = "\n".join(read(path) for path in pages)
    for folder in sorted({os.path.dirname(path) for path in FILES if path.endswith(".c")}):
        if folder.startswith("tests/"):  # below, they mirror the others
            folder = "/".join(folder.split("/")[:2])
        if "`%s`" % folder not in whole and "`%s/`" % folder not in whole:
            mistakes.append("no page names the folder " + folder)


def check_log(pages):
    """Each line of a log that the page of the operator explains is one that a program prints."""
    page = pages.get("host_stub/OPERATING.md")
    table = re.search(r"^## The log\n(.*?)^## ", read(page.path), re.M | re.S) if page else None
    sources = "".join(read(path) for path in FILES if re.match(r"(plugin|host_stub)/.*\.c$", path))
    sources = re.sub(r'"\s*\n\s*"', "", sources)
    for row in re.findall(r"^\| (`.*?) \| ", table.group(1) if table else "", re.M):
        for line in re.findall(r"`(?:plugin: )?([^`]+)`", row):
            for part in re.split(r"\.\.\.| a\b|\d+", line):  # a: the name of a pool
                if part.strip() not in sources:
                    mistakes.append("%s: no program prints '%s'" % (page.path, part.strip()))


# ---- commands ----

def read_table(path):
    """Command -> ("instead", command) or ("elsewhere", "FILE: TEXT")."""
    table, command = {}, None
    for line in open(path, encoding="utf-8").read().split("\n"):
        if line.startswith("    "):
            kind, _, value = line.strip().partition(" ")
            table[command] = (kind, value)
        elif line.strip():
            command = line
    for command, (kind, value) in table.items():
        if kind == "elsewhere":
            file, _, text = value.partition(": ")
            if not os.path.exists(os.path.join(ROOT, file)) or text not in read(file):
                mistakes.append("'%s' is said to be run by %s, which has no '%s'" %
                                (command, file, text))
    return table


def free_ports():
    """The beginning of ten ports in a row of which nobody uses the first five."""
    for tens in range(2100 + os.getpid() % 900, 3276):
        try:
            for last in range(5):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", tens * 10 + last))
            return str(tens)
        except OSError:
            continue
    return PORTS


def script_of(page, table, used):
    """The blocks of commands of a page as one script; block N prints into the file N.out."""
    script = ["set -euo pipefail"]
    for index, (number, language, lines, before) in enumerate(page.blocks):
        if language != "sh":
            for line in lines:
                if re.match(r"(\$ |\./|build/bin/|host_stub \w|cmake )", line):
                    page.wrong(number, "commands stand in a block of ```sh: " + line)
            continue
        script.append("exec >%d.out" % index)
        for line in lines:
            command = re.sub(r"\s{2,}#.*$", "", line)
            kind, value = table.get(command, ("run", command))
            used.add(command)
            if re.match(r"build/bin/host_stub [a-z]", command):
                check_options(page, number, command.split(" >")[0].rstrip(" &"))
            if kind != "elsewhere":
                script.append(re.sub(r"\b%s(\d)\b" % PORTS, free_ports_begin + r"\1", value))
    return "\n".join(script) + "\n"


def run_page(page, script):
    """Runs the commands of a page in a copy of the project."""
    folder = os.path.join(SCRATCH, "run-" + page.path.replace("/", "-"))
    for path in FILES:
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        shutil.copy(os.path.join(ROOT, path), os.path.join(folder, path))
    os.symlink(BUILD, os.path.join(folder, "build"))
    with open(os.path.join(folder, "script"), "w", encoding="utf-8") as file:
        file.write(script)
    errors = open(os.path.join(folder, "errors"), "w", encoding="utf-8")
    trace = open(os.path.join(folder, "trace"), "w", encoding="utf-8")
    environment = dict(os.environ, SOURCE=folder, BASH_XTRACEFD=str(trace.fileno()))
    # BUILD and LIB stay: what is built is built once.
    child = subprocess.Popen(["bash", "-x", "script"], cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=errors, stderr=errors, env=environment,
                             start_new_session=True, pass_fds=[trace.fileno()])
    try:
        status = child.wait(timeout=300)
    except subprocess.TimeoutExpired:
        status = "nothing after 300 s"
    try:  # what still runs in the background
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if status != 0:
        last = open(trace.name, encoding="utf-8").read().rstrip().split("\n")[-1]
        mistakes.append("%s: a command ends with %s: %s\n%s" %
                        (page.path, status, last, tail(errors.name)))
        return
    for index, (number, _, lines, before) in enumerate(page.blocks):
        if before == "<!-- what it prints -->":
            printed = open(os.path.join(folder, "%d.out" % (index - 1)), encoding="utf-8").read()
            if printed.rstrip("\n") != "\n".join(lines).rstrip("\n"):
                page.wrong(number, "this is not what the command before prints:\n" + printed)


def tail(path):
    return "\n".join(open(path, encoding="utf-8", errors="replace").read().split("\n")[-12:])


def check_commands(pages, table):
    used, jobs = set(), []
    for page in pages.values():
        script = script_of(page, table, used)
        if "exec >" in script:
            jobs.append((page, script))
    for command in sorted(set(table) - used):
        mistakes.append("no page has this command any more: " + command)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(run_page, *job) for job in jobs]:
            done.result()
    return len(used)


FILES = os.environ["FILES"].split("\n")
free_ports_begin = free_ports()
if sys.argv[1] == "refresh":
    for made, content in made_pages().items():
        with open(os.path.join(ROOT, made), "w", encoding="utf-8") as target:
            target.write(content)
    sys.exit(0)
PAGES = {path: Page(path) for path in FILES if path.endswith(".md")}
if len(read("README.md").split("\n")) - 1 > README_MOST:
    mistakes.append("README.md has more than %d lines" % README_MOST)
check_made()
check_links(PAGES)
check_quotations(PAGES)
check_named(PAGES)
check_log(PAGES)
count = check_commands(PAGES, read_table(sys.argv[3]))
print("\n".join(mistakes) or "%d pages, %d commands: all hold" % (len(PAGES), count))
sys.exit(1 if mistakes else 0)
