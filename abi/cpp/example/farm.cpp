// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The farm of tests/embed/farm.c through hashmux.hpp: from the same seed the same lines.
// Usage: farm PATH/hashmux.so [SEED]
#include "../hashmux.hpp"

#include <cinttypes>
#include <cstdio>

namespace {

constexpr std::uint64_t SECOND_NS = 1000000000;
constexpr std::uint64_t CAPS = HMX_CAP_REASSIGN | HMX_CAP_SHARE_WORK | HMX_CAP_EXTRANONCE |
                               HMX_CAP_DRAIN_REPORT | HMX_CAP_SOFT_MOVE;
constexpr std::uint32_t MINERS = 24, SECONDS = 3600, ROWS = 8;
const char CONFIG[] =
    "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n"
    "[upstream.beta]\naddress = b.example\nport = 3333\npercentage = 30\npriority = 2\n"
    "[upstream.gamma]\naddress = c.example\nport = 3333\npercentage = 10\npriority = 3\n";

void must(hmx_status status, const char *what)
{
    if (status < 0) {
        throw hashmux::error(status, std::string(what) + " answered " + std::to_string(status));
    }
}

void print_prefix(const std::uint8_t *prefix, std::uint32_t len)
{
    for (std::uint32_t i = 0; i < len; i++) {
        std::printf("%02x", prefix[i]);
    }
    std::printf("\n");
}

struct miner {
    std::uint64_t cookie;
    double hashrate;
    double difficulty;
    std::uint32_t at;
    std::uint32_t prefix_len;
    std::uint8_t prefix[32];
};

class farm {
public:
    farm(const hashmux::plugin &plugin, std::uint64_t seed)
        : state_(seed * 2 + 1), mux_(plugin, how(seed), SECOND_NS)
    {
        for (const hmx_upstream_info &row : mux_.upstreams()) {
            std::printf("upstream %" PRIu32 " %s %s:%" PRIu32 "\n", row.upstream, row.id,
                        row.address, row.port);
            report_pool(row.upstream, HMX_UPSTREAM_UP);
        }
    }

    void open_channels()
    {
        for (std::uint32_t i = 1; i <= MINERS; i++) {
            miner &m = miners_[i - 1];
            char name[16];
            std::snprintf(name, sizeof name, "farm.w%02" PRIu32, i);
            m.hashrate = 50e12 + 10e12 * static_cast<double>(i % 10);
            m.difficulty = m.hashrate * 10.0 / 4295032833.0;
            auto e = hashmux::make<hmx_channel_open>();
            e.channel = e.connection = i;
            e.kind = i % 3 != 0 ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD;
            e.min_extranonce_size = e.extranonce_size = i % 3 != 0 ? 8 : 0;
            e.nominal_hashrate = m.hashrate;
            e.user_identity = hashmux::view(name);
            hmx_channel_decision answer;
            must(mux_.on_channel_open(now_ns_, e, answer), "on_channel_open");
            m.cookie = answer.cookie;
            m.at = answer.upstream;
            m.prefix_len = answer.extranonce_prefix_len;
            std::memcpy(m.prefix, answer.extranonce_prefix, sizeof m.prefix);
            std::printf("open %" PRIu32 " on %" PRIu32 " prefix ", i, m.at);
            print_prefix(m.prefix, m.prefix_len);
        }
    }

    void run()
    {
        for (std::uint32_t second = 1; second <= SECONDS; second++) {
            now_ns_ += SECOND_NS;
            mine();
            if (second == 1200 || second == 1500) {
                report_pool(1, second == 1200 ? HMX_UPSTREAM_DOWN : HMX_UPSTREAM_UP);
            }
            if (second == 2000) {
                mux_.set_targets(now_ns_, {{1, 50}, {2, 30}, {3, 20}});
            }
            must(mux_.on_tick(now_ns_, 0, ROWS,
                              [&](const hmx_decision &d) { carry_out(second, d); }),
                 "on_tick");
        }
    }

    void end()
    {
        const auto [s, rows] = mux_.snapshot();
        for (const hmx_upstream_metrics &row : rows) {
            std::printf("%s channels %" PRIu32 " submitted %" PRIu64 " accepted %" PRIu64
                        " rejected %" PRIu64 "\n",
                        row.id, row.channels, row.submitted.count, row.accepted.count,
                        row.rejected_stale.count);
        }
        std::printf("decisions %" PRIu64 " applied %" PRIu64 " refused %" PRIu64 "\n", s.decisions,
                    s.moves_applied, s.moves_refused);
        const std::vector<std::uint8_t> bytes = mux_.save();
        std::uint64_t hash = 14695981039346656037u;
        for (const std::uint8_t byte : bytes) {
            hash = (hash ^ byte) * 1099511628211u;
        }
        std::printf("state %zu bytes %016" PRIx64 "\n", bytes.size(), hash);
        std::printf("blocks left %" PRId64 "\n", mux_.destroy());
    }

private:
    static hashmux::options how(std::uint64_t seed)
    {
        hashmux::options o;
        o.config_text = CONFIG;
        for (int i = 0; i < 8; i++) {
            o.seed[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(seed >> (8 * i));
        }
        o.host_name = "farm";
        return o;
    }

    std::uint64_t draw() // xorshift64*
    {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 2685821657736338717u;
    }

    void report_pool(std::uint32_t upstream, std::uint32_t how)
    {
        auto e = hashmux::make<hmx_upstream_event>();
        e.upstream = upstream;
        e.state = how;
        if (how == HMX_UPSTREAM_UP) {
            e.has_job = HMX_YES;
            e.extranonce_size = 16;
            e.extranonce_prefix_len = 2;
            e.extranonce_prefix[0] = static_cast<std::uint8_t>(upstream);
            e.extranonce_prefix[1] = 0xa0;
        } else {
            e.reason = HMX_UPSTREAM_REASON_LOST;
        }
        must(mux_.on_upstream(now_ns_, e), "on_upstream");
    }

    void report_share(std::uint32_t channel, std::uint32_t verdict)
    {
        auto e = hashmux::make<hmx_share>();
        e.channel = channel;
        e.cookie = miners_[channel - 1].cookie;
        e.upstream = miners_[channel - 1].at;
        e.verdict = verdict;
        e.count = 1;
        e.work = miners_[channel - 1].difficulty;
        must(mux_.on_share(now_ns_, e), "on_share");
    }

    void mine()
    {
        for (std::uint32_t i = 1; i <= MINERS; i++) {
            if (draw() % 10 == 0 && miners_[i - 1].at != HMX_NONE) {
                report_share(i, HMX_SHARE_SUBMITTED);
                report_share(i, draw() % 100 == 0 ? HMX_SHARE_REJECTED_STALE : HMX_SHARE_ACCEPTED);
            }
        }
    }

    void carry_out(std::uint32_t second, const hmx_decision &d)
    {
        miner &m = miners_[d.channel - 1];
        const miner old = m;
        std::printf("%" PRIu32 " decision %" PRIu64 " channel %" PRIu64 " from %" PRIu32
                    " to %" PRIu32 " style %" PRIu32 " reason %" PRIu32 " prefix ",
                    second, d.decision, d.channel, d.from, d.to, d.style, d.reason);
        print_prefix(d.extranonce_prefix, d.extranonce_prefix_len);
        auto e = hashmux::make<hmx_reassign>();
        e.decision = d.decision;
        e.channel = d.channel;
        e.cookie = d.cookie;
        e.from = d.from;
        answered_++;
        if (answered_ % 13 == 0) {
            e.to = d.from;
            e.result = HMX_RESULT_REFUSED;
            must(mux_.on_reassign(now_ns_, e), "on_reassign");
            return;
        }
        e.to = m.at = d.to;
        e.result = HMX_RESULT_APPLIED;
        e.extranonce_prefix_len = m.prefix_len = d.extranonce_prefix_len;
        std::memcpy(e.extranonce_prefix, d.extranonce_prefix, sizeof e.extranonce_prefix);
        std::memcpy(m.prefix, d.extranonce_prefix, sizeof m.prefix);
        must(mux_.on_reassign(now_ns_, e), "on_reassign");
        auto drained = hashmux::make<hmx_reassign>();
        drained.channel = d.channel;
        drained.from = d.from;
        drained.result = HMX_RESULT_DRAINED;
        drained.extranonce_prefix_len = old.prefix_len;
        std::memcpy(drained.extranonce_prefix, old.prefix, old.prefix_len);
        must(mux_.on_reassign(now_ns_, drained), "on_reassign");
    }

    std::uint64_t state_;
    hashmux::instance mux_;
    std::uint64_t now_ns_ = SECOND_NS;
    std::uint64_t answered_ = 0;
    miner miners_[MINERS] = {};
};

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: farm PATH/hashmux.so [SEED]\n");
        return 2;
    }
    try {
        const hashmux::plugin plugin(argv[1], CAPS);
        farm f(plugin, argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
        f.open_channels();
        f.run();
        f.end();
    } catch (const hashmux::error &e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
    return 0;
}
