#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The pages of simulate --report and bench control --report: well-formed, self-contained, with the
# numbers of the same run's JSON. Where a browser is installed they are also opened in it: no error
# on its console, no character without a glyph, nothing wider than a phone.
. "$(dirname "$0")/../tools/checks.sh"

# Every element is closed, in order; attributes are quoted.
well_formed() { # PAGE
    if command -v xmllint >/dev/null; then
        xmllint --noout --nonet "$1" || fail "$1 is not well-formed"
    elif command -v python3 >/dev/null; then
        python3 - "$1" <<'PYTHON' || fail "$1 is not well-formed"
import html.parser, sys
class Checker(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []
    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
    def handle_startendtag(self, tag, attributes):
        pass
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            sys.exit("</%s> at line %d closes nothing" % (tag, self.getpos()[0]))
checker = Checker()
checker.feed(open(sys.argv[1], encoding="utf-8").read())
if checker.open:
    sys.exit("left open: %s" % checker.open)
PYTHON
    else
        echo "neither xmllint nor python3 is here: well-formedness is not checked"
    fi
}

# Nothing that a browser would fetch or run.
self_contained() { # PAGE
    ! grep -noiE 'https?:|src *=|<(script|link|iframe|object|embed|img|base)\b|@import|url\(|\bon[a-z]+ *=' \
        "$1" || fail "$1 is not self-contained"
}

has() { # PAGE TEXT
    grep -qF -- "$2" "$SCRATCH/$1" || fail "$1 does not have: $2"
}

# A number of the JSON line; with digits, rounded to so many.
json_number() { # FILE KEY [DIGITS]
    local value
    value=$(sed -n "s/.*\"$2\":\(-\{0,1\}[0-9][0-9.]*\).*/\1/p" "$SCRATCH/$1")
    [ -n "$value" ] || fail "no $2 in $1"
    if [ $# -eq 3 ]; then
        value=$(LC_ALL=C awk -v v="$value" -v d="$3" 'BEGIN { printf "%.*f", d, v }')
    fi
    printf '%s\n' "$value"
}

simulate() { # NAME ARGUMENT...
    local name=$1
    shift
    "$HOST_STUB" simulate "$@" --quiet --json "$SCRATCH/$name.json" --report "$SCRATCH/$name.html" ||
        fail "simulate $* ends with $?"
    well_formed "$SCRATCH/$name.html"
    self_contained "$SCRATCH/$name.html"
}

# ---- a run: what the page says is what the JSON says ----
simulate outage --scenario outage --seed 7
has outage.html '<h1>outage</h1>'
has outage.html "host_stub simulate --scenario outage --seed 7 --quiet"
error=$(sed -n 's/.*"error_pp":{[^}]*"24h":\([0-9.]*\)}.*/\1/p' "$SCRATCH/outage.json")
has outage.html "<b>$(LC_ALL=C awk -v v="$error" 'BEGIN { printf "%.3f", v }')</b> <span>points"
has outage.html "<b>$(json_number outage.json moves_per_channel_day 3)</b> <span>a day"
has outage.html "<b>$(json_number outage.json moves)</b> moves were made"
has outage.html "<b>$(json_number outage.json guard_violations)</b> <span>violations"
for pool in a b c; do
    row=$(grep -oE "\{\"id\":\"$pool\"[^}]*\}" "$SCRATCH/outage.json")
    for key in effective_pct delivered_pct; do
        value=$(printf '%s' "$row" | sed "s/.*\"$key\":\([0-9.]*\).*/\1/")
        value=$(LC_ALL=C awk -v v="$value" 'BEGIN { printf "%.3f", v }')
        grep -E "</i>$pool</th>" "$SCRATCH/outage.html" | grep -F ">$value</td>" >/dev/null ||
            fail "pool $pool: no $key $value in its row"
    done
done
has outage.html 'pool a down, for 20&#160;min'
has outage.html 'luck floor'
cp "$SCRATCH/outage.html" "$SCRATCH/first.html"
simulate outage --scenario outage --seed 7
cmp -s "$SCRATCH/first.html" "$SCRATCH/outage.html" || fail "the same run gives another page"
"$HOST_STUB" simulate --scenario outage --seed 7 --quiet --json "$SCRATCH/plain.json"
cmp -s "$SCRATCH/plain.json" "$SCRATCH/outage.json" || fail "--report changes the run"

simulate targetchange --scenario targetchange --seed 1
simulate churn674 --scenario churn674 --seed 1 --hours 6
simulate solo1 --scenario solo1 --seed 1
simulate flap --scenario flap --seed 1 --hours 8
simulate short --scenario example --hours 0.02
has short.html 'the run is too short'

# ---- the benchmark ----
"$HOST_STUB" bench control --seeds 2 --hours 4 --scenarios nine,outage --plugins hashmux,static \
    --presets balanced --quiet --json "$SCRATCH/bench.json" --report "$SCRATCH/bench.html" ||
    fail "bench control ends with $?"
well_formed "$SCRATCH/bench.html"
self_contained "$SCRATCH/bench.html"
has bench.html 'hashmux balanced'
has bench.html 'host_stub bench control --seeds 1,2 --scenarios nine,outage'
mean=$(sed -n '/"scenario":"nine"/{/"preset":"balanced"/s/.*"error_pp":{[^}]*"1h":\([0-9.]*\).*/\1/p}' \
    "$SCRATCH/bench.json" | LC_ALL=C awk '{ s += $1; n++ } END { if (n == 2) printf "%.3f", s / 2 }')
[ -n "$mean" ] || fail "bench's JSON has no two balanced runs of nine"
has bench.html "<b>$mean</b>"

# ---- refusals: sentences, nothing half-written ----
refused() { # SENTENCE FILE
    local status=0
    "$HOST_STUB" simulate --scenario nine --hours 0.1 --report "$2" >"$SCRATCH/out" 2>"$SCRATCH/err" ||
        status=$?
    [ "$status" -eq 2 ] || fail "--report $2 ends with $status, not 2"
    grep -qF -- "$1" "$SCRATCH/err" || fail "--report $2: no '$1' in $(cat "$SCRATCH/err")"
    [ ! -s "$SCRATCH/out" ] || fail "--report $2 is refused after the run, not before"
}
refused 'No such file or directory' "$SCRATCH/no/page.html"
refused 'is a folder' "$SCRATCH"
[ -c /dev/null ] || fail "/dev/null is gone"
[ -z "$(find "$SCRATCH" -name '*.html.*')" ] || fail "a temporary file is left"

# ---- in a browser ----
browser=$(first_command chromium chromium-browser google-chrome)
if [ -z "$browser" ]; then
    echo "report: pages are right; no browser is here, so they were not rendered"
    exit 0
fi

# Opens a file; its console goes to $SCRATCH/console, its document as it is at last to $SCRATCH/dom.
open_page() { # FILE WIDTH
    rm -rf "$SCRATCH/profile"
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --disable-dev-shm-usage --allow-file-access-from-files --enable-logging=stderr \
        --user-data-dir="$SCRATCH/profile" --window-size="$2,1000" --virtual-time-budget=5000 \
        --dump-dom "file://$1" >"$SCRATCH/dom" 2>"$SCRATCH/err" || fail "$browser ends with $?"
    grep -F 'CONSOLE' "$SCRATCH/err" >"$SCRATCH/console" || :
}

# A page that has no script cannot judge itself: one around it does. It shows the page in a frame as
# wide as a phone or a desk, and tells in its title what is wrong: elements beyond the frame,
# numbers of a chart that its edge cuts, characters that are drawn like one that no font has.
judge() { # PAGE WIDTH
    cat >"$SCRATCH/judge.html" <<HTML
<!DOCTYPE html><html><head><title>not judged</title></head><body>
<iframe id="frame" width="$2" height="900" style="border:0" src="file://$1"></iframe><script>
document.getElementById('frame').onload = function () {
    var page = this.contentDocument, width = this.contentWindow.innerWidth, wrong = [];
    page.querySelectorAll('details').forEach(function (d) { d.open = true; });
    page.querySelectorAll('body *').forEach(function (e) {
        if (!e.closest('.scroll') && e.getBoundingClientRect().right > width + 1)
            wrong.push('beyond the edge: ' + e.tagName + ' ' + (e.textContent || '').slice(0, 40));
    });
    page.querySelectorAll('svg text').forEach(function (e) {
        var t = e.getBoundingClientRect(), s = e.ownerSVGElement.getBoundingClientRect();
        if (t.width && (t.left < s.left - 1 || t.right > s.right + 1 || t.bottom > s.bottom + 1))
            wrong.push('cut: ' + e.textContent);
    });
    if (page.documentElement.scrollWidth > width) wrong.push('scrolls sideways');
    var canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
    canvas.width = canvas.height = 40;
    function drawn(c) {
        pen.clearRect(0, 0, 40, 40);
        pen.font = '24px ' + getComputedStyle(page.body).fontFamily;
        pen.fillText(c, 4, 30);
        return canvas.toDataURL();
    }
    var none = drawn('\u0378');
    if (drawn('a') === none) { document.title = 'no fonts'; return; }
    new Set(page.body.textContent.replace(/\s/g, '')).forEach(function (c) {
        if (drawn(c) === none) wrong.push('no glyph: U+' + c.codePointAt(0).toString(16));
    });
    document.title = wrong.length ? wrong.slice(0, 5).join('; ') : 'all is well';
};
</script></body></html>
HTML
    open_page "$SCRATCH/judge.html" 1500
    sed -n 's/.*<title>\([^<]*\)<.*/\1/p' "$SCRATCH/dom"
}

# First that the browser tells of what is wrong at all.
printf '<!DOCTYPE html><html><body><script>nowhere();</script>\n' >"$SCRATCH/bad.html"
open_page "$SCRATCH/bad.html" 1400
[ -s "$SCRATCH/console" ] || fail "$browser says nothing of a script error: it cannot judge"
printf '<!DOCTYPE html><html><body><p style="width:600px">wide</p></body></html>\n' >"$SCRATCH/bad.html"
case "$(judge "$SCRATCH/bad.html" 390)" in
*'scrolls sideways'*) ;;
'no fonts')
    echo "report: pages are right; the browser has no fonts, so they were not rendered"
    exit 0
    ;;
*) fail "a page that is too wide is not noticed" ;;
esac
printf '<!DOCTYPE html><html><body><p>&#x378;</p></body></html>\n' >"$SCRATCH/bad.html"
case "$(judge "$SCRATCH/bad.html" 390)" in
*'no glyph: U+378'*) ;;
*) fail "a missing glyph is not noticed" ;;
esac

for page in outage targetchange churn674 solo1 flap short bench; do
    open_page "$SCRATCH/$page.html" 1400
    [ ! -s "$SCRATCH/console" ] || fail "$page: $(cat "$SCRATCH/console")"
    grep -q '</html>' "$SCRATCH/dom" || fail "$page is not rendered"
    for width in 390 1400; do
        verdict=$(judge "$SCRATCH/$page.html" "$width")
        [ "$verdict" = 'all is well' ] || fail "$page, $width pixels wide: $verdict"
    done
done
echo "report: pages are right, and render in $browser without an error"
