// SPDX-License-Identifier: MIT OR Apache-2.0
//
// first: from nothing to a decision. Usage: first PATH/hashmux.so
use hashmux_host::*;

const CONFIG: &str = "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 60\npriority = 1\n\
[upstream.beta]\naddress = b.example\nport = 3333\npercentage = 40\npriority = 2\n";

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: first PATH/hashmux.so")?;
    let mut now_ns = 1_000_000_000; // a real host: a monotonic clock
    // Safety: a plugin is code; load only what you trust.
    let plugin = unsafe { Plugin::load(&path, Caps::REASSIGN | Caps::SHARE_WORK)? };
    // A real host puts 32 random bytes into the seed.
    let options = Options { config_text: CONFIG.into(), ..Options::default() };
    let mut mux = Instance::create(&plugin, options, now_ns)?;
    for pool in mux.upstreams()? {
        // Connect to it; then it is up.
        let up = UpstreamState { has_job: Some(true), ..UpstreamState::new(Connection::Up) };
        mux.on_upstream(now_ns, pool.number, &up)?;
    }
    let miner = ChannelOpen { nominal_hashrate: 100e12, ..ChannelOpen::new(1, 1) };
    if let Placement::Assign { upstream, .. } = mux.on_channel_open(now_ns, &miner)?.placement {
        println!("channel 1 opens on upstream {upstream}");
        // And its pool dies.
        mux.on_upstream(now_ns, upstream, &UpstreamState::new(Connection::Down(DownReason::Lost)))?;
    }
    now_ns += 1_000_000_000;
    let mut decisions = Vec::new();
    mux.on_tick(now_ns, 0, &mut decisions)?;
    for d in decisions {
        println!("channel {} goes from {} to {}", d.channel, d.from, d.to);
    }
    Ok(())
}
