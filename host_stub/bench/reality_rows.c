/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/reality.h"

/* As good as the reference, which is the same farm without the trouble. */
#define SAME_ERROR                                                                                 \
    {                                                                                              \
        HS_REALITY_ERROR_1H, 1.15, 0.01                                                            \
    }
#define SAME_MOVES                                                                                 \
    {                                                                                              \
        HS_REALITY_MOVES, 1.5, 0.05                                                                \
    }
#define AT_MOST(metric, limit)                                                                     \
    {                                                                                              \
        HS_REALITY_##metric, 0.0, limit                                                            \
    }
#define TIMES(metric, factor, plus)                                                                \
    {                                                                                              \
        HS_REALITY_##metric, factor, plus                                                          \
    }

#define AGGREGATED                                                                                 \
    "pool.a.aggregate=yes;pool.b.aggregate=yes;pool.c.aggregate=yes;"                              \
    "pool.a.upstream_share_rate=@;pool.b.upstream_share_rate=@;pool.c.upstream_share_rate=@;"
#define AT_ONCE       "pool.a.rejects_at_once=yes;pool.b.rejects_at_once=yes;pool.c.rejects_at_once=yes;"
#define ALL_ACCEPT_99 "pool.a.accept=99;pool.b.accept=99;pool.c.accept=99;"
#define HOMO          "farm.count=100;farm.mix=100:1;"
#define TWO_POOLS     "-pool.c;pool.a.target=@1;pool.b.target=@2;"
#define HALVES        "-pool.c;pool.a.target=50;pool.b.target=50;"
/* Two targets of 100 TH/s, and a farm of 210 that loses some for good. */
#define ABSOLUTE                                                                                   \
    "farm.list=42x5;-pool.c;pool.a.target=-;pool.b.target=-;pool.a.hashrate_ths=100;"              \
    "pool.b.hashrate_ths=100;event.drop.kind=derate;event.drop.at=6h;event.drop.miners_pct=100;"   \
    "event.drop.pct=@"
#define REJECTS_ALL                                                                                \
    "event.bad.kind=accept;event.bad.pools=b;event.bad.pct=0;event.bad.at=4h;event.bad.for=20h"
#define BLIP_A "event.blip.kind=down;event.blip.pools=a;event.blip.at=3h;event.blip.until=26h;"
#define BAN_B                                                                                      \
    "event.ban.kind=accept;event.ban.pools=b;event.ban.pct=0;event.ban.at=2h;event.ban.every=1h;"  \
    "event.ban.until=26h;"
#define RHYTHMS "1s 5s 29s 60s 125s 300s 600s 900s"
#define FROM_30 "30 32 34 36 38 40 42 44 46 48 50 52 54 56 58 60 62 64"
#define UP_TO_1 "100 98 96 94 92 90 88 86 84 82 80 78 76"
#define GREY_20 "failover.grey_reject_pct=20;"
#define GREY_40 "failover.grey_reject_pct=40;"
#define STALL                                                                                      \
    "event.t.kind=targets;event.t.at=6h;event.t.targets=a:40 b:45 c:15;"                           \
    "event.r.kind=refuse;event.r.pools=b c;event.r.at=6h;event.r.for=1h;event.r.pct=1;"
#define NEVER_TOLD                                                                                 \
    "scenario.warmup=10min;farm.liars_pct=2;farm.liars_mute=yes;farm.nominal_error_pct=0;"
#define COME_AND_GO "farm.joins_per_minute=1;farm.leaves_per_minute=1;"

/* clang-format off */
const hs_reality_row HS_REALITY_ROWS[] = {
    /* ---- A: truth of the delivered work ---- */
    {"A1 rhythm", "b acknowledges every @", .values = RHYTHMS,
     .set = "pool.b.ack_interval=@", .reference = "", .checks = {SAME_ERROR, SAME_MOVES}},
    {"A1 rhythm of all", "all acknowledge every @", .values = RHYTHMS,
     .set = "pool.a.ack_interval=@;pool.b.ack_interval=@;pool.c.ack_interval=@", .reference = "",
     .checks = {SAME_ERROR, SAME_MOVES}},
    {"A1 rhythms", "a each second, b every @, c every 15 minutes", .values = RHYTHMS,
     .set = "pool.a.ack_interval=1s;pool.b.ack_interval=@;pool.c.ack_interval=900s",
     .reference = "", .checks = {SAME_ERROR, SAME_MOVES}},
    {"A1 batch", "b acknowledges @ shares at a time", .values = "1 3 10 30 100",
     .set = "pool.b.ack_shares=@", .reference = "", .checks = {SAME_ERROR, SAME_MOVES}},
    {"A1 batch, channels", "b acknowledges @ shares of a channel at a time",
     .values = "1 3 10 30 100", .set = "pool.b.ack_shares=@;pool.b.ack_per_channel=yes",
     .reference = "", .checks = {SAME_ERROR, SAME_MOVES}},
    {"A1 miners", "@ miners; b every 10 minutes, c every 10 shares of a channel",
     .values = "1 2 3 5 9 20 60 200 400",
     .set = "farm.count=@;pool.b.ack_interval=600s;pool.c.ack_shares=10;pool.c.ack_per_channel=yes",
     .reference = "farm.count=@", .checks = {SAME_ERROR, SAME_MOVES}},
    {"A2", "99 per cent accepted, the rejections at once, the rest every @",
     .values = "1s 5s 29s 120s 600s",
     .set = "farm.count=400;" ALL_ACCEPT_99 AT_ONCE
            "pool.a.ack_interval=@;pool.b.ack_interval=@;pool.c.ack_interval=@",
     .reference = "farm.count=400;" ALL_ACCEPT_99, .checks = {SAME_ERROR, SAME_MOVES}},
    {"A3", "shares are stale for @ after each tip", .values = "1s 2s 5s 15s 60s",
     .set = AT_ONCE "pool.a.stale_time=@;pool.b.stale_time=@;pool.c.stale_time=@",
     .reference = AT_ONCE, .checks = {TIMES(ERROR_1H, 1.15, 0.06), SAME_MOVES}},
    {"A3 one pool", "only those of b: it does lose that work, and is not judged for it",
     .values = "1s 2s 5s 15s 60s", .set = AT_ONCE "pool.b.stale_time=@",
     .checks = {AT_MOST(ERROR_24H, 0.1), AT_MOST(MOVES, 5.0)}},
    {"A4", "aggregated upstream channels, on which @ shares a minute come",
     .values = "60 20 6 2 0.6", .set = AGGREGATED "controller.measure_on_accepted=true",
     .reference = "", .checks = {AT_MOST(ERROR_24H, 1.0), SAME_MOVES}},
    {"A4 submitted", "... measured on what was submitted and kept", .values = "60 20 6 2 0.6",
     .set = AGGREGATED "controller.measure_on_accepted=false",
     .reference = "controller.measure_on_accepted=false",
     .checks = {AT_MOST(ERROR_24H, 1.0), SAME_MOVES}},
    {"A4 proxy", "@ of 200 miners behind one channel", .values = "2 5 20 60 100",
     .set = "farm.proxy_devices=@", .checks = {AT_MOST(ERROR_24H, 0.1), AT_MOST(MOVES, 20.0)}},
    {"A5", "no share for two hours: the snapshot shows the present",
     .test = "tests/integration/contract/test_metrics.c"},
    /* What the first hour tells of the total is a per cent, and two thirds of it are a's error. */
    {"A6", "the farm is left with @ per cent, for good; absolute targets",
     .values = "95 90 85 80 70", .set = ABSOLUTE,
     .reference = "farm.list=42x5;-pool.c;pool.a.target=-;pool.b.target=-;"
                  "pool.a.hashrate_ths=100;pool.b.hashrate_ths=100",
     .checks = {AT_MOST(NOTICED, 10.0), AT_MOST(NOTICED_1H, 90.0), TIMES(MOVES, 1.5, 0.75)}},

    /* ---- B: health ---- */
    {"B1 kept", "b accepts @ per cent: it is kept", .values = UP_TO_1, .set = "pool.b.accept=@",
     .reference = "", .checks = {AT_MOST(ERROR_24H, 0.1), SAME_MOVES}},
    {"B1 border", "... just where the border is", .values = "66 68 69 70 71 72 74",
     .set = "pool.b.accept=@", .checks = {AT_MOST(MOVES, 3.0)}},
    /* Just beyond the border it takes up to two hours until that is certain. */
    {"B1 left", "... it is left once", .values = FROM_30, .set = "pool.b.accept=@",
     .checks = {AT_MOST(ERROR_24H, 0.25), AT_MOST(MOVES, 3.0), AT_MOST(LOST, 1.5)}},
    {"B1 kept, 40", "as above, grey_reject_pct = 40", .values = "90 80 72 68 66",
     .set = GREY_40 "pool.b.accept=@", .reference = "",
     .checks = {AT_MOST(ERROR_24H, 0.1), SAME_MOVES}},
    {"B1 border, 20", "as above, grey_reject_pct = 20", .values = "76 78 79 80 81 82 84",
     .set = GREY_20 "pool.b.accept=@", .checks = {AT_MOST(MOVES, 3.0)}},
    {"B1 left, 20", "as above", .values = "72 70 66 60 50 30", .set = GREY_20 "pool.b.accept=@",
     .checks = {AT_MOST(ERROR_24H, 0.25), AT_MOST(MOVES, 3.0), AT_MOST(LOST, 1.5)}},
    {"B2", "b rejects everything for @ each hour", .values = "10s 30s 60s 120s 300s",
     .set = BAN_B "event.ban.for=@",
     .checks = {AT_MOST(ERROR_1H, 1.5), AT_MOST(MOVES, 12.0), AT_MOST(LOST, 1.0)}},
    {"B2 long", "... so long that it is hardly worth returning",
     .values = "600s 1200s 1800s 2400s 3000s", .set = BAN_B "event.ban.for=@",
     .checks = {AT_MOST(MOVES, 10.0), AT_MOST(LOST, 1.0)}},
    {"B3 few", "@ machines, b (5 per cent) rejects everything for 20 hours",
     .values = "1 2 3 5 9 30",
     .set = "farm.list=@x100;-pool.c;pool.a.target=95;pool.b.target=5;" REJECTS_ALL,
     .checks = {AT_MOST(LOST, 1.1)}},
    {"B3 halves", "@ machines, b (50 per cent) rejects everything for 20 hours",
     .values = "1 2 3 5 9 30", .set = "farm.list=@x100;" HALVES REJECTS_ALL,
     .checks = {AT_MOST(LOST, 1.6)}},
    {"B4 channels", "@ per cent of the miners find nothing but rejects", .values = "1 2 5 10 15",
     .set = "farm.bad_pct=@", .reference = "",
     .checks = {AT_MOST(ERROR_24H, 1.0), TIMES(MOVES, 2.0, 0.05)}},
    {"B4 few", "as above, of 20", .values = "5 8 10 12 15", .set = "farm.count=20;farm.bad_pct=@",
     .reference = "farm.count=20", .checks = {AT_MOST(ERROR_24H, 1.0), TIMES(MOVES, 2.0, 0.05)}},
    {"B4 flood", "5 per cent of them send @ rejects a minute of difficulty 1",
     .values = "1 6 60 180 1000",
     .set = "farm.bad_pct=5;farm.bad_difficulty=1;farm.bad_shares_per_minute=@", .reference = "",
     .checks = {AT_MOST(ERROR_24H, 1.0), TIMES(MOVES, 2.0, 0.05)}},
    {"B5", "the host sleeps for @", .values = "10s 30s 60s 120s 300s 900s 3600s",
     .set = HOMO "event.sleep.kind=sleep;event.sleep.at=6h;event.sleep.for=@", .reference = HOMO,
     .checks = {AT_MOST(EVENT_MOVES, 5.0), SAME_MOVES}},
    {"B6", "a is gone for a second every @",
     .values = "5min 7min 9min 13min 20min 30min 37min 50min 61min",
     .set = BLIP_A "event.blip.for=1s;event.blip.every=@",
     .checks = {AT_MOST(ERROR_24H, 1.0), AT_MOST(MOVES, 6.0)}},
    {"B6 length", "a is gone for @1 every @2",
     .values = "1s/20min 2s/20min 3s/20min 3s/61min 3s/9min 2s/5min 3s/5min",
     .set = BLIP_A "event.blip.for=@1;event.blip.every=@2",
     .checks = {AT_MOST(ERROR_24H, 1.0), AT_MOST(MOVES, 6.0)}},
    {"B7", "b is up and has no job for @", .values = "5s 20s 60s 300s 3600s 18000s",
     .set = "event.none.kind=no_job;event.none.pools=b;event.none.at=6h;event.none.for=@",
     .checks = {AT_MOST(LOST, 0.05), AT_MOST(MOVES, 2.0)}},
    {"B7 flips", "... for 5 s every @", .values = "10s 30s 60s 300s 900s",
     .set = "event.none.kind=no_job;event.none.pools=b;event.none.at=6h;event.none.for=5s;"
            "event.none.every=@;event.none.until=8h",
     .reference = "", .checks = {TIMES(MOVES, 1.5, 0.1)}},
    {"B8", "one true line in the log per change", .test = "tests/integration/contract/test_pools.c"},

    /* ---- C: control ---- */
    {"C1", "a window of @ seconds; for an hour nobody may move to b and c",
     .values = "60 600 3600 7200 21600",
     .set = STALL "controller.measurement_window_secs=@", .checks = {AT_MOST(LATE, 2.0)}},
    {"C2 interval", "evaluated every @ seconds", .values = "5 30 120 600 1800 3600",
     .set = "controller.evaluation_interval_secs=@",
     .checks = {AT_MOST(ERROR_24H, 1.0), AT_MOST(MOVES, 20.0)}},
    {"C2 ki", "ki = @", .values = "0 0.05 1 5 50 1000",
     .set = "controller.kp=0.5;controller.ki=@;controller.kd=0.02",
     .checks = {AT_MOST(ERROR_24H, 1.0), AT_MOST(MOVES, 20.0)}},
    {"C2 kp", "kp = @", .values = "0 0.5 1 5 50 1000",
     .set = "controller.kp=@;controller.ki=0.05;controller.kd=0.02",
     .checks = {AT_MOST(ERROR_24H, 1.0), AT_MOST(MOVES, 20.0)}},
    {"C2 window", "measured over @ seconds", .values = "10 60 600 3600 21600 86400",
     .set = "controller.measurement_window_secs=@",
     .checks = {AT_MOST(ERROR_24H, 1.0), AT_MOST(MOVES, 20.0)}},
    {"C3 tiny", "equal miners, deadband_points = @", .values = "0 0.001 0.01 0.1 0.5",
     .set = HOMO "controller.deadband_points=@",
     .checks = {AT_MOST(ERROR_24H, 0.1), AT_MOST(MOVES, 5.0)}},
    {"C3 wide", "... so wide that nobody need be moved for luck", .values = "1 1.5 3 5 10",
     .set = HOMO "controller.deadband_points=@", .reference = HOMO,
     .checks = {TIMES(MOVES, 1.0, 0.05)}},
    {"C4", "caps of @ TH/s, together less than the farm", .values = "500 1500 3400 8000 10000",
     .set = "upstream.a.max_ths=@;upstream.b.max_ths=@;upstream.c.max_ths=@",
     .checks = {AT_MOST(SPREAD, 1.0)}},
    {"C5", "@ miners, time_slicing = off, against static placement", .values = "3 9 20 50 200",
     .set = "farm.count=@;controller.time_slicing=off", .reference = "farm.count=@",
     .is_static = 1, .checks = {TIMES(ERROR_24H, 1.0, 0.02)}},
    {"C6", "one miner, targets of @", .values = "50/50 80/20 90/10 95/5 98/2 99/1",
     .set = "farm.list=200;" TWO_POOLS, .checks = {AT_MOST(FIRST, 4.0), AT_MOST(LATE, 0.5)}},
    {"C7", "@ miners between 60 and 40: whole periods in each window (the presets: bench/limits)",
     .values = "1 2 3 4 6 9 14",
     .set = "farm.list=@x104;-pool.c;pool.a.target=60;pool.b.target=40",
     .checks = {AT_MOST(ERROR_1H, 1.6), AT_MOST(ERROR_6H, 0.2), AT_MOST(ERROR_24H, 0.07)}},
    {"C8", "64 pools, @ miners", .values = "10 16 21 40 100", .set = "farm.count=@", .pools = 64,
     .checks = {AT_MOST(ERROR_24H, 0.5), AT_MOST(MOVES, 560.0)}},

    /* ---- D: moves and miners ---- */
    {"D1", "@ miners that a move disconnects for 10 s", .values = "1 3 5 10 30 100",
     .set = "farm.list=@x100;farm.drops_pct=100", .reference = "farm.list=@x100",
     .checks = {SAME_MOVES, AT_MOST(LOST, 4.0), AT_MOST(ERROR_24H, 5.0)}},
    {"D1 some", "... @ per cent of 30", .values = "3 10 30 60 100",
     .set = "farm.list=30x100;farm.drops_pct=@", .reference = "farm.list=30x100",
     .checks = {SAME_MOVES, AT_MOST(ERROR_24H, 1.0)}},
    {"D2 refused", "@ per cent of the moves to b are refused", .values = "10 30 50 80 100",
     .set = "pool.b.refuses_pct=@", .checks = {AT_MOST(TRIED, 2.0)}},
    {"D2 failed", "... fail", .values = "10 30 50 80 100", .set = "pool.b.fails_pct=@",
     .checks = {AT_MOST(TRIED, 2.0)}},
    {"D3 zero", "half of the miners declare 0 every @", .values = "10s 60s 600s 1h 6h",
     .set = "farm.liars_pct=50;farm.lie=0;farm.second_lie=0;farm.lie_time=@", .reference = "",
     .checks = {AT_MOST(ERROR_24H, 1.0), SAME_MOVES}},
    {"D3 flips", "half of them declare half and all in turn, every @",
     .values = "10s 60s 600s 1h 6h",
     .set = "farm.liars_pct=50;farm.lie=0.5;farm.second_lie=1;farm.lie_time=@", .reference = "",
     .checks = {AT_MOST(ERROR_24H, 1.0), SAME_MOVES}},
    {"D4", "2 per cent declare @ times what is usual, and never find a share",
     .values = "10 1000 1000000 1000000000 100000000000", .set = NEVER_TOLD "farm.lie=@",
     .reference = NEVER_TOLD "farm.lie=1", .checks = {TIMES(WORST_10M, 1.0, 2.0), SAME_MOVES}},
    {"D4 newcomers", "... of those that come and go, one a minute",
     .values = "10 1000 1000000 1000000000 100000000000",
     .set = NEVER_TOLD COME_AND_GO "farm.lie=@", .reference = NEVER_TOLD COME_AND_GO "farm.lie=1",
     .checks = {TIMES(WORST_10M, 1.0, 2.0), SAME_MOVES}},
    {"D4 again", "... every minute anew", .values = "10 1000 1000000 1000000000 100000000000",
     .set = NEVER_TOLD "farm.lie=@;farm.second_lie=@;farm.lie_time=60s",
     .reference = NEVER_TOLD "farm.lie=1", .checks = {TIMES(WORST_10M, 1.0, 2.0), SAME_MOVES}},
    {"D5", "a grants @ bytes, the miners were promised 8", .values = "8 9 10 11 12",
     .set = HOMO "farm.extended_pct=100;pool.a.extranonce_size=@",
     .checks = {AT_MOST(REST, 0.5), AT_MOST(MOVES, 20.0)}},
    {"D6", "a pool's prefix goes A, B, A", .test = "tests/integration/contract/test_prefixes.c"},
    {"D7", "prefix space under churn", .test = "tests/unit/farm/test_prefixes_room.c"},
    {"D8", "two adopted with one prefix; a late APPLIED",
     .test = "tests/integration/contract/test_prefixes.c"},
    {"D9", "a dead pool's channel that may not be moved",
     .test = "tests/integration/contract/test_moves.c"},
    {"D10", "two accounts at one pool", .test = "tests/unit/config/test_config.c"},
    {"D11", "a pool's number rests", .test = "tests/integration/test_reconfigure.c"},
    {"D12", "an evacuation that was refused", .test = "tests/integration/miners/test_refused.c"},
    {"D13", "two live channels in one search space",
     .test = "tests/integration/contract/test_prefixes.c"},
};
/* clang-format on */
const size_t HS_REALITY_ROW_COUNT = sizeof HS_REALITY_ROWS / sizeof HS_REALITY_ROWS[0];
