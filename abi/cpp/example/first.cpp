// SPDX-License-Identifier: MIT OR Apache-2.0
//
// first: from nothing to a decision. Usage: first PATH/hashmux.so
#include "../hashmux.hpp"

#include <iostream>

int main(int argc, char **argv)
try {
    std::uint64_t now_ns = 1000000000; // a real host: a monotonic clock
    const hashmux::plugin plugin(argc > 1 ? argv[1] : "", HMX_CAP_REASSIGN | HMX_CAP_SHARE_WORK);
    hashmux::options how; // a real host: 32 random bytes in how.seed
    how.config_text =
        "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n"
        "[upstream.beta]\naddress = b.example\nport = 3333\npercentage = 40\npriority = 2\n";
    hashmux::instance mux(plugin, how, now_ns);
    auto pool = hashmux::make<hmx_upstream_event>();
    for (const hmx_upstream_info &row : mux.upstreams()) { // connect to each; then it is up
        pool.upstream = row.upstream;
        pool.state = HMX_UPSTREAM_UP;
        pool.has_job = HMX_YES;
        mux.on_upstream(now_ns, pool);
    }
    auto miner = hashmux::make<hmx_channel_open>();
    miner.channel = miner.connection = 1;
    miner.kind = HMX_CHANNEL_STANDARD;
    miner.nominal_hashrate = 100e12;
    hmx_channel_decision answer;
    mux.on_channel_open(now_ns, miner, answer);
    std::cout << "channel 1 opens on upstream " << answer.upstream << "\n";
    pool.upstream = answer.upstream; // and its pool dies
    pool.state = HMX_UPSTREAM_DOWN;
    mux.on_upstream(now_ns, pool);
    mux.on_tick(now_ns += 1000000000, 0, 8, [](const hmx_decision &d) {
        std::cout << "channel " << d.channel << " goes from " << d.from << " to " << d.to << "\n";
    });
    return 0;
} catch (const hashmux::error &refused) {
    std::cerr << refused.what() << "\n";
    return 1;
}
