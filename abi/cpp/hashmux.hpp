// SPDX-License-Identifier: MIT OR Apache-2.0
//
// hashmux.hpp: a host of hashmux plugins in C++17, in one header over the C contract of hmx_abi.h.
//
// It loads a plugin, owns an instance, gives each event its size, time and number, hands decisions
// to a function until there are no more, and turns refusals into sentences. What an event means is
// told in hmx_abi.h; this header adds no policy. One instance is one serial executor (rule 7): it
// may move between threads, it may not be used by two at once.
//
//   hashmux::plugin plugin("/usr/lib/hashmux/hashmux.so", caps);
//   hashmux::instance mux(plugin, {.config_text = text, .seed = seed}, now_ns);
//
// Errors: loading and creating throw hashmux::error; so do calls that carry a sentence (tuning,
// load, reconfigure). Events return the plugin's hmx_status: negative means, go on as if there were
// no plugin.
#ifndef HASHMUX_HPP
#define HASHMUX_HPP

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../hmx_abi.h"
#include "../hmx_access.h"
#include "../hmx_metrics.h"
#include "../hmx_tuning.h"

namespace hashmux {

/// What was refused and why; status() is the contract's.
class error : public std::runtime_error {
public:
    error(hmx_status status, const std::string &what) : std::runtime_error(what), status_(status)
    {
    }
    hmx_status status() const noexcept
    {
        return status_;
    }

private:
    hmx_status status_;
};

/// A zeroed struct of the contract with its size set: auto e = hashmux::make<hmx_share>().
template <class T> T make() noexcept
{
    T t{};
    const std::uint32_t size = sizeof(T);
    std::memcpy(&t, &size, sizeof size);
    return t;
}

inline hmx_view view(std::string_view text) noexcept
{
    return {text.data(), text.size()};
}

/// A loaded plugin. It stays loaded until the process ends: its tables live in the library.
class plugin {
public:
    /// caps: the HMX_CAP_* that this host offers. Throws error with the reason of a refusal.
    plugin(const std::string &path, std::uint64_t caps) : caps_(caps)
    {
        void *const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            throw error(HMX_E_IO, dlerror());
        }
        hmx_plugin_entry_fn entry = nullptr;
        void *const symbol = dlsym(library, HMX_ENTRY_SYMBOL);
        std::memcpy(&entry, &symbol, sizeof entry);
        const hmx_descriptor *const theirs = entry != nullptr ? entry() : nullptr;
        if (theirs == nullptr || theirs->size < HMX_DESCRIPTOR_SIZE_VER0 ||
            theirs->magic != HMX_ABI_MAGIC || theirs->ops == nullptr) {
            throw error(HMX_E_INVALID, path + " is no hashmux plugin of contract version 1");
        }
        if (theirs->min_host_minor > HMX_ABI_MINOR) {
            throw error(HMX_E_UNSUPPORTED, path + " needs a newer host");
        }
        if ((theirs->needs & ~caps) != 0) {
            throw error(HMX_E_UNSUPPORTED, path + " needs capabilities that this host lacks");
        }
        copy(&descriptor_, sizeof descriptor_, theirs);
        copy(&ops_, sizeof ops_, theirs->ops);
        if (ops_.create == nullptr || ops_.destroy == nullptr) {
            throw error(HMX_E_INVALID, path + " lacks a required hook");
        }
    }

    const hmx_descriptor &descriptor() const noexcept
    {
        return descriptor_;
    }
    const hmx_ops &ops() const noexcept
    {
        return ops_;
    }
    std::uint64_t caps() const noexcept
    {
        return caps_;
    }

private:
    /// Rule 2: what the other side does not have is zero.
    static void copy(void *to, std::size_t known, const void *from)
    {
        std::uint32_t size = 0;
        std::memcpy(&size, from, sizeof size);
        std::memset(to, 0, known);
        const std::size_t shared = size < known ? size : known;
        std::memcpy(to, from, shared - shared % sizeof(void *)); // half a pointer is none
    }

    std::uint64_t caps_;
    hmx_descriptor descriptor_{};
    hmx_ops ops_{};
};

/// What an instance is made with. Exactly one of config_path and config_text is given.
struct options {
    std::string config_path{};
    std::string config_text{};
    std::array<std::uint8_t, 32> seed{}; ///< at random in production
    std::uint64_t unix_ms = 0;
    std::uint32_t channels_max = 0; ///< 0 = 65536
    std::uint32_t instance_index = 0;
    std::uint32_t instance_count = 0;
    std::string host_name{};
    std::string host_version{};
    std::function<void(std::uint32_t level, std::string_view line)> log{};
    std::function<void(std::string_view json)> audit{};
    std::function<void()> request_tick{};
};

class instance {
public:
    /// Throws error with the reasons of a refusal, one per line. `plugin` must outlive it.
    instance(const plugin &plugin, options how, std::uint64_t now_ns)
        : plugin_(&plugin), box_(new box{std::move(how), {}, 0}), now_ns_(now_ns)
    {
        box &b = *box_;
        b.host = make<hmx_host>();
        b.host.abi_major = HMX_ABI_MAJOR;
        b.host.abi_minor = HMX_ABI_MINOR;
        b.host.caps = plugin.caps();
        b.host.ctx = &b;
        b.host.log = b.how.log ? on_log : nullptr;
        b.host.audit = b.how.audit ? on_audit : nullptr;
        b.host.alloc = on_alloc;
        b.host.free = on_free;
        b.host.request_tick = b.how.request_tick ? on_request_tick : nullptr;
        b.host.name = b.how.host_name.c_str();
        b.host.version = b.how.host_version.c_str();
        hmx_create_args args = make<hmx_create_args>();
        args.config_path = view(b.how.config_path);
        args.config_text = view(b.how.config_text);
        std::memcpy(args.seed, b.how.seed.data(), sizeof args.seed);
        args.now_ns = now_ns;
        args.unix_ms = b.how.unix_ms;
        args.channels_max = b.how.channels_max;
        args.instance_index = b.how.instance_index;
        args.instance_count = b.how.instance_count;
        sentence why;
        args.why = why.out();
        const hmx_status status = plugin.ops().create(&b.host, &args, &self_);
        if (status < 0) {
            delete box_;
            box_ = nullptr;
            throw error(status, why.text(status));
        }
    }
    ~instance()
    {
        destroy();
    }
    instance(const instance &) = delete;
    instance &operator=(const instance &) = delete;
    instance(instance &&other) noexcept
    {
        swap(other);
    }
    instance &operator=(instance &&other) noexcept
    {
        swap(other);
        return *this;
    }

    /// Ends it. Returns how many blocks of memory it left behind: 0 with a sound plugin.
    std::int64_t destroy() noexcept
    {
        if (box_ == nullptr) {
            return 0;
        }
        plugin_->ops().destroy(self_);
        const std::int64_t left = box_->blocks;
        delete box_;
        box_ = nullptr;
        self_ = nullptr;
        return left;
    }

    hmx_instance *raw() const noexcept
    {
        return self_;
    }
    std::uint64_t now_ns() const noexcept
    {
        return now_ns_;
    }

    /// The table to connect from: after the constructor and after each reconfigure.
    std::vector<hmx_upstream_info> upstreams() const
    {
        std::vector<hmx_upstream_info> rows(HMX_UPSTREAMS_MAX, make<hmx_upstream_info>());
        hmx_upstream_table table = make<hmx_upstream_table>();
        table.stride = sizeof rows[0];
        table.capacity = HMX_UPSTREAMS_MAX;
        table.rows = rows.data();
        if (plugin_->ops().upstreams == nullptr) {
            return {};
        }
        check(plugin_->ops().upstreams(self_, &table), "upstreams");
        rows.resize(table.count < HMX_UPSTREAMS_MAX ? table.count : HMX_UPSTREAMS_MAX);
        return rows;
    }

    // ---- events: each gets its size, time and number here ----
    hmx_status on_upstream(std::uint64_t now_ns, hmx_upstream_event e)
    {
        return report(now_ns, e, plugin_->ops().on_upstream);
    }
    hmx_status on_channel_update(std::uint64_t now_ns, hmx_channel_update e)
    {
        return report(now_ns, e, plugin_->ops().on_channel_update);
    }
    hmx_status on_channel_close(std::uint64_t now_ns, hmx_channel_close e)
    {
        return report(now_ns, e, plugin_->ops().on_channel_close);
    }
    hmx_status on_share(std::uint64_t now_ns, hmx_share e)
    {
        return report(now_ns, e, plugin_->ops().on_share);
    }
    hmx_status on_reassign(std::uint64_t now_ns, hmx_reassign e)
    {
        return report(now_ns, e, plugin_->ops().on_reassign);
    }
    /// answer is PASS when there is no hook or the status is negative.
    hmx_status on_channel_open(std::uint64_t now_ns, hmx_channel_open e,
                               hmx_channel_decision &answer)
    {
        answer = make<hmx_channel_decision>();
        if (plugin_->ops().on_channel_open == nullptr) {
            return HMX_OK;
        }
        stamp(now_ns, e);
        const hmx_status status = plugin_->ops().on_channel_open(self_, &e, &answer);
        if (status < 0) {
            answer = make<hmx_channel_decision>();
        }
        return status;
    }
    /// Calls carry_out(const hmx_decision &) for each decision, until there are no more.
    template <class F>
    hmx_status on_tick(std::uint64_t now_ns, std::uint64_t unix_ms, std::uint32_t capacity,
                       F &&carry_out)
    {
        std::vector<hmx_decision> rows;
        hmx_decision_buf buffer;
        do {
            rows.assign(capacity, make<hmx_decision>());
            hmx_tick e = make<hmx_tick>();
            e.unix_ms = unix_ms;
            stamp(now_ns, e);
            buffer = make<hmx_decision_buf>();
            buffer.stride = sizeof(hmx_decision);
            buffer.capacity = capacity;
            buffer.rows = rows.data();
            const hmx_status status =
                plugin_->ops().on_tick != nullptr ? plugin_->ops().on_tick(self_, &e, &buffer) : 0;
            if (status < 0) {
                return status;
            }
            for (std::uint32_t i = 0; i < buffer.count && i < capacity; i++) {
                carry_out(static_cast<const hmx_decision &>(rows[i]));
            }
        } while (buffer.more != 0 && capacity > 0);
        return HMX_OK;
    }

    // ---- between events ----
    std::vector<std::uint8_t> save() const
    {
        std::vector<std::uint8_t> bytes;
        hmx_writer to = make<hmx_writer>();
        to.ctx = &bytes;
        to.write = on_write;
        check(plugin_->ops().save != nullptr ? plugin_->ops().save(self_, &to) : HMX_E_UNSUPPORTED,
              "save");
        return bytes;
    }
    void load(const std::vector<std::uint8_t> &bytes, std::uint64_t now_ns, std::uint64_t unix_ms)
    {
        source from_bytes{bytes.data(), bytes.size()};
        hmx_reader from = make<hmx_reader>();
        from.ctx = &from_bytes;
        from.read = on_read;
        hmx_load_args args = make<hmx_load_args>();
        args.now_ns = now_ns;
        args.unix_ms = unix_ms;
        args.from = &from;
        sentence why;
        args.why = why.out();
        why.check(plugin_->ops().load != nullptr ? plugin_->ops().load(self_, &args)
                                                 : HMX_E_UNSUPPORTED);
    }
    void reconfigure(std::string_view config_text, std::uint64_t now_ns, std::uint64_t unix_ms)
    {
        hmx_reconfigure_args args = make<hmx_reconfigure_args>();
        args.config_text = view(config_text);
        args.now_ns = now_ns;
        args.unix_ms = unix_ms;
        sentence why;
        args.why = why.out();
        why.check(plugin_->ops().reconfigure != nullptr ? plugin_->ops().reconfigure(self_, &args)
                                                        : HMX_E_UNSUPPORTED);
    }

    /// An extension's table, or nullptr: extension<hmx_metrics_v1>(HMX_METRICS_ID).
    template <class T> const T *extension(const char *id) const
    {
        return plugin_->ops().get_extension == nullptr
                   ? nullptr
                   : static_cast<const T *>(plugin_->ops().get_extension(self_, id));
    }
    const hmx_tuning_v1 *tuning() const
    {
        return extension<hmx_tuning_v1>(HMX_TUNING_ID);
    }
    const hmx_metrics_v1 *metrics() const
    {
        return extension<hmx_metrics_v1>(HMX_METRICS_ID);
    }
    /// The whole vector of targets, by upstream number. Throws error with the sentence.
    void set_targets(std::uint64_t now_ns,
                     const std::vector<std::pair<std::uint32_t, double>> &targets)
    {
        std::vector<hmx_target> rows;
        for (const auto &target : targets) {
            hmx_target row = make<hmx_target>();
            row.upstream = target.first;
            row.percentage = target.second;
            rows.push_back(row);
        }
        hmx_targets vector = make<hmx_targets>();
        vector.stride = sizeof(hmx_target);
        vector.count = static_cast<std::uint32_t>(rows.size());
        vector.rows = rows.data();
        sentence why;
        why.check(tuning() != nullptr && tuning()->set_targets != nullptr
                      ? tuning()->set_targets(self_, now_ns, &vector, why.out())
                      : HMX_E_UNSUPPORTED);
    }
    /// The totals and one row per upstream.
    std::pair<hmx_snapshot, std::vector<hmx_upstream_metrics>> snapshot() const
    {
        std::vector<hmx_upstream_metrics> rows(HMX_UPSTREAMS_MAX, make<hmx_upstream_metrics>());
        hmx_snapshot s = make<hmx_snapshot>();
        s.stride = sizeof rows[0];
        s.capacity = HMX_UPSTREAMS_MAX;
        s.rows = rows.data();
        check(metrics() != nullptr && metrics()->snapshot != nullptr
                  ? metrics()->snapshot(self_, &s)
                  : HMX_E_UNSUPPORTED,
              "snapshot");
        rows.resize(s.count < HMX_UPSTREAMS_MAX ? s.count : HMX_UPSTREAMS_MAX);
        s.rows = nullptr;
        return {s, std::move(rows)};
    }

private:
    struct box { // does not move: the plugin keeps its address
        options how;
        hmx_host host;
        std::int64_t blocks;
    };
    struct source {
        const std::uint8_t *data;
        std::size_t left;
    };
    /// Room for a sentence, and what to do with it.
    class sentence {
    public:
        hmx_text *out() noexcept
        {
            text_ = make<hmx_text>();
            text_.data = buffer_.data();
            text_.capacity = buffer_.size();
            return &text_;
        }
        std::string text(hmx_status status) const
        {
            const std::string said(buffer_.data(), text_.len);
            return said.empty() ? "the plugin answers status " + std::to_string(status) : said;
        }
        void check(hmx_status status) const
        {
            if (status < 0) {
                throw error(status, text(status));
            }
        }

    private:
        std::array<char, 8192> buffer_{};
        hmx_text text_{};
    };

    static void check(hmx_status status, const char *what)
    {
        if (status < 0) {
            throw error(status, std::string(what) + " answers status " + std::to_string(status));
        }
    }
    /// Never decreasing, whatever the caller's threads did.
    template <class T> void stamp(std::uint64_t now_ns, T &e) noexcept
    {
        now_ns_ = now_ns > now_ns_ ? now_ns : now_ns_;
        e.event.size = sizeof(T);
        e.event.now_ns = now_ns_;
        e.event.seq = ++seq_;
    }
    template <class T>
    hmx_status report(std::uint64_t now_ns, T &e, hmx_status (*hook)(hmx_instance *, const T *))
    {
        if (hook == nullptr) {
            return HMX_OK;
        }
        stamp(now_ns, e);
        return hook(self_, &e);
    }
    void swap(instance &other) noexcept
    {
        std::swap(plugin_, other.plugin_);
        std::swap(box_, other.box_);
        std::swap(self_, other.self_);
        std::swap(now_ns_, other.now_ns_);
        std::swap(seq_, other.seq_);
    }

    static void on_log(void *ctx, std::uint32_t level, const char *text, std::uint64_t len)
    {
        static_cast<box *>(ctx)->how.log(level, std::string_view(text, len));
    }
    static void on_audit(void *ctx, const char *json, std::uint64_t len)
    {
        static_cast<box *>(ctx)->how.audit(std::string_view(json, len));
    }
    static void on_request_tick(void *ctx)
    {
        static_cast<box *>(ctx)->how.request_tick();
    }
    static void *on_alloc(void *ctx, std::uint64_t size, std::uint64_t align)
    {
        void *const p = std::aligned_alloc(align, (size + align - 1) / align * align);
        static_cast<box *>(ctx)->blocks += p != nullptr ? 1 : 0;
        return p;
    }
    static void on_free(void *ctx, void *p, std::uint64_t, std::uint64_t)
    {
        static_cast<box *>(ctx)->blocks--;
        std::free(p);
    }
    static hmx_status on_write(void *ctx, const void *data, std::uint64_t len)
    {
        auto &bytes = *static_cast<std::vector<std::uint8_t> *>(ctx);
        const auto *const from = static_cast<const std::uint8_t *>(data);
        bytes.insert(bytes.end(), from, from + len);
        return HMX_OK;
    }
    static hmx_status on_read(void *ctx, void *data, std::uint64_t capacity, std::uint64_t *len)
    {
        source &from = *static_cast<source *>(ctx);
        *len = from.left < capacity ? from.left : capacity;
        if (*len > 0) {
            std::memcpy(data, from.data, *len);
        }
        from.data += *len;
        from.left -= *len;
        return HMX_OK;
    }

    const plugin *plugin_ = nullptr;
    box *box_ = nullptr;
    hmx_instance *self_ = nullptr;
    std::uint64_t now_ns_ = 0;
    std::uint64_t seq_ = 0;
};

} // namespace hashmux

#endif // HASHMUX_HPP
