#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The dashboard and the alert rules: every metric that they name is one of the plugin's, the rules
# are some (promtool), and the real Prometheus, which scrapes a real proxy for some seconds, answers
# each query of the dashboard with data. Without Prometheus only the names are compared.
. "$(dirname "$0")/../tools/checks.sh"

trap end_processes EXIT
cd "$SCRATCH"
dashboard=$SOURCE/host_stub/grafana/hashmux.json
rules=$SOURCE/host_stub/grafana/alerts.yml

names() { # FILE METRICS: are all of FILE there?
    grep -o 'hashmux_[a-z_]*' "$1" | sort -u >named
    sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$2" | sort >told
    comm -23 named told
}
"$HOST_STUB" simulate --quiet --scenario nine --hours 0.1 --metrics metrics
for file in "$dashboard" "$rules"; do
    unknown=$(names "$file" metrics)
    [ -z "$unknown" ] || fail "$file names what the plugin does not tell: $unknown"
done
sed 's/hashmux_channels/hashmux_chanels/' "$rules" >planted
[ -n "$(names planted metrics)" ] || fail "a wrong name is not noticed"

if ! command -v prometheus promtool >/dev/null; then
    echo "PROMETHEUS IS NOT HERE: the rules and queries were not tried, only their names compared"
    exit 0
fi
promtool check rules "$rules" >said 2>&1 || fail "$(cat said)"

# Two pools, a proxy, miners; a minute of it in some seconds.
cat >farm.ini <<INI
[controller]
evaluation_interval_secs = 1
min_reassignment_interval_secs = 1
measurement_window_secs = 10
[upstream.a]
address = 127.0.0.1
port = 1
percentage = 60
priority = 1
[upstream.b]
address = 127.0.0.1
port = 2
percentage = 40
priority = 2
INI
for name in a b; do
    "$HOST_STUB" pool --name "$name" --prefix "$name$name" --shares-per-minute 240 >"$name.out" 2>&1 </dev/null &
    PIDS+=($!)
    wait_for "$name.out" '^listening '
done
address() { sed -n 's/^listening //p' "$1"; }
"$HOST_STUB" proxy --config farm.ini --pool "a=$(address a.out)" --pool "b=$(address b.out)" --plain a --plain b \
    --http 127.0.0.1:0 >proxy.out 2>&1 </dev/null &
PIDS+=($!)
wait_for proxy.out 'pool b is up'
"$HOST_STUB" miner --connect "$(address proxy.out)" --kind mixed --count 6 --rate 2000 --seconds 120 >miner.out 2>&1 </dev/null &
PIDS+=($!)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >prometheus.yml <<YML
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$rules]
scrape_configs:
  - job_name: hashmux
    static_configs: [{targets: ["$(sed -n 's,.*monitoring at http://\([^/]*\)/.*,\1,p' proxy.out)"]}]
YML
prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address="127.0.0.1:$port" >prometheus.out 2>&1 </dev/null &
PIDS+=($!)
python3 - "$dashboard" "http://127.0.0.1:$port" <<'PY' || fail "$(tail -3 prometheus.out)"
import json, sys, time, urllib.parse, urllib.request
board = json.load(open(sys.argv[1]))
def ask(path):
    return json.load(urllib.request.urlopen(sys.argv[2] + path, timeout=10))["data"]
def series(expr):
    return ask("/api/v1/query?" + urllib.parse.urlencode({"query": expr}))["result"]
queries = [t["expr"].replace("$job", ".*").replace("$instance", ".*") for p in board["panels"] for t in p["targets"]]
end = time.time() + 60
while True:
    try:
        missing = [q for q in queries if not series(q)]
        rules = [r for g in ask("/api/v1/rules")["groups"] for r in g["rules"]]
        bad = [r["name"] for r in rules if r["health"] != "ok"]
        if not missing and not bad and rules:
            break
    except OSError as error:
        missing, bad = [str(error)], []
    if time.time() > end:
        sys.exit("no data for %s; bad rules %s" % (missing, bad))
    time.sleep(1)
pools = {s["metric"]["upstream"] for s in series("hashmux_upstream_actual_ratio")}
assert pools == {"a", "b"}, pools
print("%d queries have data, %d rules are in order" % (len(queries), len(rules)))
PY
